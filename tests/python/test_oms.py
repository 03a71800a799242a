"""Signatures of OpenSSF Model Signing, made by the program and by what others publish."""

from __future__ import annotations

import subprocess
from pathlib import Path

import openness
import pytest
from conftest import program


def signed(tmp_path: Path, name: str = "model") -> tuple[Path, Path, Path]:
    """Returns a model, its signature, and the public key."""
    model = tmp_path / name
    model.mkdir()
    (model / "weights.bin").write_bytes(b"weights")
    key, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(["openssl", "genpkey", *curve, "-out", key], check=True, stderr=subprocess.DEVNULL)
    key.chmod(0o600)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
    ran = program("sign", model, "--oms", "--key", key)
    assert ran.returncode == 0, ran.stderr
    return model, model / "model.sig", public


def test_a_signature_by_a_trusted_key(tmp_path: Path) -> None:
    model, signature, public = signed(tmp_path)
    report = openness.oms.verify(model, signature, key=public)
    assert report.verified and report.statement is None and report.signatures[0].kind == "oms"
    ran = program("verify", model, "--signature", signature, "--key", public, "--require", "oms", "--format", "json")
    assert report.to_json() == ran.stdout
    copy = openness.export(model, tmp_path / "copy", trust=openness.Trust.from_keys([public]), require=["oms"])
    assert (copy / "weights.bin").read_bytes() == b"weights"


def test_an_allowed_signer_with_an_ecdsa_key(tmp_path: Path) -> None:
    model, _, public = signed(tmp_path)
    key = subprocess.run(["ssh-keygen", "-i", "-m", "PKCS8", "-f", public], check=True, stdout=subprocess.PIPE, text=True).stdout
    signers = openness.Trust.from_allowed_signers(f"lab@example.org {key}")
    assert openness.verify(model, trust=signers, require=["oms"]).verified
    expired = openness.Trust.from_allowed_signers(f'lab@example.org valid-before="20200101Z" {key}')
    assert openness.verify(model, trust=expired, require=["oms"]).verdict == "failed"


def test_the_nearest_refused(tmp_path: Path) -> None:
    model, signature, public = signed(tmp_path)
    _, _, other = signed(tmp_path, "other")
    assert not openness.oms.verify(model, signature, key=other).verified
    with pytest.raises(TypeError, match="nothing is trusted"):
        openness.oms.verify(model, signature)
    with pytest.raises(FileNotFoundError):
        openness.oms.verify(model, tmp_path / "none.sig", key=public)
    (model / "weights.bin").write_bytes(b"weighty")
    report = openness.oms.verify(model, signature, key=public)
    assert report.verdict == "failed" and report.files.changed == ("weights.bin",)
