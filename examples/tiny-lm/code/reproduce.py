# SPDX-License-Identifier: Apache-2.0
"""Rebuilds every generated file of this release: processed data, weights, metadata, results, samples."""

import sys

sys.dont_write_bytecode = True  # Bytecode would be an unsigned file in the release.

import evaluate
import preprocess
import train
from architecture import TinyLM
from generate import LENGTH, generate
from support import FINAL, ROOT, read_safetensors, write_text

PROMPTS = ["the light", "in the harbour", "she said that", "the bread"]


def main():
    preprocess.main()
    train.main()
    evaluate.main()
    model = TinyLM.from_tensors(read_safetensors(FINAL))
    samples = ["prompt %r, seed %d\n\n%s\n" % (prompt, seed, generate(model, prompt, LENGTH, str(seed)))
               for seed, prompt in enumerate(PROMPTS)]
    write_text(ROOT / "samples.txt", "\n".join(samples))


if __name__ == "__main__":
    main()
