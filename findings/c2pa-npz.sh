#!/bin/sh
# Weights in an .npz file that are signed with C2PA have two entries that are not arrays, and MLX does not load them.
#
# Versions: c2pa-python 0.38.1 (with the C2PA library 0.91.3), numpy 2.4.6, mlx 0.32.4.
# Expected: C2PA puts its manifest where readers of a format pass over it, as it does in pictures. It has no type for
#   weights; but it signs ZIP archives now, and an .npz file is one.
# Behavior: signing and reading back work: the manifest is `Valid`. It is two more members of the archive, `META-INF/` and
#   `META-INF/content_credential.c2pa`. NumPy lists every member under `files` and gives these two as `bytes`, so that a
#   loop over all arrays stops at the first. MLX fails to load the file, with a message about a stream that it cannot read.
# Why it matters: a release whose weights were signed with C2PA does not load everywhere, and its own check still says that
#   all is well. The signatures that `openness sign` makes are files of their own, and leave the weights as they are.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check c2pa-python==0.38.1 cryptography==50.0.2 numpy==2.4.6 \
    mlx==0.32.4 mlx-cpu==0.32.4
cd "$directory"
cat >credential.py <<'PYTHON'
"""Makes a key and the certificates that C2PA asks for, for this test only."""
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

START = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM
USES = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
USES += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]


def certificate(subject, key, authority_key, uses):
    def name(common):
        parts = [(NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, "Example Lab")]
        return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])

    is_authority = key is authority_key
    builder = x509.CertificateBuilder(
        issuer_name=name("Authority"),
        subject_name=name(subject),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=START,
        not_valid_after=START + datetime.timedelta(days=30),
    )
    usage = x509.KeyUsage(**{use: use in uses for use in USES})
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    builder = builder.add_extension(usage, critical=True).add_extension(identifier, critical=False)
    if not is_authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(authority_key, hashes.SHA256()).public_bytes(PEM)


def make():
    authority, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = certificate("Signer", signer, authority, ["digital_signature"])
    chain += certificate("Authority", authority, authority, ["key_cert_sign", "crl_sign"])
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return chain, signer.private_bytes(PEM, pkcs8, plain)
PYTHON
"$directory/venv/bin/python" -W ignore - <<'PYTHON'
import json

import c2pa
import mlx.core
import numpy as np

import credential

np.savez("weights.npz", a=np.arange(4.0), b=np.ones((2, 2)))
chain, key = credential.make()
info = c2pa.C2paSignerInfo(alg=c2pa.C2paSigningAlg.ES256, sign_cert=chain, private_key=key, ta_url=None)
action = {"action": "c2pa.created"}
action["digitalSourceType"] = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicData"
manifest = {
    "claim_generator_info": [{"name": "example", "version": "1"}],
    "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
}
builder = c2pa.Builder(json.dumps(manifest))
with open("weights.npz", "rb") as source, open("signed.npz", "w+b") as target:
    builder.sign(c2pa.Signer.from_info(info), "application/x-zip", source, target)
with open("signed.npz", "rb") as signed:
    state = json.loads(c2pa.Reader("application/x-zip", signed).json())["validation_state"]
print("C2PA says:", state)


def loads(path):
    arrays = np.load(path)
    kinds = {name: type(arrays[name]).__name__ for name in arrays.files}
    try:
        found = sorted(mlx.core.load(path))
    except RuntimeError as error:
        found = f"RuntimeError: {error}"
    print(f"{path}\n  NumPy: {kinds}\n  MLX:   {found}")
    return kinds, found


both = {"a": "ndarray", "b": "ndarray"}
assert state == "Valid", state
assert loads("weights.npz") == (both, ["a", "b"])
kinds, found = loads("signed.npz")
added = {"META-INF/": "bytes", "META-INF/content_credential.c2pa": "bytes"}
assert kinds == both | added and found.startswith("RuntimeError"), "the behavior has changed"
PYTHON
