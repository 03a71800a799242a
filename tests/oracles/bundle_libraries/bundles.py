"""Judges Sigstore bundles by libraries that know nothing of openness: one line `BUNDLE JUDGE yes|no` for each.

    bundles.py KEY_ID KEY_HEX BUNDLE...
"""

import base64
import copy
import json
import sys

import in_toto_attestation.v1.statement_pb2 as statement_pb2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

key_id, key_hex, *paths = sys.argv[1:]


def securesystemslib(bundle):
    """DSSE with the keys of TUF and in-toto."""
    key = SSlibKey(key_id, "ed25519", "ed25519", {"public": key_hex})
    Envelope.from_dict(copy.deepcopy(bundle["dsseEnvelope"])).verify([key], 1)


def cryptography(bundle):
    """Ed25519 of OpenSSL over the encoding of DSSE, which is written down here once more."""
    envelope = bundle["dsseEnvelope"]
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"], validate=True)
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(key_hex)).verify(signature, encoded)


def in_toto(bundle):
    """Whether what is signed is a statement, whoever signed it."""
    text = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement())).validate()


for path in paths:
    with open(path, "rb") as file:
        text = file.read()
    for judge in (securesystemslib, cryptography, in_toto):
        try:
            judge(json.loads(text))
            answer = "yes"
        except Exception:  # Whatever it is that they do not like.
            answer = "no"
        print(path, judge.__name__, answer)
