"""Measures `check` of a manifest of 1 MiB in which nearly everything is wrong; prints a table with a row for each kind of mistake.

    OPENNESS_BENCH_PROGRAM=target/release/openness python3 benches/mistakes.py [KIND ...]

The goal for every format is less than 1 s and less than 100 MiB. Exits with 1 if a run misses it.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

OURS = os.environ.get("OPENNESS_BENCH_PROGRAM", "target/release/openness")
FORMATS = os.environ.get("OPENNESS_BENCH_FORMATS", "human,json,sarif,github").split(",")
BYTES = 1 << 20
SECONDS, MEBIBYTES = 1.0, 100

MODEL = 'schema = 1\n[model]\nname = "bench"\nversion = "1"\nproducer = "Example Lab"\n'


def repeated(head, line, tail=""):
    """Returns a text of at most `BYTES` with as many numbered lines as fit."""
    lines, size = [], len(head) + len(tail)
    while True:
        text = line(len(lines))
        size += len(text)
        if size > BYTES:
            return head + "".join(lines) + tail
        lines.append(text)


KINDS = {
    "unknown claims": lambda: repeated(MODEL + "[claims]\n", lambda n: f"claim-{n} = true\n"),
    "unknown components": lambda: repeated(MODEL, lambda n: f'[component.part-{n}]\nopenness = "open"\n'),
    "unknown words": lambda: repeated(MODEL, lambda n: f'[component.x-{n}]\nopenness = "opne"\n'),
    "unknown keys": lambda: repeated(MODEL, lambda n: f"key-{n} = {n}\n"),
    "invalid licenses": lambda: repeated(MODEL, lambda n: f'[component.x-{n}]\nlicense = "Apache-{n}.0"\n'),
    "syntax": lambda: repeated(MODEL, lambda n: f'mistake-number-{n:06} = = "{n:024}"\n'),
    "invalid addresses": lambda: repeated(
        MODEL + '[component.final-weights]\nopenness = "open"\nremote = [\n', lambda n: f'{{ url = "nowhere/{n:024}" }},\n', "]\n"
    ),
    "patterns without files": lambda: repeated(
        MODEL + '[component.final-weights]\nopenness = "open"\nfiles = [\n', lambda n: f'"weights/{n}/*.bin",\n', "]\n"
    ),
    "invalid patterns": lambda: repeated(
        MODEL + '[component.final-weights]\nopenness = "open"\nfiles = [\n', lambda n: f'"../{n}[",\n', "]\n"
    ),
    "bases without a license": lambda: repeated(
        MODEL + "base = [\n", lambda n: f'{{ name = "lab/base-{n}", license = "none-{n}" }},\n', "]\n"
    ),
}


def run(command):
    """Returns (wall seconds, peak MiB, bytes written)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        # Every manifest has mistakes, so any other status means that it was not checked.
        if child.returncode != 1:
            err.seek(0)
            sys.exit(f"exit {child.returncode}: {command}\n{err.read().decode(errors='replace')}")
        return wall, usage.ru_maxrss / 1024, out.seek(0, os.SEEK_END)


def main(work, kinds):
    program = str(pathlib.Path(OURS).resolve())
    columns = " | ".join(FORMATS)
    print(f"seconds, peak MiB, written KiB\n\n| 1 MiB of | {columns} |\n|---|{'---|' * len(FORMATS)}")
    missed = False
    for kind in kinds:
        root = work / kind.replace(" ", "-")
        root.mkdir()
        text = KINDS[kind]()
        assert BYTES * 0.99 < len(text) <= BYTES, kind
        (root / "OPENNESS.toml").write_text(text)
        cells = []
        for name in FORMATS:
            wall, peak, written = run([program, "check", "--format", name, root])
            cells.append(f"{wall:.2f}, {peak:.0f}, {written // 1024}")
            missed |= wall >= SECONDS or peak >= MEBIBYTES
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)
    return missed


if __name__ == "__main__":
    # The peak of a child includes what this process had before, so it must stay small.
    with tempfile.TemporaryDirectory(prefix="openness-bench-", dir=os.environ.get("OPENNESS_BENCH_DIR")) as directory:
        sys.exit(main(pathlib.Path(directory), sys.argv[1:] or KINDS))
