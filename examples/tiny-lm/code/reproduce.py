# SPDX-License-Identifier: Apache-2.0
"""Makes everything that a program makes here, in order: processed data, weights, metadata, results, samples."""

import sys

sys.dont_write_bytecode = True  # What lies beside a signed release is an unsigned file.

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
