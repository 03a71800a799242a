#!/bin/sh
# onnx refuses external data in the Hub's cache, where every file is a link; ONNX Runtime loads the same model.
#
# Versions: onnx 1.23.2, onnxruntime 1.32.0.
# Expected: a model with external data loads from `snapshots/REVISION/` of the Hub's cache, or from a directory that was
#   copied with hard links (`cp -l`), in both or in neither.
# Behavior: `onnx.load` and `onnx.checker` raise ValidationError: external data must not be a symbolic link, and must
#   have one name only. The .onnx file itself may be a link. ONNX Runtime loads all three.
# Why it matters: `openness verify` accepts a snapshot in the Hub's cache. That it holds says nothing about whether onnx
#   opens it in place; `verify --export DIR`, which makes separate copies, gives a directory that it does.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$directory"
"$directory/venv/bin/python" - <<'PYTHON'
import os

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

weights = numpy_helper.from_array(np.arange(1024, dtype=np.float32), "w")
value = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1024])
graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [value("x")], [value("y")], [weights])
model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
names = ["model.onnx", "model.onnx_data"]
for folder in ["cache/blobs", "cache/snapshots/main", "hard"]:
    os.makedirs(folder)
onnx.save_model(model, "cache/blobs/0", save_as_external_data=True, location="model.onnx_data", size_threshold=0)
os.rename("cache/blobs/model.onnx_data", "cache/blobs/1")
for number, name in enumerate(names):
    os.symlink(f"../../blobs/{number}", f"cache/snapshots/main/{name}")


def answer(load):
    try:
        load()
        return "loads"
    except Exception as error:
        return f"{type(error).__name__}: {str(error).split(', but ')[-1]}"


def both(folder):
    path = f"{folder}/model.onnx"
    found = answer(lambda: onnx.load(path)), answer(lambda: onnxruntime.InferenceSession(path))
    print(f"{folder:22} onnx: {found[0]}\n{'':22} onnxruntime: {found[1]}")
    return found


linked = both("cache/snapshots/main")
os.makedirs("copy")
for number, name in enumerate(names):
    with open(f"cache/blobs/{number}", "rb") as source, open(f"copy/{name}", "wb") as copy:
        copy.write(source.read())
copied = both("copy")
for name in names:
    os.link(f"copy/{name}", f"hard/{name}")
hard = both("hard")
assert copied == ("loads", "loads"), copied
assert "symbolic link" in linked[0] and linked[1] == "loads", linked
assert "hard link" in hard[0] and hard[1] == "loads", hard
PYTHON
