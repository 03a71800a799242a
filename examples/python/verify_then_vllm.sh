#!/bin/sh
# Serves a model with vLLM only after it was verified, from a copy that nothing else changes.
#
#   verify_then_vllm.sh DIRECTORY ALLOWED_SIGNERS COPY [options of vllm serve]
#
# A plugin of vLLM could not do this: vLLM logs an exception of a plugin and goes on. Here `vllm` does not start unless the
# release is verified. Set SERVER to run another command on the copy.
set -eu
[ $# -ge 3 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
directory=$1 signers=$2 copy=$3
shift 3
exec openness verify "$directory" --allowed-signers "$signers" --export "$copy" -- ${SERVER:-vllm serve} "$copy" "$@"
