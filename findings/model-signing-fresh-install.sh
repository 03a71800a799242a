#!/bin/sh
# A fresh installation of model-signing, the reference of OpenSSF Model Signing, does not start.
#
# Versions: model-signing 1.1.1 (the newest of November 2026) with sigstore 4.5.1.
# Expected: `pip install model-signing` gives a program that runs.
# Behavior: it imports pyOpenSSL, which it does not declare. sigstore 4.0.0 to 4.5.0 brought it along; the patch release
#   4.5.1 does not, and model-signing takes any sigstore from 4.0. `import model_signing` fails too, so verifying with a bare
#   key, for which no certificate is needed, is not possible either. Installing pyOpenSSL next to it repairs it.
# Why it matters: a user who compares `openness` with the reference, or has to verify a signature of OpenSSF Model Signing with
#   `model_signing`, needs `pip install model-signing==1.1.1 pyOpenSSL`.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check model-signing==1.1.1 sigstore==4.5.1
start() {
    "$directory/venv/bin/model_signing" --version 2>&1 | tail -n 1
}
alone=$(start)
"$directory/venv/bin/pip" install -q --disable-pip-version-check pyOpenSSL==26.4.0
repaired=$(start)
printf 'as installed:   %s\nwith pyOpenSSL: %s\n' "$alone" "$repaired"
case $alone in
*"No module named 'OpenSSL'"*) ;;
*) echo 'the behavior has changed' >&2; exit 1 ;;
esac
case $repaired in
*1.1.1*) ;;
*) echo 'pyOpenSSL no longer repairs it' >&2; exit 1 ;;
esac
