#!/bin/sh
# The same tensors and the same metadata, saved twice by safetensors, are two files with two digests.
#
# Version: safetensors 0.8.0 (the reference library).
# Expected: `save` is a function of its arguments: the header is sorted, tensors are in a fixed order.
# Behavior: only the tensors are in a fixed order. Texts under `__metadata__` are written in the order of a hash table
#   with a random seed, which changes from call to call even in one process. With at most one text, as transformers
#   writes it (`format`), the bytes are always the same, so that the tests of most users never see it.
# Why it matters: a rebuilt or re-exported file with two or more texts (license, author, base model …) does not have the
#   signed digest, although nothing in it has changed. Save once, and copy from then on.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
"$directory/venv/bin/python" - <<'PYTHON'
import hashlib

import numpy as np
from safetensors.numpy import load, save

tensors = {name: np.ones(4, np.float32) for name in "wxyz"}
for count in [0, 1, 2, 6]:
    metadata = {f"key {number}": "text" for number in range(count)}
    saved = [save(tensors, metadata) for _ in range(64)]
    digests = {hashlib.sha256(one).hexdigest() for one in saved}
    print(f"{count} texts of metadata, saved 64 times: {len(digests)} digests, {len({len(one) for one in saved})} size")
    assert all(sorted(load(one)) == sorted(tensors) for one in saved)
    assert (len(digests) == 1) == (count < 2), "the behavior has changed"
PYTHON
