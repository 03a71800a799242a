#!/bin/sh
# coremltools drops the license of models that it joins as functions of one, even if all have the same license.
#
# Versions: coremltools 9.0, numpy 2.4.6, on Linux (nothing is run).
# Expected: `save_multifunction` joins variants of a model, such as a base and its adapters, and stores what they share
#   once. What both say of themselves alike, such as the license and the author, is kept, as quantizing and pruning keep it;
#   where they disagree, it asks, or takes what the default function says. `onnx.compose.merge_models` (onnx 1.23.2, not
#   installed here) keeps the first and refuses the second.
# Behavior: license, author, description, version and all metadata of the user are gone without a word, even from the same
#   model under two names. The weights are there.
# Why it matters: people pass a Core ML package on without its repository, and the license in it is then the only one that
#   they see. `openness check` does not read it there: set it again (`model.license = …`) before the package is signed.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check coremltools==9.0 numpy==2.4.6
cd "$directory"
"$directory/venv/bin/python" -W ignore 2>"$directory/notes" - <<'PYTHON' || { cat "$directory/notes" >&2; exit 1; }
import coremltools
import coremltools.optimize.coreml as optimize
import numpy as np
from coremltools.converters.mil import Builder


@Builder.program(input_specs=[Builder.TensorSpec(shape=(1, 64))])
def program(x):
    numbers = np.random.default_rng(0).random((32, 64), np.float32)
    return Builder.linear(x=x, weight=numbers, bias=np.zeros(32, np.float32))


def says(model):
    own = {key: text for key, text in model.user_defined_metadata.items() if not key.startswith("com.github.apple")}
    return [model.license, model.author, model.short_description, model.version, own]


model = coremltools.convert(program, convert_to="mlprogram")
model.license, model.author = "Apache-2.0", "Example Lab"
model.short_description, model.version = "Tiny", "1.0.0"
model.user_defined_metadata["base_model"] = "lab/Base-7B"
model.save("one.mlpackage")
one = coremltools.models.MLModel("one.mlpackage")
linear = optimize.OpLinearQuantizerConfig(weight_threshold=1)
quantized = optimize.linear_quantize_weights(one, optimize.OptimizationConfig(global_config=linear))
functions = coremltools.utils.MultiFunctionDescriptor()
for name in ["first", "second"]:
    functions.add_function("one.mlpackage", src_function_name="main", target_function_name=name)
functions.default_function_name = "first"
coremltools.utils.save_multifunction(functions, "joined.mlpackage")
joined = coremltools.models.MLModel("joined.mlpackage")
for name, found in {"one model": one, "quantized": quantized, "joined": joined}.items():
    print(f"{name + ':':11}", *says(found))
assert sorted(function.name for function in joined.get_spec().description.functions) == ["first", "second"]
full = ["Apache-2.0", "Example Lab", "Tiny", "1.0.0", {"base_model": "lab/Base-7B"}]
assert says(one) == says(quantized) == full, "the behavior has changed"
assert says(joined) == ["", "", "", "", {}], "the behavior has changed"
PYTHON
