"""What the tests share: the program of the same wheel, and releases to verify."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import openness
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAM = Path(sys.executable).parent / "openness"


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory without settings. Tests never touch the user's own."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "OPENNESS_", "XDG_", "HF_")) and name != "OPENNESS_PANIC_MODULE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return home


@pytest.fixture
def trust() -> openness.Trust:
    """Trust in the signer of the examples."""
    return openness.Trust.from_allowed_signers(EXAMPLES / "keys/allowed_signers")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of a signed release."""
    return Path(shutil.copytree(EXAMPLES / "tiny-lm", tmp_path / "tiny-lm"))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key, with its public half next to it."""
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", file], check=True)
    return file


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs the program of the wheel."""
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def manifest(directory: Path, extra: str = "") -> Path:
    """Writes a small release that is not signed."""
    directory.mkdir(exist_ok=True)
    (directory / "OPENNESS.toml").write_text(
        'schema = 1\n[model]\nname = "Tiny"\nversion = "1.0.0"\nproducer = "Lab"\nlicense = "Apache-2.0"\n'
        '[release]\naccess = "downloadable"\ndate = 2026-01-02\n'
        f'[component.final-weights]\nopenness = "open"\nfiles = ["*.safetensors"]\n{extra}'
    )
    (directory / "model.safetensors").write_bytes(b"weights")
    return directory
