#!/bin/sh
# Five builders of Python packages and npm pack the same model in three different ways, and each succeeds.
#
# Versions: hatchling 1.33.0, flit-core 4.2.0, pdm-backend 2.5.0, poetry-core 2.5.0, setuptools 84.2.1, build 1.6.1, and npm
#   (tried with 11.19.1, which is not installed here).
# Expected: a package whose directory has a model contains that directory. Models travel like this: the pipelines of spaCy
#   are wheels, and some models for browsers are in npm. For setuptools, the package data are `**`; for npm, `files` names
#   everything.
# Behavior:
#   - hatchling, flit-core and pdm-backend take every file, and put a copy in the place of a symbolic link.
#   - poetry-core leaves out the link and takes every other file.
#   - setuptools follows the link, and leaves out each file whose name, or the name of whose directory, starts with a dot:
#     the signature in `.openness/` and `.gitattributes`. The pattern `**/.*` adds files with such names, but no
#     directories, each of which has to be named.
#   - npm leaves out the link, although `files` names it.
# Why it matters: what is installed is not what was signed: with setuptools, there is no signature to verify, and a link
#   that became a file or is missing makes `openness verify` refuse the rest. Verify the built package before it is
#   published, and keep links out of it.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check build==1.6.1 hatchling==1.33.0 flit-core==4.2.0 \
    pdm-backend==2.5.0 poetry-core==2.5.0 setuptools==84.2.1
cd "$directory"
cat >builders.py <<'PYTHON'
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

DOTTED = [".gitattributes", ".openness/statement.json"]
CONTENT = {"config.json": "{}", "weights.txt": "numbers", **dict.fromkeys(DOTTED, "text")}
LINK = "link.json"


def write(root, model):
    for name, text in CONTENT.items():
        path = pathlib.Path(root, model, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    os.symlink("config.json", pathlib.Path(root, model, LINK))


def wheel(root, backend, more=""):
    write(root, "tiny_lm")
    pathlib.Path(root, "tiny_lm/__init__.py").write_text("")
    project = '[project]\nname = "tiny-lm"\nversion = "1.0"\ndescription = "A model"\n'
    system = f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\n'
    pathlib.Path(root, "pyproject.toml").write_text(project + system + more)
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", f"{root}/out", root]
    subprocess.run(command, check=True, capture_output=True)
    [built] = pathlib.Path(root, "out").glob("*.whl")
    archive = zipfile.ZipFile(built)
    names = archive.namelist()
    if f"tiny_lm/{LINK}" in names:
        assert archive.read(f"tiny_lm/{LINK}") == b"{}", "the link is not a copy"
    return {name.removeprefix("tiny_lm/") for name in names if name.startswith("tiny_lm/")}


def npm(root):
    write(root, "")
    package = {"name": "tiny-lm", "version": "1.0.0", "files": ["**", ".*", ".openness/**", LINK]}
    pathlib.Path(root, "package.json").write_text(json.dumps(package))
    subprocess.run(["npm", "pack", "--silent"], cwd=root, check=True, capture_output=True)
    with tarfile.open(f"{root}/tiny-lm-1.0.0.tgz") as built:
        return {name.removeprefix("package/") for name in built.getnames()}


def setuptools(*patterns):
    return f"[tool.setuptools]\npackages = ['tiny_lm']\n[tool.setuptools.package-data]\ntiny_lm = {list(patterns)}\n"


packed = {
    "hatchling": wheel("hatchling", "hatchling.build"),
    "flit-core": wheel("flit", "flit_core.buildapi"),
    "pdm-backend": wheel("pdm", "pdm.backend"),
    "poetry-core": wheel("poetry", "poetry.core.masonry.api"),
    "setuptools": wheel("setuptools", "setuptools.build_meta", setuptools("**")),
    "setuptools **/.*": wheel("dots", "setuptools.build_meta", setuptools("**", "**/.*")),
    "setuptools, named": wheel("named", "setuptools.build_meta", setuptools("**", "**/.*", ".openness/**")),
    "npm": npm("npm"),
}
missing = {}
for name, found in packed.items():
    missing[name] = sorted({*CONTENT, LINK} - found)
    print(f"{name + ':':20} leaves out", *(missing[name] or ["nothing"]))
every = {"hatchling": [], "flit-core": [], "pdm-backend": [], "poetry-core": [LINK], "setuptools": DOTTED}
more = {"setuptools **/.*": DOTTED[1:], "setuptools, named": [], "npm": [LINK]}
assert missing == every | more, "the behavior has changed"
PYTHON
"$directory/venv/bin/python" builders.py
