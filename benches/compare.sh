#!/bin/sh
# Compares hashing, signing and verifying with other programs, run alternately, on four generated releases:
#   A  one file of 4 GiB            B  8 files of 512 MiB
#   C  20,000 files of 4–64 KiB     D  163 files of 8 MiB
# Peers, if installed: a sha256sum linked with OpenSSL (others are too slow to compare), openssl, and model_signing
# (`pip install model-signing pyOpenSSL`).
#
#   OPENNESS_BENCH_SCALE=8     divide sizes (for C, the number of files); 1 needs 15 GB of disk and of page cache
#   OPENNESS_BENCH_ROUNDS=5    rounds per median
#   OPENNESS_BENCH_SETS=ABCD   the releases to use
#   OPENNESS_BENCH_SHA256SUM=… a sha256sum linked with OpenSSL; default: sha256sum, if it is
#   OPENNESS_BENCH_PYTHON=…    a Python with model_signing; default: python3
#   OPENNESS_BENCH_DIR=…       where to generate the releases; default: a temporary directory
set -eu
cd "$(dirname "$0")/.."
if [ -z "${OPENNESS_BENCH_PROGRAM:-}" ]; then
    cargo build --release --quiet --bin openness
    OPENNESS_BENCH_PROGRAM=$PWD/target/release/openness
    export OPENNESS_BENCH_PROGRAM
fi
exec python3 benches/compare.py
