# SPDX-License-Identifier: Apache-2.0
"""Counts the training data and chooses the smoothing on the validation data. Writes weights and metadata."""

import sys

sys.dont_write_bytecode = True  # Bytecode would be an unsigned file in the release.

from collections import Counter

from architecture import ORDER, SIZE, START, VOCABULARY, TinyLM, encode
from support import (CHECKPOINT, FINAL, FRACTION_BITS, PROCESSED, ROOT, bits, documents, ten_thousandths,
                     write_json, write_safetensors)

CANDIDATES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
# Counting a symbol takes one addition at each of three orders. Evaluating a symbol takes three additions and seven
# multiplications for its fraction, one division, and two operations for each bit of its logarithm.
OPERATIONS_PER_COUNT = 3
OPERATIONS_PER_EVALUATION = 11 + 2 * FRACTION_BITS


def trigrams(texts):
    """Returns the number of times each (a, b, c) occurs."""
    found = Counter()
    for text in texts:
        a, b = START
        for c in encode(text):
            found[a, b, c] += 1
            a, b = b, c
    return found


class Fit:
    """Chooses a model's strengths, one at a time, until no change makes the validation data more likely."""

    def __init__(self, model, validation):
        self.model, self.evaluations = model, 0
        total = sum(model.count1)
        after = [sum(model.count2[row * SIZE : (row + 1) * SIZE]) for row in range(SIZE)]
        self.rows = []
        for (a, b, c), times in sorted(validation.items()):
            row = a * SIZE + b
            counts3 = model.count3[row * SIZE : (row + 1) * SIZE]
            self.rows.append((times, model.count1[c], total, model.count2[b * SIZE + c], after[b], counts3[c],
                              sum(counts3)))

    def loss(self, strengths):
        """Returns the information of the validation data, in units of 2**-24 bit."""
        s1, s2, s3 = strengths
        self.evaluations += len(self.rows)
        loss = 0
        for times, n1, d1, n2, d2, n3, d3 in self.rows:
            numerator, denominator = SIZE * n1 + s1, SIZE * (d1 + s1)
            numerator, denominator = n2 * denominator + s2 * numerator, denominator * (d2 + s2)
            numerator, denominator = n3 * denominator + s3 * numerator, denominator * (d3 + s3)
            loss += times * bits(numerator, denominator)
        return loss

    def run(self):
        """Sets the strengths and returns the resulting loss."""
        strengths = self.model.strengths = [1] * ORDER
        best = self.loss(strengths)
        improved = True
        while improved:
            improved = False
            for at in range(ORDER):
                for candidate in CANDIDATES:
                    changed = strengths[:at] + [candidate] + strengths[at + 1 :]
                    loss = self.loss(changed)
                    if loss < best:
                        best, strengths, improved = loss, changed, True
        self.model.strengths = strengths
        return best


def main():
    training = documents(PROCESSED / "training.txt")
    validation = documents(PROCESSED / "validation.txt")
    validation_symbols = sum(map(len, validation))
    half = len(training) // 2
    model, operations, stages = TinyLM(), 0, []
    for path, texts in [(CHECKPOINT, training[:half]), (FINAL, training[half:])]:
        for text in texts:
            model.learn(encode(text))
            operations += OPERATIONS_PER_COUNT * len(text)
        fit = Fit(model, trigrams(validation))
        loss = fit.run()
        operations += OPERATIONS_PER_EVALUATION * fit.evaluations
        name = path.relative_to(ROOT).as_posix()
        write_safetensors(path, model.tensors(), {"format": "tiny-lm", "symbols_seen": str(sum(model.count1))})
        stages.append({
            "file": name,
            "documents_seen": half if path == CHECKPOINT else len(training),
            "symbols_seen": sum(model.count1),
            "strengths": model.strengths,
            "validation_bits_per_symbol": ten_thousandths(loss, validation_symbols << FRACTION_BITS),
        })
    write_json(ROOT / "config.json", {
        "architectures": ["TinyLM"],
        "model_type": "tiny-lm",
        "order": ORDER,
        "vocab_size": SIZE,
        "vocabulary": VOCABULARY,
    })
    write_json(ROOT / "training_metadata.json", {
        "training_documents": len(training),
        "training_symbols": sum(map(len, training)),
        "validation_documents": len(validation),
        "validation_symbols": validation_symbols,
        "passes": 1,
        "strength_candidates": CANDIDATES,
        "stages": stages,
        "optimizer_state": None,
        "integer_operations": operations,
    })


if __name__ == "__main__":
    main()
