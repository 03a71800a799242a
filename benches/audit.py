"""Measures `openness audit` of many small repositories, compared with a process for each.

    OPENNESS_BENCH_PROGRAM=target/release/openness python3 benches/audit.py

Makes OPENNESS_BENCH_TARGETS repositories (default 10,000) of five kinds: unsigned, signed, tampered with, with a broken
manifest, and with hostile names. Prints wall times and ratios of one run, and peak memory of all processes together.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

OURS = os.environ.get("OPENNESS_BENCH_PROGRAM", "target/release/openness")
TARGETS = int(os.environ.get("OPENNESS_BENCH_TARGETS", "10000"))
# Peers that start a process for each target are measured on this many, because they are slow.
SAMPLE = min(TARGETS, int(os.environ.get("OPENNESS_BENCH_SAMPLE", "2000")))

MANIFEST = """schema = 1
[model]
name = "Model {number}"
version = "1.0.0"
producer = "Lab {lab}"
license = "{license}"
[release]
access = "downloadable"
[component.final-weights]
openness = "open"
files = ["*.safetensors"]
[component.model-card]
openness = "open"
license = "{license}"
files = ["README.md"]
[component.training-data]
openness = "closed"
reason = "licensed from others"
"""


def make(root, number, program, key, rng):
    """Makes one repository of the kind that its number says."""
    root.mkdir(parents=True)
    kind = ["unsigned", "signed", "tampered", "broken", "hostile"][number % 5]
    license = rng.choice(["Apache-2.0", "MIT", "CC-BY-4.0", "Llama-3"])
    (root / "OPENNESS.toml").write_text(MANIFEST.format(number=number, lab=number % 97, license=license))
    (root / "README.md").write_text(f"---\nlicense: {license.lower()}\n---\n# Model {number}\n")
    for shard in range(2):
        (root / f"model-{shard}.safetensors").write_bytes(rng.randbytes(4096))
    (root / "config.json").write_text('{"architectures": ["TinyForCausalLM"]}\n')
    if kind in ("signed", "tampered"):
        command = [program, "sign", root, "--key", key, "--created", "2026-11-22T00:00:00Z", "--waive", "OPN401"]
        made = subprocess.run(command, capture_output=True)
        if made.returncode:
            sys.exit(made.stderr.decode())
    if kind == "tampered":
        (root / "model-0.safetensors").write_bytes(rng.randbytes(4096))
    if kind == "broken":
        (root / "OPENNESS.toml").write_text('schema = 1\n[model]\nname = "x\nlicence = 3\n')
    if kind == "hostile":
        deep = root.joinpath(*["d"] * 40)
        deep.mkdir(parents=True)
        (deep / "aux").write_text("x")
        (root / "bell\x07").write_text("x")
        (root / "link").symlink_to("/etc/passwd")


def corpus(work, program):
    """Makes templates, and copies them: signing each would take longer than everything else."""
    rng = random.Random(17)
    key = work / "key"
    subprocess.run([program, "key", "generate", "--no-passphrase", "--output", key], check=True, capture_output=True)
    models = work / "models"
    templates = min(TARGETS, 200)
    for number in range(TARGETS):
        root = models / f"{number // 1000:04}" / f"{number:07}"
        if number < templates:
            make(root, number, program, key, rng)
        else:
            like = number % templates
            shutil.copytree(models / f"{like // 1000:04}" / f"{like:07}", root, symlinks=True)
    return models


def descendants(root):
    found, parents = [], {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(entry)] = int(fields[1])
            except OSError:
                pass
    for pid in parents:
        at = pid
        while at and at != root:
            at = parents.get(at, 0)
        if at == root:
            found.append(pid)
    return found


def memory(pid):
    try:
        for line in pathlib.Path("/proc", str(pid), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def run(command, env=None, watch=False, shell=False):
    """Returns (wall seconds, peak MiB of the process and all below it)."""
    start, peak, done = time.monotonic(), 0, threading.Event()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, shell=shell)

    def look():
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, sum(map(memory, descendants(child.pid))))

    watcher = threading.Thread(target=look)
    if watch:
        watcher.start()
    messages = child.communicate()[1].decode(errors="replace")
    elapsed = time.monotonic() - start
    done.set()
    if watch:
        watcher.join()
    if child.returncode not in (0, 123):
        sys.exit(f"failed: {command}\n{messages}")
    return elapsed, peak / 1024


def main(work):
    program = str(pathlib.Path(OURS).resolve())
    models = corpus(work, program)
    key = work / "key.pub"
    paths = sorted(str(path) for path in models.glob("*/*"))
    listed = work / "list"
    listed.write_text("".join(f"{path}\n" for path in paths))
    sample = work / "sample"
    chosen = random.Random(4).sample(paths, SAMPLE)
    sample.write_text("".join(f"{path}\n" for path in chosen))
    env = {**os.environ, "HOME": str(work)}
    scale = TARGETS / SAMPLE
    print(f"{TARGETS} targets; processes for each measured on {SAMPLE} of them and scaled\n")
    run(f"xargs -P2 -n1 {program} check < {sample}", env, shell=True)
    each_check, _ = run(f"xargs -P2 -n1 {program} check < {sample}", env, shell=True)
    each_verify, _ = run(f"xargs -P2 -n1 {program} verify --key {key} < {sample}", env, shell=True)
    each_check, each_verify = each_check * scale, each_verify * scale
    print("| run | seconds | targets/s | ratio | peak MiB |\n|---|---|---|---|---|")
    print(f"| `xargs -P2 openness check` | {each_check:.2f} | {TARGETS / each_check:.0f} | 1 | |")
    print(f"| `xargs -P2 openness verify` | {each_verify:.2f} | {TARGETS / each_verify:.0f} | 1 | |")
    common = [program, "audit", "--targets", listed, "--key", key, "--verify-time", "2026-11-30", "--quiet"]
    for name, flags, peer in [
        ("--check-only --threads 2", ["--check-only", "--threads", "2"], each_check),
        ("--check-only --threads 1", ["--check-only", "--threads", "1"], each_check),
        ("--verify --threads 2", ["--threads", "2"], each_verify),
        ("--verify --threads 1", ["--threads", "1"], each_verify),
    ]:
        out = work / "out"
        shutil.rmtree(out, ignore_errors=True)
        elapsed, _ = run([*common, *flags, "--out", out], env)
        shutil.rmtree(out)
        _, peak = run([*common, *flags, "--out", out], env, watch=True)
        print(f"| `audit {name}` | {elapsed:.2f} | {TARGETS / elapsed:.0f} | {peer / elapsed:.1f} | {peak:.0f} |")
        if flags == ["--threads", "2"]:
            again, _ = run([*common, *flags, "--out", out], env)
            print(f"| the same again, complete | {again:.2f} | | | |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=os.environ.get("OPENNESS_BENCH_DIRECTORY")) as work:
        main(pathlib.Path(work))
