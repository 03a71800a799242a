#!/usr/bin/env python3
"""Whether the SBOM in a wheel tells the truth: the same crates, versions and licences as cargo built.

    .ci/sbom.py WHEEL
"""

import json
import subprocess
import sys
import zipfile
from urllib.parse import unquote


def crates(kinds, *platform):
    """(name, version) → licence of each crate that this one depends on in such a way, and of itself; by cargo's word."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *platform]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    found, open_ = set(), [metadata["resolve"]["root"]]
    while open_:
        current = open_.pop()
        if current not in found:
            found.add(current)
            dependencies = nodes[current]["deps"]
            open_ += [d["pkg"] for d in dependencies if any(kind["kind"] in kinds for kind in d["dep_kinds"])]
    return {(packages[id]["name"], packages[id]["version"]): packages[id]["license"] for id in found}


def licences(component):
    """SPDX expressions, as the SBOM has them."""
    return {entry.get("expression") or entry["license"].get("id") or entry["license"].get("name") for entry in component.get("licenses", [])}


def normal(expression):
    """Cargo still takes `/` for `OR`, and some write lists with needless brackets."""
    return frozenset((expression or "").replace("/", " OR ").replace("(", "").replace(")", "").split())


def main():
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        [place] = [name for name in wheel.namelist() if ".dist-info/sboms/" in name and name.endswith(".json")]
        sbom = json.loads(wheel.read(place))
    lines = subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
    host = next(line.split()[1] for line in lines if line.startswith("host:"))
    # Linked into the program here, and used in building it anywhere; nothing that only tests use.
    linked, used = crates([None], "--filter-platform", host), crates([None, "build"])
    wrong = []

    def expect(what, found, wanted):
        if found != wanted:
            wrong.append(f"{what}: {found}, expected {wanted}")

    expect("format", sbom["bomFormat"], "CycloneDX")
    subject = sbom["metadata"]["component"]
    expect("program", subject["name"], "openness")
    found = {}
    for component in [subject, *sbom["components"]]:
        key = (component["name"], component["version"])
        found[key] = component
        if key not in used:
            wrong.append(f"{key} is not used in building this program")
            continue
        expect(f"licence of {key}", {normal(text) for text in licences(component)}, {normal(used[key])})
        expect(f"purl of {key}", unquote(component["purl"].split("?")[0]), f"pkg:cargo/{key[0]}@{key[1]}")
    wrong += [f"{key} is linked, and not named" for key in sorted(linked.keys() - found.keys())]
    if wrong:
        sys.exit("the SBOM is wrong:\n" + "\n".join(wrong))
    print(f"the SBOM names {len(found)} crates, {len(linked)} of them linked, with their versions and licences")


main()
