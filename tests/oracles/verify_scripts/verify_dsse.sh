#!/bin/sh
# Verifies the Sigstore bundle of a signed release without the program that made it: with openssl, sha256sum, and the
# standard library of Python for JSON and base64. The signature is over the encoding that DSSE calls PAE:
# https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
#
#     verify_dsse.sh DIR KEY.pem
#
# One line for each step. Exit status: 0 verified, 1 not, 2 could not be tried.
set -u

if [ $# -ne 2 ] || [ ! -d "$1" ] || [ ! -r "$2" ]; then
    echo "usage: verify_dsse.sh DIR KEY.pem" >&2
    exit 2
fi
for program in openssl sha256sum python3; do
    command -v "$program" >/dev/null || { echo "needs $program" >&2; exit 2; }
done
dir=$1 key=$2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

step() { # what it is, whether it is so
    if [ "$2" -eq 0 ]; then echo "ok      $1"; else echo "FAILED  $1"; exit 1; fi
}

openssl pkey -pubin -in "$key" -outform DER -out "$work/key.der" 2>/dev/null
step "the key can be read" $?
# The key's id is the digest of its DER form, and names the bundle.
id=$(sha256sum "$work/key.der" | cut -d' ' -f1)
bundle=$dir/.openness/signatures/$(printf %.16s "$id").sigstore.json
[ -f "$bundle" ]
step "there is a bundle of the key" $?

# Isolated, so that no file beside it can stand in for a module.
python3 -I - "$bundle" "$id" "$dir/.openness/statement.json" "$work" <<'PYTHON'
import base64, json, sys

bundle_path, key_id, statement_path, work = sys.argv[1:]

def same(what, found, expected):
    if found != expected:
        raise ValueError("%s is %r" % (what, found))


try:
    with open(bundle_path, "rb") as file:
        bundle = json.load(file)
    with open(statement_path, "rb") as file:
        statement = file.read()
    envelope = bundle["dsseEnvelope"]
    (signature,) = envelope["signatures"]
    same("mediaType", bundle["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json")
    same("hint", bundle["verificationMaterial"]["publicKey"]["hint"], key_id)
    same("keyid", signature["keyid"], key_id)
    same("payloadType", envelope["payloadType"], "application/vnd.in-toto+json")
    payload = base64.b64decode(envelope["payload"], validate=True)
    if payload != statement:
        raise ValueError("the payload is not statement.json")
    kind = envelope["payloadType"].encode("utf-8")
    with open(work + "/pae", "wb") as file:
        file.write(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    with open(work + "/sig", "wb") as file:
        file.write(base64.b64decode(signature["sig"], validate=True))
except (OSError, ValueError, KeyError, TypeError) as error:
    print("        " + repr(error))
    sys.exit(1)
PYTHON
step "the bundle holds the statement, and names the key" $?

openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$work/pae" -sigfile "$work/sig" >/dev/null 2>&1
step "the key signed it" $?
