#!/usr/bin/env python3
"""The build backend of the Python package (PEP 517): maturin, after Cargo has built the program.

A wheel holds the package, with its extension module, and the program `openness` with `git-openness`, so that
`pip install openness`, `pip install .` in a checkout and hooks with `language: python` give both. maturin builds the extension;
what it cannot do is to build programs of another crate for the same wheel. The program reads URLs; the extension has no HTTP
client, and the package runs the program for them.

Settings, as environment variables because every front end passes them on:

    PROFILE=dev             build everything without optimization, for tests
    OPENNESS_TARGET=TRIPLE  build for another system

A wheel for a package index is built with `packaging/python/openness_build.py --out DIR` and further options of
`maturin build`.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "openness.data"
# The bill of materials of the program; maturin writes that of the extension. Named in pyproject.toml.
MATERIALS = ROOT / "target" / "wheel" / "openness.cyclonedx.json"
# The optional features of the program.
FEATURES = ["--features", "remote"]


def build_programs():
    """Builds the programs and puts them where maturin takes the scripts of the wheel from."""
    profile = os.environ.get("PROFILE", "release")
    target = os.environ.get("OPENNESS_TARGET")
    # zlib is linked statically, so that the program runs without the system's.
    environment = {"LIBZ_SYS_STATIC": "1", **os.environ}
    command = ["cargo", "build", "--locked", "--package", "openness", *FEATURES, "--bins", "--profile", profile]
    command += ["--target", target] if target else []
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), target or "", {"dev": "debug"}.get(profile, profile))
    suffix = ".exe" if "windows" in (target or sys.platform.replace("win32", "windows")) else ""
    scripts = prepare()
    for name in ("openness", "git-openness"):
        shutil.copy2(built / f"{name}{suffix}", scripts)


def prepare():
    """Makes what maturin insists on: the directory of the programs, which is empty, and the bill of materials."""
    shutil.rmtree(DATA, ignore_errors=True)
    scripts = DATA / "scripts"
    scripts.mkdir(parents=True)
    MATERIALS.parent.mkdir(parents=True, exist_ok=True)
    MATERIALS.write_text(json.dumps(materials(), indent=2) + "\n")
    return scripts


def materials():
    """Returns the bill of materials of the program as CycloneDX 1.5: each crate that is linked, or used to build it."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *FEATURES]
    if os.environ.get("OPENNESS_TARGET"):
        command += ["--filter-platform", os.environ["OPENNESS_TARGET"]]
    metadata = json.loads(subprocess.check_output(command, cwd=ROOT))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = next(id for id, package in packages.items() if package["name"] == "openness" and package["source"] is None)
    found, left = set(), [root]
    while left:
        current = left.pop()
        if current not in found:
            found.add(current)
            left += [d["pkg"] for d in nodes[current]["deps"] if any(kind["kind"] != "dev" for kind in d["dep_kinds"])]

    def component(id, kind):
        package = packages[id]
        purl = f"pkg:cargo/{package['name']}@{package['version']}"
        entry = {"type": kind, "bom-ref": purl, "name": package["name"], "version": package["version"], "purl": purl}
        if package["license"]:
            entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        return entry

    subject = component(root, "application")
    others = sorted((component(id, "library") for id in found - {root}), key=lambda entry: entry["bom-ref"])
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": subject}, "components": others}


def maturin_arguments():
    """Returns the options for both ways to call maturin."""
    profile = {"release": "wheel"}.get(os.environ.get("PROFILE", "release"), os.environ.get("PROFILE"))
    target = os.environ.get("OPENNESS_TARGET")
    return ["--profile", profile, *(["--target", target] if target else [])]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    os.environ.setdefault("LIBZ_SYS_STATIC", "1")
    build_programs()
    try:
        settings = {"maturin.build-args": maturin_arguments(), **(config_settings or {})}
        import maturin

        return maturin.build_wheel(wheel_directory, settings, metadata_directory)
    finally:
        shutil.rmtree(DATA, ignore_errors=True)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    prepare()
    try:
        import maturin

        return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)
    finally:
        shutil.rmtree(DATA, ignore_errors=True)


def build_sdist(sdist_directory, config_settings=None):
    prepare()
    try:
        import maturin

        return maturin.build_sdist(sdist_directory, config_settings)
    finally:
        shutil.rmtree(DATA, ignore_errors=True)


def main(arguments):
    """Builds a wheel to be published: with the tag of the oldest system that it runs on, which no front end asks for."""
    build_programs()
    try:
        environment = {"LIBZ_SYS_STATIC": "1", **os.environ}
        command = ["maturin", "build", *maturin_arguments(), *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    finally:
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
