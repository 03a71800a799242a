#!/bin/sh
# The general Python clients for signatures do not verify a good bundle of OpenSSF Model Signing that was made with a key.
#
# Versions: model-signing 1.1.1 (with pyOpenSSL 26.4.0, which it needs), sigstore 4.5.1, securesystemslib 1.6.0, and for
#   JavaScript @sigstore/bundle 4.0.0 and @sigstore/verify 3.1.1 (tried with Node.js 20.20).
# Expected: `model_signing sign key` writes a bundle of Sigstore around a DSSE envelope, both of which have specifications,
#   so that general libraries read it: those of Sigstore the bundle, securesystemslib (of in-toto and TUF) the envelope.
# Behavior: sigstore for Python does not even read it, "expected certificate in bundle", although it is installed with
#   model_signing, and the specification of bundles has a public key in that place. securesystemslib reads the envelope and
#   finds no signature by the key: it considers only one with the key's own id, and model_signing writes an empty id. DSSE
#   says that the id is optional and a mere hint. Two such signatures, as by two keys, cannot be read at all: "Multiple
#   signatures found". A key that is given the empty id verifies. JavaScript reads and verifies the bundle, once it is told
#   with two options that neither a log nor a timestamp is asked for; with the first alone, it misses a timestamp.
# Why it matters: "does not verify" in such a client says nothing about the model. `openness verify --key` and
#   `model_signing` verify the bundle. (The bundles of `openness sign` name their key; sigstore for Python cannot read them
#   either.)
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check model-signing==1.1.1 sigstore==4.5.1 pyOpenSSL==26.4.0 \
    securesystemslib==1.6.0
cd "$directory"
npm install --silent --no-audit --no-fund @sigstore/bundle@4.0.0 @sigstore/verify@3.1.1 >/dev/null
mkdir model
echo '{"model_type": "tiny"}' >model/config.json
"$directory/venv/bin/python" - <<'PYTHON'
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

key = ec.generate_private_key(ec.SECP256R1())
pem = serialization.Encoding.PEM
with open("key.pem", "wb") as file:
    file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
with open("key.pub", "wb") as file:
    file.write(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
PYTHON
"$directory/venv/bin/model_signing" sign key model --private_key key.pem --signature model.sig >/dev/null
"$directory/venv/bin/model_signing" verify key model --public_key key.pub --signature model.sig
"$directory/venv/bin/python" - <<'PYTHON'
import copy
import json

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey
from sigstore.models import Bundle, InvalidBundle

with open("model.sig") as file:
    text = file.read()
with open("key.pub", "rb") as file:
    public = load_pem_public_key(file.read())


def outcome(name, action, *errors):
    try:
        action()
        result = "good"
    except errors as error:
        result = f"{type(error).__name__}: {error}"
    print(f"{name}: {result}")
    return result


envelope = json.loads(text)["dsseEnvelope"]
twice = dict(envelope, signatures=[dict(envelope["signatures"][0]) for _ in range(2)])
assert envelope["signatures"][0]["keyid"] == ""


def verify(keyid=None):
    key = SSlibKey.from_crypto(public)
    if keyid is not None:
        key = SSlibKey(keyid, key.keytype, key.scheme, key.keyval)
    Envelope.from_dict(copy.deepcopy(envelope)).verify([key], 1)


results = [
    outcome("sigstore for Python", lambda: Bundle.from_json(text), InvalidBundle),
    outcome("securesystemslib", verify, VerificationError),
    outcome("securesystemslib, two signatures", lambda: Envelope.from_dict(twice), ValueError),
    outcome("securesystemslib, a key with an empty id", lambda: verify(keyid=""), VerificationError),
]
expected = ["InvalidBundle: expected certificate", "VerificationError: Accepted", "ValueError: Multiple", "good"]
assert all(result.startswith(start) for result, start in zip(results, expected)), "the behavior has changed"
PYTHON
cat >verify.js <<'JAVASCRIPT'
const crypto = require("crypto"), fs = require("fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");

const publicKey = crypto.createPublicKey(fs.readFileSync("key.pub"));
const mediaType = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
const root = { mediaType, tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] };
const trusted = toTrustMaterial(root, () => ({ publicKey, validFor: () => true }));
const entity = toSignedEntity(bundleFromJSON(JSON.parse(fs.readFileSync("model.sig"))));
const outcomes = [{ tlogThreshold: 0 }, { tlogThreshold: 0, timestampThreshold: 0 }].map((options) => {
  let outcome = "good";
  try {
    new Verifier(trusted, options).verify(entity);
  } catch (error) {
    outcome = error.code;
  }
  console.log(`JavaScript, ${JSON.stringify(options)}: ${outcome}`);
  return outcome;
});
if (outcomes.join() !== "TIMESTAMP_ERROR,good") {
  console.error("the behavior has changed");
  process.exit(1);
}
JAVASCRIPT
node verify.js
