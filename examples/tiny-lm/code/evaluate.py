# SPDX-License-Identifier: Apache-2.0
"""Measures the model, its checkpoint and three simpler models on the held-out data. Writes the results."""

import sys

sys.dont_write_bytecode = True  # Bytecode would be an unsigned file in the release.

from architecture import SIZE, START, TinyLM, encode
from support import (CHECKPOINT, FINAL, FRACTION_BITS, PROCESSED, ROOT, bits, documents, read_safetensors,
                     ten_thousandths, write_json)


def measure(model, texts, order):
    """Returns the bits per symbol, and how often the most likely symbol is the one that follows."""
    information = symbols = right = 0
    for text in texts:
        a, b = START
        for c in encode(text):
            numerators, denominator = model.distribution(a, b, order)
            information += bits(numerators[c], denominator)
            # Ties go to the first symbol in the vocabulary.
            right += numerators.index(max(numerators)) == c
            symbols += 1
            a, b = b, c
    return {
        "bits_per_symbol": ten_thousandths(information, symbols << FRACTION_BITS),
        "accuracy": ten_thousandths(right, symbols),
    }


def main():
    texts = documents(PROCESSED / "evaluation.txt")
    final = TinyLM.from_tensors(read_safetensors(FINAL))
    checkpoint = TinyLM.from_tensors(read_safetensors(CHECKPOINT))
    untrained = TinyLM()
    results = [
        ("tiny-lm", final, 3),
        ("tiny-lm, checkpoint at half", checkpoint, 3),
        ("tiny-lm, two symbols only", final, 2),
        ("tiny-lm, one symbol only", final, 1),
        ("untrained", untrained, 3),
    ]
    write_json(ROOT / "eval_results.json", {
        "data": "data/processed/evaluation.txt",
        "documents": len(texts),
        "symbols": sum(map(len, texts)),
        "vocabulary": SIZE,
        "results": [dict([("model", name)], **measure(model, texts, order)) for name, model, order in results],
    })


if __name__ == "__main__":
    main()
