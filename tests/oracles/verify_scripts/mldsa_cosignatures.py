"""A proof of a log and a witness that sign with ML-DSA-44, from the specifications alone: C2SP tlog-cosignature and tlog-proof.
The signatures are those of `cryptography` (`pip install cryptography`, 47 or later); it knows nothing of `openness`.

    mldsa_cosignatures.py > tests/data/tlog/mldsa44.txt

The keys have fixed seeds, the signatures are random. The first two lines are the verifier keys of log and witness. The log has
one entry, `entry 0`; its signature has no time, and that of the witness is from 1795305600.
"""

import base64
import hashlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

ORIGIN, WITNESS = "log.example/models", "witness.example"


def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, raw):
    return hashlib.sha256(name.encode() + b"\n\x06" + raw).digest()[:4]


def raw(key):
    return key.public_key().public_bytes_raw()


def vkey(name, key):
    return f"{name}+{key_id(name, raw(key)).hex()}+{b64(bytes([6]) + raw(key))}"


def line(name, key, time, size, root):
    message = b"subtree/v1\n\0"
    message += struct.pack("!B", len(name)) + name.encode() + struct.pack("!Q", time)
    message += struct.pack("!B", len(ORIGIN)) + ORIGIN.encode() + struct.pack("!QQ", 0, size) + root
    return f"— {name} " + b64(key_id(name, raw(key)) + struct.pack("!Q", time) + key.sign(message)) + "\n"


def main():
    log, witness = (MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32) for seed in (1, 2))
    root = hashlib.sha256(b"\0entry 0").digest()
    out = vkey(ORIGIN, log) + "\n" + vkey(WITNESS, witness) + "\n"
    out += f"c2sp.org/tlog-proof@v1\nindex 0\n\n{ORIGIN}\n1\n{b64(root)}\n\n"
    out += line(ORIGIN, log, 0, 1, root) + line(WITNESS, witness, 1795305600, 1, root)
    sys.stdout.buffer.write(out.encode())


main()
