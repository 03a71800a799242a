#!/usr/bin/env python3
"""Whether the SBOM in a wheel tells the truth: the same crates, versions and licences as cargo built.

    .ci/sbom.py WHEEL
"""

import json
import subprocess
import sys
import zipfile


def built():
    """(name, version) of each crate in the program → its licence, by cargo's own word; and the program's own."""
    host = next(
        line.split()[1] for line in subprocess.check_output(["rustc", "-vV"], text=True).splitlines() if line[:5] == "host:"
    )
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root, linked, open_ = metadata["resolve"]["root"], set(), [metadata["resolve"]["root"]]
    # What is linked: no tests, and nothing that only builds.
    while open_:
        for dependency in nodes[open_.pop()]["deps"]:
            if dependency["pkg"] not in linked and any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                linked.add(dependency["pkg"])
                open_.append(dependency["pkg"])
    name = lambda id: (packages[id]["name"], packages[id]["version"])
    licence = lambda id: packages[id]["license"]
    return name(root), licence(root), {name(id): licence(id) for id in linked}, {name(id): licence(id) for id in packages}


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
    program, licence, linked, known = built()
    wrong = []

    def expect(what, found, wanted):
        if found != wanted:
            wrong.append(f"{what}: {found}, expected {wanted}")

    expect("format", sbom["bomFormat"], "CycloneDX")
    subject = sbom["metadata"]["component"]
    expect("program", (subject["name"], subject["version"]), program)
    expect("its licence", {normal(text) for text in licences(subject)}, {normal(licence)})
    found = {}
    for component in sbom["components"]:
        key = (component["name"], component["version"])
        found[key] = component
        if key not in known:
            wrong.append(f"{key} is no crate of this program")
            continue
        expect(f"licence of {key}", {normal(text) for text in licences(component)}, {normal(known[key])})
        expect(f"purl of {key}", component["purl"].split("?")[0], f"pkg:cargo/{key[0]}@{key[1]}")
    wrong += [f"{key} is linked, and not named" for key in sorted(linked.keys() - found.keys())]
    if wrong:
        sys.exit("the SBOM is wrong:\n" + "\n".join(wrong))
    print(f"the SBOM names {len(found)} crates, {len(linked)} of them linked, with their versions and licences")


main()
