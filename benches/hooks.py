#!/usr/bin/env python3
"""Times hooks under pre-commit and prek, compared with the hook of typos: the first run, which installs, and later ones.

Both are wheels of a Rust program, packaged the same way and installed from a local directory, so the network is not
measured. Needs the release wheel in target/wheels (`.ci/wheel`), git, and PyPI for the runners and typos.

    benches/hooks.py [FILES]     FILES in addition to the model in the repository; default: 200

"whole commit" is the time of `git commit` with the hook minus the time without it. All times are medians; the machine
should be otherwise idle.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS_COLD, ROUNDS_WARM = 3, 11
ROOT = Path(__file__).resolve().parent.parent
FILES = int(sys.argv[1]) if len(sys.argv) > 1 else 200

work = Path(tempfile.mkdtemp())
venv = work / "venv"
wheels = work / "wheels"
environment = {
    # Keep certificate and proxy settings: prek contacts the package index regardless of its settings.
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "PATH": f"{venv}/bin:{os.environ['PATH']}",
    "HOME": str(work),
    "GIT_CONFIG_GLOBAL": str(work / "gitconfig"),
    "PIP_FIND_LINKS": str(wheels),
    "PIP_NO_INDEX": "1",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "UV_FIND_LINKS": str(wheels),
    "UV_NO_INDEX": "1",
    "UV_NO_CACHE": "1",
    "PRE_COMMIT_HOME": str(work / "home"),
    "PREK_HOME": str(work / "home"),
}


def run(*command, cwd=work, check=True, **more):
    done = subprocess.run(
        command, cwd=cwd, env=environment | more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if check and done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout.decode()}")
    return done.stdout.decode()


def seconds(*command, **more):
    start = time.perf_counter()
    run(*command, **more)
    return time.perf_counter() - start


def setup():
    wheels.mkdir()
    found = sorted(ROOT.glob("target/wheels/*.whl"))
    if not found:
        sys.exit("no wheel in target/wheels; run .ci/wheel")
    shutil.copy(found[-1], wheels)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin/pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "pre-commit", "prek", "uv"], check=True)
    subprocess.run([*pip, "download", "--dest", wheels, "typos", "setuptools", "wheel"], check=True)
    subprocess.run([*pip, "install", "--no-index", "--find-links", wheels, "openness", "typos"], check=True)
    for setting in ["user.name Bench", "user.email bench@example.org", "init.defaultBranch main"]:
        run("git", "config", "--global", *setting.split(" "))


def hook_repository(name, version, hook):
    """Makes a hook repository whose package pins the wheel, as in `packaging/pre-commit`."""
    place = work / f"hook-{name}"
    place.mkdir()
    package = (ROOT / "packaging/pre-commit/pyproject.toml").read_text()
    lines = [line for line in package.splitlines() if not line.startswith("dependencies")]
    lines.insert(lines.index("[tool.setuptools]"), f'dependencies = ["{name}=={version}"]')
    (place / "pyproject.toml").write_text("\n".join(lines) + "\n")
    (place / ".pre-commit-hooks.yaml").write_text(hook)
    run("git", "init", "--quiet", cwd=place)
    run("git", "add", ".", cwd=place)
    run("git", "commit", "--quiet", "--message", "hooks", cwd=place)
    return place, run("git", "rev-parse", "HEAD", cwd=place).strip()


def model():
    place = work / "model"
    shutil.copytree(ROOT / "examples/tiny-lm", place)
    for at in range(FILES):
        file = place / f"more/{at % 20}/{at}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("The words of this file are spelled well.\n" * 20)
    run("git", "init", "--quiet", cwd=place)
    run("git", "add", ".", cwd=place)
    run("git", "commit", "--quiet", "--message", "model", cwd=place)
    return place


def commit_one(place):
    """Commits a change to one text file, so both hooks have something to check. Returns the seconds."""
    with (place / "more/0/0.txt").open("a") as file:
        file.write("One more line.\n")
    run("git", "add", ".", cwd=place)
    return seconds("git", "commit", "--quiet", "--message", "x", cwd=place)


def measure(runner, name, hook, repository, revision, place):
    config = f"repos:\n  - repo: {repository}\n    rev: {revision}\n    hooks:\n      - id: {hook}\n"
    # In the model's files, typos would report many false positives.
    config += "        files: ^more/\n" if name == "typos" else ""
    (place / ".pre-commit-config.yaml").write_text(config)
    run("git", "add", ".", cwd=place)
    run("git", "commit", "--quiet", "--no-verify", "--message", "config", cwd=place)
    # Pass all files, because a hook that takes file names is skipped if there are none.
    everything = [runner, "run", hook, "--all-files"]
    cold = []
    for _ in range(ROUNDS_COLD):
        shutil.rmtree(work / "home", ignore_errors=True)
        cold.append(seconds(*everything, cwd=place))
    warm = [seconds(*everything, cwd=place) for _ in range(ROUNDS_WARM)]
    without = statistics.median(commit_one(place) for _ in range(ROUNDS_WARM))
    run(runner, "install", "-f", cwd=place)
    whole = statistics.median(commit_one(place) for _ in range(ROUNDS_WARM))
    run(runner, "uninstall", cwd=place)
    return statistics.median(cold), statistics.median(warm), whole - without


def main():
    setup()
    version = {name: run(venv / "bin" / name, "--version").split()[-1] for name in ("openness", "typos")}
    ours = (ROOT / ".pre-commit-hooks.yaml").read_text()
    theirs = "- id: typos\n  name: typos\n  entry: typos\n  language: python\n  types: [text]\n"
    places = {
        "openness": hook_repository("openness", version["openness"], ours),
        "typos": hook_repository("typos", version["typos"], theirs),
    }
    place = model()
    print(f"{FILES} files in addition to the model; {', '.join(f'{n} {v}' for n, v in version.items())}; seconds")
    print(f"{'runner':<12}{'hook':<12}{'first run':>12}{'later run':>12}{'whole commit':>14}")
    for runner in ("pre-commit", "prek"):
        for name, (repository, revision) in places.items():
            cold, warm, commit = measure(runner, name, name, repository, revision, place)
            print(f"{runner:<12}{name:<12}{cold:>12.2f}{warm:>12.3f}{commit:>14.3f}", flush=True)
    alone = {
        "openness": [venv / "bin/openness", "hook", "run"],
        "typos": [venv / "bin/typos", "more"],
    }
    for name, command in alone.items():
        times = [seconds(*command, cwd=place) for _ in range(ROUNDS_WARM)]
        print(f"{'none':<12}{name:<12}{'':>12}{statistics.median(times):>12.3f}", flush=True)


try:
    main()
finally:
    shutil.rmtree(work, ignore_errors=True)
