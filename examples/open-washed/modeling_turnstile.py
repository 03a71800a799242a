# SPDX-License-Identifier: Apache-2.0
"""The architecture of Turnstile, as far as it is released."""

HIDDEN_SIZE = 4
VOCABULARY_SIZE = 16


def logits(embeddings, head, tokens):
    """Returns one score per vocabulary symbol, computed from the mean embedding of the tokens."""
    rows = [embeddings[token] for token in tokens]
    state = [sum(column) / len(rows) for column in zip(*rows)]
    return [sum(weight * value for weight, value in zip(row, state)) for row in head]
