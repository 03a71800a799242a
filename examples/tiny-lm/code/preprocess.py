# SPDX-License-Identifier: Apache-2.0
"""Makes the processed data: `data/corpus` to training and validation, `data/held-out` to evaluation."""

import sys

sys.dont_write_bytecode = True  # What lies beside a signed release is an unsigned file.

from architecture import VOCABULARY
from support import PROCESSED, ROOT, write_text

# Every fifth document of the corpus is kept from the counts, to choose the smoothing by.
VALIDATION_EVERY = 5


def normalize(text):
    """A paragraph a line, in lower case, with single blanks; no symbol is dropped in silence."""
    paragraphs = [" ".join(paragraph.split()).lower() for paragraph in text.split("\n\n")]
    text = "".join(paragraph + "\n" for paragraph in paragraphs if paragraph)
    strange = sorted(set(text) - set(VOCABULARY))
    if strange:
        raise ValueError("not in the vocabulary: %r" % strange)
    return text


def read(directory):
    """The documents of a directory, in the order of their names."""
    paths = sorted((ROOT / "data" / directory).glob("*.txt"), key=lambda path: path.name)
    return [normalize(path.read_text(encoding="utf-8")) for path in paths]


def main():
    corpus, evaluation = read("corpus"), read("held-out")
    training = [text for at, text in enumerate(corpus, 1) if at % VALIDATION_EVERY]
    validation = [text for at, text in enumerate(corpus, 1) if not at % VALIDATION_EVERY]
    seen = {line for text in corpus for line in text.splitlines()}
    if any(line in seen for text in evaluation for line in text.splitlines()):
        raise ValueError("a paragraph of the held-out data is in the corpus")
    for name, texts in [("training", training), ("validation", validation), ("evaluation", evaluation)]:
        # An empty line parts two documents.
        write_text(PROCESSED / (name + ".txt"), "\n".join(texts))


if __name__ == "__main__":
    main()
