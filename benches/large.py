"""Measures large manifests and statements; prints a table with the cost ratio per doubling of the number of files.

    OPENNESS_BENCH_PROGRAM=target/release/openness python3 benches/large.py

The manifest names a tenth of the files individually; all of them are subjects of the statement. CPU times are user plus
system time, which other work on the machine disturbs less than wall time.
"""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

OURS = os.environ.get("OPENNESS_BENCH_PROGRAM", "target/release/openness")
SIZES = [int(size) for size in os.environ.get("OPENNESS_BENCH_SIZES", "12500,25000,50000,100000").split(",")]
ROUNDS = int(os.environ.get("OPENNESS_BENCH_ROUNDS", "3"))

CLAIMED = ["training-code", "final-weights", "training-data", "evaluation-data", "code-documentation"]


def make(root, count):
    """Makes a release of `count` small files, 250 per directory; the manifest names every tenth."""
    root.mkdir()
    named = {name: [] for name in CLAIMED}
    for at in range(count):
        directory = root / "data" / f"{at // 250:04}"
        if at % 250 == 0:
            directory.mkdir(parents=True)
        path = directory / f"file-{at:06}.txt"
        path.write_text(f"{at}\n")
        if at % 10 == 0:
            named[CLAIMED[at // 10 % len(CLAIMED)]].append(path.relative_to(root))
    manifest = ['schema = 1\n[model]\nname = "bench"\nversion = "1.0.0"\nproducer = "Example Lab"\nlicense = "Apache-2.0"\n']
    for name, paths in named.items():
        files = "".join(f'    "{path}",\n' for path in paths)
        manifest.append(f'[component.{name}]\nopenness = "open"\nfiles = [\n{files}]\n')
    (root / "OPENNESS.toml").write_text("".join(manifest))


def run(command):
    """Returns (CPU seconds, wall seconds, peak MiB)."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    messages = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"failed: {command}\n{messages}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def main(work):
    program = str(pathlib.Path(OURS).resolve())
    key = work / "key"
    subprocess.run([program, "key", "generate", "--no-passphrase", "--output", key], check=True, capture_output=True)
    print(f"CPU seconds, minimum of {ROUNDS} rounds; peaks below {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB cannot be measured\n")
    print("| files | command | CPU s | ratio to half | wall s | peak MiB |\n|---|---|---|---|---|---|")
    before = {}
    for size in SIZES:
        root = work / str(size)
        # In a separate process, because a child's peak memory includes what this process used before.
        subprocess.run([sys.executable, __file__, str(root), str(size)], check=True)
        for name, command in [
            ("check", [program, "check", "--quiet", root]),
            ("sign", [program, "sign", "--quiet", "--replace", "--key", key, root]),
            ("verify", [program, "verify", "--quiet", "--key", f"{key}.pub", root]),
        ]:
            cpu, wall, peak = (min(column) for column in zip(*(run(command) for _ in range(ROUNDS))))
            ratio = f"{cpu / before[name]:.2f}" if name in before else ""
            before[name] = cpu
            print(f"| {size} | {name} | {cpu:.2f} | {ratio} | {wall:.2f} | {peak:.0f} |", flush=True)
        shutil.rmtree(root)


if len(sys.argv) == 3:
    make(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
else:
    with tempfile.TemporaryDirectory(prefix="openness-bench-", dir=os.environ.get("OPENNESS_BENCH_DIR")) as directory:
        main(pathlib.Path(directory))
