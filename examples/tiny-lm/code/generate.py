# SPDX-License-Identifier: Apache-2.0
"""Runs the model: `generate.py [PROMPT [LENGTH [SEED]]]` continues a text on standard output."""

import sys

sys.dont_write_bytecode = True  # Bytecode would be an unsigned file in the release.

from architecture import START, TinyLM, decode, encode
from support import FINAL, Draws, read_safetensors

LENGTH = 200
SEED = "0"


def generate(model, prompt, length, seed):
    """Returns the prompt and its continuation, with each symbol drawn according to its probability."""
    draws = Draws(seed)
    symbols = list(START) + encode(prompt)
    for _ in range(length):
        numerators, denominator = model.distribution(symbols[-2], symbols[-1])
        draw = draws.below(denominator)
        for symbol, numerator in enumerate(numerators):
            draw -= numerator
            if draw < 0:
                symbols.append(symbol)
                break
    return decode(symbols[len(START):])


def main(prompt="the light", length=LENGTH, seed=SEED):
    model = TinyLM.from_tensors(read_safetensors(FINAL))
    sys.stdout.write(generate(model, prompt, int(length), seed) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
