# SPDX-License-Identifier: Apache-2.0
"""Code that the programs share: paths, safetensors files, exact logarithms, and seeded random numbers."""

import hashlib
import json
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FINAL = ROOT / "model.safetensors"
CHECKPOINT = ROOT / "checkpoints" / "half.safetensors"
PROCESSED = ROOT / "data" / "processed"

FRACTION_BITS = 24
_TYPES = {"I16": "h", "I32": "i"}


def write_text(path, text):
    """Writes text as the same bytes on every machine: UTF-8, with line endings unchanged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


def write_json(path, value):
    """Writes indented JSON with the keys in the given order."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def documents(path):
    """Returns the documents of a processed file, each with its final newline."""
    return [text.strip("\n") + "\n" for text in path.read_text(encoding="utf-8").split("\n\n")]


def write_safetensors(path, tensors, metadata):
    """Writes tensors (name, type, shape, values) in the format of https://github.com/huggingface/safetensors."""
    header, blocks, end = {"__metadata__": metadata}, [], 0
    for name, kind, shape, values in tensors:
        # struct.pack raises an error for a value that does not fit.
        block = struct.pack("<%d%s" % (len(values), _TYPES[kind]), *values)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [end, end + len(block)]}
        blocks.append(block)
        end += len(block)
    head = json.dumps(header, separators=(",", ":")).encode("ascii")
    head += b" " * (-len(head) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(blocks))


def read_safetensors(path):
    """Reads a safetensors file. Returns a dictionary from name to (type, shape, values)."""
    data = path.read_bytes()
    start = 8 + struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:start].decode("utf-8"))
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind = _TYPES[entry["dtype"]]
        count = (end - begin) // struct.calcsize("<" + kind)
        values = list(struct.unpack_from("<%d%s" % (count, kind), data, start + begin))
        tensors[name] = (entry["dtype"], entry["shape"], values)
    return tensors


def bits(numerator, denominator):
    """Returns the information of an event with this probability: log2(denominator / numerator), in units of 2**-24 bit.

    Uses repeated squaring of integers, because a library's log2 may differ in the last digit between machines.
    """
    whole = denominator.bit_length() - numerator.bit_length()
    if numerator << whole > denominator:
        whole -= 1
    mantissa, result = (denominator << 62) // (numerator << whole), whole
    for _ in range(FRACTION_BITS):
        mantissa = mantissa * mantissa >> 62
        carry = mantissa >> 63
        mantissa >>= carry
        result = result << 1 | carry
    return result


def ten_thousandths(numerator, denominator):
    """Returns a ratio, rounded to four decimal places."""
    return (numerator * 20000 + denominator) // (2 * denominator) / 10000


class Draws:
    """Random integers from SHA-256 of a seed and a counter, so they do not depend on a library's generator."""

    def __init__(self, seed):
        self.seed, self.counter = seed, 0

    def below(self, limit):
        """Returns an integer from 0 to limit - 1, uniform to within 2**-128."""
        self.counter += 1
        digest = hashlib.sha256(b"%s:%d" % (self.seed.encode("utf-8"), self.counter)).digest()
        return int.from_bytes(digest, "big") * limit >> 256
