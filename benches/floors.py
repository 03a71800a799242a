"""Compares startup and hooks with a lower bound; prints one line per measurement.

    OPENNESS_BENCH_PROGRAM=target/release/openness python3 benches/floors.py [start|hook ...]

Wall times are the minimum and the median of many alternating rounds; CPU times are user plus system time.
"""

import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

OURS = os.environ.get("OPENNESS_BENCH_PROGRAM", "target/release/openness")
ROUNDS = int(os.environ.get("OPENNESS_BENCH_ROUNDS", "200"))
FILES = int(os.environ.get("OPENNESS_BENCH_FILES", "20000"))
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

COMPONENTS = """data-preprocessing-code training-code fine-tuning-code alignment-code inference-code evaluation-code
safety-evaluation-code supporting-libraries model-architecture base-weights final-weights intermediate-weights
model-metadata training-data fine-tuning-data alignment-data evaluation-data safety-evaluation-data model-card data-card
technical-report research-paper evaluation-results sample-outputs code-documentation hardware-documentation
compute-infrastructure training-framework serving-runtime user-interface""".split()


def run(command, cwd):
    """Returns (wall, CPU) in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, **QUIET)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall * 1000, cpu * 1000


def compare(title, contenders, cwd, rounds=ROUNDS):
    measured = {label: [] for label, _ in contenders}
    for count in range(rounds + 1):
        for label, command in contenders:
            took = run(command, cwd)
            # The first round only warms the page cache.
            if count > 0:
                measured[label].append(took)
    print(f"\n{title}, {rounds} alternating rounds\n")
    print("| program | minimum ms | median ms | CPU ms |\n|---|---|---|---|")
    rows = {}
    for label, _ in contenders:
        walls, cpus = zip(*measured[label])
        rows[label] = min(walls), statistics.median(walls), statistics.mean(cpus)
        print(f"| {label} | {rows[label][0]:.2f} | {rows[label][1]:.2f} | {rows[label][2]:.2f} |")
    return rows


def start(work):
    """Compares `openness --version` with a program that does nothing."""
    source = work / "empty.rs"
    source.write_text("fn main() {}\n")
    empty = work / "empty"
    subprocess.run(["rustc", "-O", "-o", empty, source], check=True)
    rows = compare(
        "startup",
        [("an empty Rust program", [empty]), ("openness --version", [OURS, "--version"])],
        work,
    )
    empty, ours = rows.values()
    print(f"\nopenness --version: {ours[0] - empty[0]:+.2f} ms (minimum), {ours[1] - empty[1]:+.2f} ms (median); goal: +2")


def repository(root, files):
    """Makes a repository with this many committed files, a manifest of 30 components, and one staged change."""
    manifest = ['schema = 1\n[model]\nname = "bench"\nversion = "1.0.0"\nproducer = "Example Lab"\n']
    for kind, license in [("code", "Apache-2.0"), ("data", "CDLA-Permissive-2.0"), ("documentation", "CC-BY-4.0")]:
        manifest.append(f'[licenses.{kind}]\nlicense = "{license}"\n')
    manifest.append('[release]\naccess = "fully-open"\nsequence = 1\n[claims]\nmof = "class-1"\n')
    for name in COMPONENTS:
        manifest.append(f'[component.{name}]\nopenness = "open"\nfiles = ["parts/{name}/**"]\n')
    root.mkdir()
    (root / "OPENNESS.toml").write_text("".join(manifest))
    for at in range(files):
        directory = root / "parts" / COMPONENTS[at % len(COMPONENTS)] / f"{at // 1000:03}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"file-{at:05}.txt").write_text(f"{at}\n")
    for command in [
        ["init", "--quiet"],
        # No background work during the measurement or the cleanup.
        ["config", "gc.auto", "0"],
        ["config", "maintenance.auto", "false"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message", "all"],
    ]:
        subprocess.run(["git", *command], cwd=root, check=True, **QUIET)
    with (root / "OPENNESS.toml").open("a") as file:
        file.write("# something is staged\n")
    subprocess.run(["git", "add", "OPENNESS.toml"], cwd=root, check=True)


def hook(work):
    """Compares `openness hook run` with the time that Git needs to list what is staged."""
    for files in [37, FILES]:
        root = work / f"repository-{files}"
        repository(root, files)
        contenders = [
            ("git diff --cached --name-only", ["git", "diff", "--cached", "--name-only"]),
            ("openness hook run", [OURS, "hook", "run"]),
        ]
        rows = compare(f"hook, {files:,} tracked files", contenders, root, max(20, ROUNDS // 4))
        git, ours = rows.values()
        for name, at in [("minimum", 0), ("median", 1)]:
            print(f"\n{name}: {ours[at]:.1f} ms; goal: 1.5 x {git[at]:.1f} + 10 = {1.5 * git[at] + 10:.1f} ms")
        shutil.rmtree(root)


PARTS = {"start": start, "hook": hook}

if __name__ == "__main__":
    OURS = str(pathlib.Path(OURS).resolve())
    with tempfile.TemporaryDirectory(prefix="openness-bench-", dir=os.environ.get("OPENNESS_BENCH_DIR")) as work:
        for name in sys.argv[1:] or PARTS:
            PARTS[name](pathlib.Path(work))
