#!/usr/bin/env python3
"""Loads a model with transformers only after it was verified, from a copy that nothing else changes.

    verify_then_transformers.py REPOSITORY ALLOWED_SIGNERS

Needs `pip install openness huggingface_hub transformers torch`.
"""

import sys
import tempfile
from pathlib import Path

import openness
from openness.huggingface import snapshot_download


def verified(repository: str, signers: Path, place: Path) -> Path:
    """Downloads a model and returns the directory of its verified copy."""
    trust = openness.Trust.from_allowed_signers(signers)
    return Path(snapshot_download(repository, trust=trust, into=place / "model"))


def main(repository: str, signers: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        try:
            directory = verified(repository, Path(signers), Path(place))
        except openness.NotVerified as error:
            sys.exit(str(error))
        print(f"verified: {len(list(directory.rglob('*')))} files and directories of {repository}")
        try:
            from transformers import AutoModelForCausalLM
        except ImportError:
            sys.exit("install transformers and torch to load the model")
        # A path to a directory, so transformers downloads nothing; `trust_remote_code` stays off.
        model = AutoModelForCausalLM.from_pretrained(directory, local_files_only=True)
        print(f"{model.num_parameters()} parameters")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
