#!/bin/sh
# The CycloneDX library for Python reads an ML-BOM and writes it again without its model card and without its data.
#
# Version: cyclonedx-python-lib 11.12.0, the newest of November 2026, with CycloneDX 1.6.
# Expected: a valid document that is read and written again in the same version of the format says the same, or reading it
#   fails: the library's own strict validator accepts the document, and its types of components include
#   `machine-learning-model` and `data`.
# Behavior: `modelCard` and `data` disappear without an error or a warning; the components themselves, their names and their
#   licenses stay. What is left is valid too.
# Why it matters: a pipeline that adds a component to the ML-BOM of a model, with this library or a program built on it,
#   drops what the document was made for. Compare the result with the `modelCard` of `openness export cyclonedx`, and
#   export again rather than edit.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check 'cyclonedx-python-lib[json-validation]==11.12.0'
"$directory/venv/bin/python" -W ignore - <<'PYTHON'
import json

from cyclonedx.model.bom import Bom
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

document = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {
        "component": {
            "type": "machine-learning-model",
            "bom-ref": "model",
            "name": "Tiny",
            "version": "1.0.0",
            "licenses": [{"license": {"id": "MIT"}}],
            "modelCard": {"modelParameters": {"task": "text-generation"}, "considerations": {"users": ["researchers"]}},
        }
    },
    "components": [
        {"type": "data", "bom-ref": "data", "name": "corpus", "data": [{"type": "dataset", "name": "corpus"}]}
    ],
}
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
written = json.loads(JsonV1Dot6(Bom.from_json(document)).output_as_string())
model, data = written["metadata"]["component"], written["components"][0]
print("problem found by its validator:", problem)
print("the model, written again:", json.dumps(model, sort_keys=True))
print("the data, written again:", json.dumps(data, sort_keys=True))
assert problem is None, "the document is not valid"
assert model["name"] == "Tiny" and model["licenses"], "the behavior has changed"
assert "modelCard" not in model and "data" not in data, "the behavior has changed"
PYTHON
