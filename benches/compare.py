"""Generates the data sets of compare.sh, runs all programs alternately, and prints a table of medians and ratios."""

import contextlib
import os
import pathlib
import random
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

OURS = os.environ["OPENNESS_BENCH_PROGRAM"]
SCALE = int(os.environ.get("OPENNESS_BENCH_SCALE", "8"))
ROUNDS = int(os.environ.get("OPENNESS_BENCH_ROUNDS", "5"))
SETS = os.environ.get("OPENNESS_BENCH_SETS", "ABCD")
PYTHON = os.environ.get("OPENNESS_BENCH_PYTHON", "python3")
MIB = 1024 * 1024

MANIFEST = """schema = 1
[model]
name = "bench"
version = "1"
producer = "Example"
[component.final-weights]
openness = "open"
license = "Apache-2.0"
files = ["**/*.bin"]
"""


def make(root, name):
    """Writes one data set, with the same bytes every time."""
    rng = random.Random(name)
    block = rng.randbytes(8 * MIB)

    def write(path, size):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(path.name.encode())
            size -= len(path.name)
            while size > 0:
                file.write(block[:size])
                size -= len(block)

    (root / "OPENNESS.toml").parent.mkdir(parents=True, exist_ok=True)
    (root / "OPENNESS.toml").write_text(MANIFEST)
    if name == "A":
        write(root / "model.bin", 4096 * MIB // SCALE)
    if name == "B":
        for at in range(8):
            write(root / f"model-{at}.bin", 512 * MIB // SCALE)
    if name == "C":
        for at in range(20000 // SCALE):
            write(root / f"{at % 200:03}" / f"{at:05}.bin", rng.randint(4096, 65536))
    if name == "D":
        for at in range(163):
            write(root / f"shard-{at:03}.bin", 8 * MIB // SCALE)


# Goals: our wall time divided by the peer's.
GOALS = {
    ("A", "hash", "sha256sum"): 0.92,
    ("A", "verify", "sha256sum (verify)"): 0.35,
    ("B", "hash", "sha256sum, xargs"): 0.66,
    ("B", "sign", "model_signing sign"): 0.45,
    ("B", "verify", "model_signing verify"): 0.45,
    ("C", "sign", "model_signing sign"): 0.06,
    ("C", "verify", "model_signing verify"): 0.06,
    ("C", "hash", "sha256sum, xargs"): 0.75,
    ("D", "hash", "sha256sum, xargs"): 0.62,
    ("C", "check", "find (check)"): 2,
    ("C", "sign --dry-run", "find (sign --dry-run)"): 2,
    ("C", "verify --cache", "find (verify --cache)"): 2,
}
# Goals for our peak memory in hashing, signing and verifying, in MiB.
MEMORY_GOALS = {"A": 40, "B": 40, "C": 80, "D": 40}


def sha256sum():
    """Returns a `sha256sum` linked with OpenSSL, or None. Other builds are six times slower, too slow to compare."""
    named = os.environ.get("OPENNESS_BENCH_SHA256SUM")
    for name in [named] if named else ["sha256sum", "gsha256sum"]:
        path = shutil.which(name)
        if path and "libcrypto" in subprocess.run(["ldd", path], capture_output=True, text=True).stdout:
            return path
    if named:
        sys.exit(f"{named} is not linked with OpenSSL (`ldd` shows no libcrypto), so it is too slow to compare")
    print(
        "skipped: sha256sum, which is not linked with OpenSSL; build coreutils with `./configure --with-openssl` and set"
        " OPENNESS_BENCH_SHA256SUM to its `src/sha256sum`",
        file=sys.stderr,
    )
    return None


def programs(work):
    """Yields (purpose, label, command). DIR is the data set, OUT an output file, SHARE the number of files per process."""
    cores = os.cpu_count()
    key, ec = work / "key", work / "ec.pem"
    subprocess.run([OURS, "key", "generate", "--no-passphrase", "--output", key], check=True, capture_output=True)
    yield "hash", "openness hash", f"{OURS} hash --all DIR"
    if path := sha256sum():
        yield "hash", "sha256sum", f"find DIR -name '*.bin' -print0 | xargs -0 {path}"
        yield "hash", "sha256sum, xargs", f"find DIR -name '*.bin' -print0 | xargs -0 -nSHARE -P{cores} {path}"
    if shutil.which("openssl"):
        one = "openssl dgst -sha256 -r"
        yield "hash", "openssl dgst", f"find DIR -name '*.bin' -print0 | xargs -0 {one}"
        # Divide the files among all processes: 4 of 8, 82 of 163, 1 of 1.
        yield "hash", f"openssl dgst, xargs -P{cores}", f"find DIR -name '*.bin' -print0 | xargs -0 -nSHARE -P{cores} {one}"
    yield "sign", "openness sign", f"{OURS} sign --replace --key {key} DIR"
    yield "verify", "openness verify", f"{OURS} verify --key {key}.pub DIR"
    # Large files by blocks, and the same with the digests of whole files; `sha256sum` has only those.
    yield "verify", "openness verify --full", f"{OURS} verify --full --key {key}.pub DIR"
    if path:
        yield "verify", "sha256sum (verify)", f"find DIR -name '*.bin' -print0 | xargs -0 {path}"
    # Runs after which nothing changed. Each file's metadata is read again, as by `find`.
    for again in ["check", "sign --dry-run", f"verify --key {key}.pub --cache"]:
        command = " ".join(word for word in again.split() if not word.endswith(".pub") and word != "--key")
        yield command, f"openness {command}", f"{OURS} {again} DIR"
        yield command, f"find ({command})", "find DIR -type f -size +0 -newermt 2000-01-01 -printf ''"
    probe = subprocess.run([PYTHON, "-c", "import model_signing"], capture_output=True)
    if probe.returncode == 0 and shutil.which("openssl"):
        subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", ec], check=True)
        subprocess.run(["openssl", "ec", "-in", ec, "-pubout", "-out", f"{ec}.pub"], check=True, capture_output=True)
        tool = f"{PYTHON} -m model_signing"
        # Exclude what `openness sign` writes.
        rest = "--signature OUT.sig --ignore-paths DIR/.openness DIR"
        yield "sign", "model_signing sign", f"{tool} sign key --private_key {ec} {rest}"
        yield "verify", "model_signing verify", f"{tool} verify key --public_key {ec}.pub {rest}"
        # The same bundles, which hold the digests of whole files.
        yield "OMS sign", "openness sign --oms", f"{OURS} sign --oms --replace --key {ec} --signature OUT.oms.sig DIR"
        yield "OMS sign", "model_signing sign (OMS)", f"{tool} sign key --private_key {ec} {rest}"
        bundle = f"--signature OUT.oms.sig --key {ec}.pub"
        yield "OMS verify", "openness verify, OMS", f"{OURS} verify {bundle} --require oms DIR"
        yield "OMS verify", "model_signing verify (OMS)", f"{tool} verify key --public_key {ec}.pub {rest}"
        both = f"{bundle} --key {key}.pub --require openness,oms --full"
        yield "both", "openness verify, both signatures", f"{OURS} verify {both} DIR"
        yield "both", "openness verify --full (one)", f"{OURS} verify --full --key {key}.pub DIR"
    else:
        print(f"skipped: model_signing, which is not installed for {PYTHON}", file=sys.stderr)


def run(command):
    """Returns (wall seconds, CPU seconds, peak MiB) of a shell command and its children."""
    start = time.monotonic()
    child = subprocess.Popen(["sh", "-c", f"{command}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    messages = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"failed: {command}\n{messages}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def digests(command):
    lines = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(line.split()[0] for line in lines if "OPENNESS.toml" not in line)


def compare(name, root, contenders):
    files = len(list(root.rglob("*.bin")))
    fill = lambda command: (
        command.replace("DIR", shlex.quote(str(root)))
        .replace("OUT", shlex.quote(str(root.with_suffix(".out"))))
        .replace("SHARE", str(max(1, min(500, -(-files // os.cpu_count())))))
    )
    # Skip parallel runs, because their output lines are interleaved.
    hashing = [fill(command) for purpose, _, command in contenders if purpose == "hash" and " -P" not in command]
    if len(hashing) > 1 and digests(hashing[0]) != digests(hashing[-1]):
        sys.exit(f"{name}: the programs disagree about the digests")
    # The digest cache does not store files that changed within the last two seconds.
    time.sleep(2.5)
    # The first round only warms the page cache.
    times = {label: [] for _, label, _ in contenders}
    for count in range(ROUNDS + 1):
        for _, label, command in contenders:
            measured = run(fill(command))
            if count > 0:
                times[label].append(measured)
    ours = {}
    for purpose, label, _ in contenders:
        wall, cpu, peak = (statistics.median(column) for column in zip(*times[label]))
        best = min(row[0] for row in times[label])
        is_ours = purpose not in ours
        ours.setdefault(purpose, (wall, best, peak))
        ratio, best_ratio = ours[purpose][0] / wall, ours[purpose][1] / best
        goal = GOALS.get((name, purpose, label), "")
        if is_ours and name in MEMORY_GOALS:
            goal = f"{MEMORY_GOALS[name]} MiB"
        row = f"| {name} | {label} | {wall:.3f} | {best:.3f} | {cpu:.3f} | {peak:.1f} | {ratio:.3f} | {best_ratio:.3f} | {goal} |"
        print(row, flush=True)


def run_all():
    with contextlib.ExitStack() as stack:
        base = os.environ.get("OPENNESS_BENCH_DIR")
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openness-bench-", dir=base)))
        # Use a cache of this run's own.
        os.environ["XDG_CACHE_HOME"] = str(work / "cache")
        contenders = list(programs(work))
        print(f"scale 1/{SCALE}, {ROUNDS} alternating rounds, warm page cache, {os.cpu_count()} processors")
        floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"peaks below {floor} MiB cannot be measured\n")
        print("| set | program | wall s | best s | CPU s | peak MiB | ratio | best ratio | goal |")
        print("|---|---|---|---|---|---|---|---|---|")
        for name in SETS:
            root = work / name
            # In a separate process, because a child's peak memory includes what this process used before.
            subprocess.run([sys.executable, __file__, str(root), name], check=True)
            compare(name, root, contenders)
            shutil.rmtree(root)


if len(sys.argv) == 3:
    make(pathlib.Path(sys.argv[1]), sys.argv[2])
else:
    run_all()
