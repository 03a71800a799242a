#!/usr/bin/env python3
"""Audits many releases on a Ray cluster, or on this machine if there is none.

    audit_with_ray.py ALLOWED_SIGNERS OUT TARGETS

TARGETS has a target a line. If it ends early, the same command goes on. `examples/kubernetes` runs it on a cluster that grows with
the work.
"""

import os
import sys
from pathlib import Path

import openness
import openness.ray
import ray


def main(signers: str, out: str, targets: str) -> None:
    trust = openness.Trust.from_allowed_signers(Path(signers))
    ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False)
    audit = openness.ray.audit(Path(targets).read_text().splitlines(), out, trust=trust)
    for status, count in audit.statuses:
        print(f"{count:>9} {status}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
