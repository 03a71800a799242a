# SPDX-License-Identifier: Apache-2.0
"""The architecture: a trigram model over 32 symbols, smoothed by its shorter contexts.

With the hierarchical Dirichlet prior of MacKay and Peto (1995), the probability of a symbol c after the symbols a b is

    p3(c | a b) = (count(a b c) + s3 * p2(c | b)) / (count(a b) + s3)
    p2(c | b)   = (count(b c)   + s2 * p1(c))     / (count(b)   + s2)
    p1(c)       = (count(c)     + s1 / 32)        / (total      + s1)

Counts and the strengths s1, s2 and s3 are integers, so every probability is an exact fraction. No floating-point
numbers are used, so the results are identical bytes on every machine.
"""

VOCABULARY = "\n ',.?abcdefghijklmnopqrstuvwxyz"
SIZE = len(VOCABULARY)
ORDER = 3
# A document starts after two newlines, as if another document had come before it.
START = (0, 0)

_INDEX = {symbol: index for index, symbol in enumerate(VOCABULARY)}


def encode(text):
    """Returns the symbols of a text as indices. Raises KeyError for a symbol outside the vocabulary."""
    return [_INDEX[symbol] for symbol in text]


def decode(indices):
    """Returns the text for a sequence of indices."""
    return "".join(VOCABULARY[index] for index in indices)


class TinyLM:
    """The counts of one, two and three symbols, in flat row-major lists, and the three strengths."""

    def __init__(self):
        self.count1 = [0] * SIZE
        self.count2 = [0] * SIZE**2
        self.count3 = [0] * SIZE**3
        self.strengths = [1, 1, 1]

    def learn(self, indices):
        """Adds a document to the counts."""
        a, b = START
        for c in indices:
            self.count1[c] += 1
            self.count2[b * SIZE + c] += 1
            self.count3[(a * SIZE + b) * SIZE + c] += 1
            a, b = b, c

    def distribution(self, a, b, order=ORDER):
        """Returns the numerators for all symbols after a b, and their denominator. A lower order uses less context."""
        s1, s2, s3 = self.strengths
        numerators = [SIZE * count + s1 for count in self.count1]
        denominator = SIZE * (sum(self.count1) + s1)
        rows = [(self.count2, b, s2), (self.count3, a * SIZE + b, s3)]
        for counts, row, strength in rows[: order - 1]:
            counts = counts[row * SIZE : (row + 1) * SIZE]
            numerators = [n * denominator + strength * lower for n, lower in zip(counts, numerators)]
            denominator *= sum(counts) + strength
        return numerators, denominator

    def tensors(self):
        """Returns the parameters as stored: (name, type, shape, values)."""
        return [
            ("count.1", "I32", [SIZE], self.count1),
            ("count.2", "I16", [SIZE] * 2, self.count2),
            ("count.3", "I16", [SIZE] * 3, self.count3),
            ("strengths", "I32", [ORDER], self.strengths),
        ]

    @classmethod
    def from_tensors(cls, tensors):
        """Builds a model from stored parameters. Raises ValueError if names, types or shapes differ."""
        model = cls()
        shapes = {name: (kind, shape) for name, kind, shape, _ in model.tensors()}
        if {name: (kind, shape) for name, (kind, shape, _) in tensors.items()} != shapes:
            raise ValueError("these tensors are not a TinyLM model")
        model.count1 = tensors["count.1"][2]
        model.count2 = tensors["count.2"][2]
        model.count3 = tensors["count.3"][2]
        model.strengths = tensors["strengths"][2]
        return model
