#!/usr/bin/env python3
"""Checks that the SBOMs in a wheel, of the program and of the extension, list the crates, versions and licenses that Cargo built.

    .ci/sbom.py WHEEL
"""

import json
import subprocess
import sys
import zipfile
from urllib.parse import unquote


def crates(root, kinds, *options):
    """Returns {(name, version): license} of a crate of ours and its dependencies of these kinds, according to Cargo."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *options]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, open_ = set(), [id for id in metadata["workspace_members"] if packages[id]["name"] == root]
    while open_:
        current = open_.pop()
        if current not in found:
            found.add(current)
            dependencies = nodes[current]["deps"]
            open_ += [d["pkg"] for d in dependencies if any(kind["kind"] in kinds for kind in d["dep_kinds"])]
    return {(packages[id]["name"], packages[id]["version"]): packages[id]["license"] for id in found}


def licenses(component):
    """Returns the SPDX expressions that the SBOM gives for a component."""
    return {entry.get("expression") or entry["license"].get("id") or entry["license"].get("name") for entry in component.get("licenses", [])}


def normal(expression):
    """Normalizes an expression: Cargo still accepts `/` for `OR`, and some crates add redundant parentheses."""
    return frozenset((expression or "").replace("/", " OR ").replace("(", "").replace(")", "").split())


def check(sbom, name):
    """Returns what is wrong with the SBOM of a crate of ours, and prints what it lists."""
    lines = subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
    host = next(line.split()[1] for line in lines if line.startswith("host:"))
    # The crates linked on this host, and those used in a build for any target. Neither includes test-only crates.
    features = ["--features", "remote"] if name == "openness" else []
    linked = crates(name, [None], *features, "--filter-platform", host)
    used = crates(name, [None, "build"], *features)
    wrong = []

    def expect(what, found, wanted):
        if found != wanted:
            wrong.append(f"{name}: {what}: {found}, expected {wanted}")

    expect("format", sbom["bomFormat"], "CycloneDX")
    found = {}
    for component in [sbom["metadata"]["component"], *sbom["components"]]:
        key = (component["name"], component["version"])
        found[key] = component
        if key not in used:
            wrong.append(f"{name}: {key} is not used to build it")
            continue
        expect(f"license of {key}", {normal(text) for text in licenses(component)}, {normal(used[key])})
        expect(f"purl of {key}", unquote(component["purl"].split("?")[0]), f"pkg:cargo/{key[0]}@{key[1]}")
    wrong += [f"{name}: {key} is linked but not listed" for key in sorted(linked.keys() - found.keys())]
    print(f"the SBOM of {name} lists {len(found)} crates, {len(linked)} of them linked, with their versions and licenses")
    return wrong


def main():
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        paths = [name for name in wheel.namelist() if ".dist-info/sboms/" in name and name.endswith(".json")]
        sboms = [json.loads(wheel.read(path)) for path in paths]
    found = {sbom["metadata"]["component"]["name"]: sbom for sbom in sboms if "component" in sbom["metadata"]}
    wrong = [f"there is no SBOM of {name}" for name in {"openness", "openness-python"} - found.keys()]
    for name in sorted({"openness", "openness-python"} & found.keys()):
        wrong += check(found[name], name)
    if wrong:
        sys.exit("the SBOM is wrong:\n" + "\n".join(wrong))


main()
