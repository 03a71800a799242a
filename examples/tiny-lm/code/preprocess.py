# SPDX-License-Identifier: Apache-2.0
"""Makes the processed data: training and validation from `data/corpus`, evaluation from `data/held-out`."""

import sys

sys.dont_write_bytecode = True  # Bytecode would be an unsigned file in the release.

from architecture import VOCABULARY
from support import PROCESSED, ROOT, write_text

# Every fifth document of the corpus is not counted, but used to choose the smoothing.
VALIDATION_EVERY = 5


def normalize(text):
    """Returns one line per paragraph, in lower case, with single spaces. Raises ValueError for an unknown symbol."""
    paragraphs = [" ".join(paragraph.split()).lower() for paragraph in text.split("\n\n")]
    text = "".join(paragraph + "\n" for paragraph in paragraphs if paragraph)
    unknown = sorted(set(text) - set(VOCABULARY))
    if unknown:
        raise ValueError("not in the vocabulary: %r" % unknown)
    return text


def read(directory):
    """Returns the normalized documents of a directory, in name order."""
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
        # Documents are separated by an empty line.
        write_text(PROCESSED / (name + ".txt"), "\n".join(texts))


if __name__ == "__main__":
    main()
