#!/bin/sh
# An ONNX model that takes its weights from a safetensors file reads other numbers once that file is saved again.
#
# Versions: onnx-safetensors 1.6.0, onnx 1.23.2, safetensors 0.8.0, onnxruntime 1.32.0.
# Expected: saving the same tensors again, with one more line of metadata (such as a license), leaves the ONNX model
#   as it was, or makes it fail to load: safetensors addresses tensors by name and checks its header.
# Behavior: ONNX addresses the file by byte offset. The new header is longer, so that every tensor is read from a few
#   bytes before its start. `onnx.checker` passes, `onnx.load` and ONNX Runtime give other numbers without a warning,
#   and each of the two files is valid by itself.
# Why it matters: a maintainer who adds a license to the metadata of `model.safetensors` before a release (OPN408 reads it there)
#   must write the ONNX file again, too. Otherwise the model is broken, and no loader says so (`openness check` does, OPN312).
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check onnx-safetensors==1.6.0 onnx==1.23.2 onnx-ir==1.1.0 \
    safetensors==0.8.0 onnxruntime==1.32.0 numpy==2.4.6
cd "$directory"
TQDM_DISABLE=1 "$directory/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnx_safetensors
import onnxruntime
from onnx import helper, numpy_helper
from safetensors.numpy import load_file, save_file

weights = {"a": np.arange(8, dtype=np.float32), "b": np.arange(8, 16, dtype=np.float32)}
graph = helper.make_graph(
    [helper.make_node("Add", ["a", "b"], ["sum"])],
    "g",
    [],
    [helper.make_tensor_value_info("sum", onnx.TensorProto.FLOAT, [8])],
    [numpy_helper.from_array(value, name) for name, value in weights.items()],
)
model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
onnx_safetensors.save_model(model, "model.onnx", external_data="model.safetensors")


def answers():
    onnx.checker.check_model("model.onnx")
    read = {one.name: numpy_helper.to_array(one) for one in onnx.load("model.onnx").graph.initializer}
    return read, onnxruntime.InferenceSession("model.onnx").run(None, {})[0]


read, run = answers()
assert all((read[name] == value).all() for name, value in weights.items()), read
print("as saved:     ", *run)
save_file(load_file("model.safetensors"), "model.safetensors", metadata={"license": "MIT"})
again = load_file("model.safetensors")
assert all((again[name] == value).all() for name, value in weights.items()), again
read, after = answers()
print("saved again:  ", *after)
assert not (after == run).all() and not (read["a"] == weights["a"]).all(), "the behavior has changed"
print("the numbers are others, and no reader complains")
PYTHON
