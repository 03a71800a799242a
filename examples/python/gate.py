#!/usr/bin/env python3
"""Decides for a registry or a pipeline which of many downloads may be used, and says why the others may not.

    gate.py ALLOWED_SIGNERS DIRECTORY...

Prints one line per directory, and ends with status 1 if one is refused.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openness


def main(signers: str, directories: list[str]) -> int:
    trust = openness.Trust.from_allowed_signers(Path(signers))
    # The work runs without the interpreter's lock, so threads are enough.
    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(lambda path: openness.verify(path, trust=trust, threads=1), directories))
    for path, report in zip(directories, reports):
        if report.verified and report.statement is not None:
            model = report.statement.model
            print(f"accept  {path}: {model.name} {model.version}, signed by {', '.join(report.signers)}")
        else:
            print(f"refuse  {path}: {', '.join(report.reasons) or report.verdict}")
    return 0 if all(report.verified for report in reports) else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
