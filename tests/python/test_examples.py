"""The examples for users of other packages run as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLES, PROGRAM
from hub import environment, files_of, serve

SIGNERS = EXAMPLES / "keys/allowed_signers"


def run(*command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)


def test_the_gate_accepts_and_refuses(release: Path) -> None:
    gate = [sys.executable, EXAMPLES / "python/gate.py", SIGNERS]
    ran = run(*gate, release, EXAMPLES / "tiny-lm")
    assert ran.returncode == 0 and [line.split()[0] for line in ran.stdout.splitlines()] == ["accept"] * 2, ran.stdout + ran.stderr
    (release / "model.safetensors").write_bytes(b"x")
    ran = run(*gate, release, EXAMPLES / "tiny-lm")
    assert ran.returncode == 1 and f"refuse  {release}: content-mismatch" in ran.stdout, ran.stdout


def test_nothing_is_served_unless_it_is_verified(release: Path, tmp_path: Path) -> None:
    serve_verified = EXAMPLES / "python/verify_then_vllm.sh"
    ran = run(serve_verified, release, SIGNERS, tmp_path / "good", SERVER="ls")
    assert ran.returncode == 0 and "model.safetensors" in ran.stdout.split(), ran.stdout + ran.stderr
    (release / "model.safetensors").write_bytes(b"x")
    ran = run(serve_verified, release, SIGNERS, tmp_path / "bad", SERVER="ls")
    assert ran.returncode == 1 and "model.safetensors" not in ran.stdout.splitlines() and not (tmp_path / "bad").exists()


def test_transformers_gets_a_verified_copy(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="SKIPPED: needs the package huggingface_hub")
    script = EXAMPLES / "python/verify_then_transformers.py"
    files = files_of(EXAMPLES / "tiny-lm")
    with serve("lab/tiny", files) as address:
        ran = run(sys.executable, script, "lab/tiny", SIGNERS, **environment(address, tmp_path / "home"))
    # The example model is not one that transformers knows; what matters is how far the script goes.
    assert "verified: " in ran.stdout, ran.stderr
    with serve("lab/tiny", {**files, "modeling.py": b"import os"}) as address:
        ran = run(sys.executable, script, "lab/tiny", SIGNERS, **environment(address, tmp_path / "other"))
    assert ran.returncode == 1 and "verified: " not in ran.stdout and "unsigned: modeling.py" in ran.stderr


def test_the_examples_are_complete() -> None:
    assert shutil.which("sh") and {path.name for path in (EXAMPLES / "python").iterdir()} == {
        "gate.py",
        "verify_then_transformers.py",
        "verify_then_vllm.sh",
    }
