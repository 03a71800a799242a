"""Arguments of the wrong type are a `TypeError`, wrong values a clear error, and what the system refuses an `OSError`."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import openness
import pytest
from conftest import EXAMPLES, manifest

PUBLIC = (EXAMPLES / "keys/example_key.pub").read_text()


@pytest.mark.parametrize(
    "options",
    [
        {"trust": None},
        {"trust": "allowed_signers"},
        {"trust": 1},
        {"identity": 1},
        {"policy": 1},
        {"at": "2026-01-01"},
        {"at": 0},
        {"threads": "2"},
        {"threads": 1.5},
        {"threads": True},
        {"rev": b"HEAD"},
        {"allow_unsigned": "*.txt"},
        {"allow_unsigned": [1]},
        {"allow_unsigned": None},
        {"allow_crlf": "yes"},
        {"require": "oms"},
        {"require_sequence": "1"},
        {"bases": "dir"},
        {"bases": [1]},
        {"progress": 1},
    ],
)
def test_wrong_types(options: dict[str, Any], trust: openness.Trust) -> None:
    name = next(iter(options))
    with pytest.raises(TypeError) as error:
        openness.verify(EXAMPLES / "tiny-lm", **{"trust": trust, **options})
    assert name in str(error.value) or name in {"bases", "allow_unsigned"}, error.value


@pytest.mark.parametrize("path", [None, 1, b"x", ["x"]])
def test_wrong_paths(path: Any, trust: openness.Trust) -> None:
    for call in (
        lambda: openness.verify(path, trust=trust),
        lambda: openness.check(path),
        lambda: openness.show(path),
        lambda: openness.sign(path, key="x"),
    ):
        with pytest.raises(TypeError):
            call()


def test_trust_and_path_have_no_default() -> None:
    with pytest.raises(TypeError, match="trust"):
        openness.verify(EXAMPLES / "tiny-lm")  # type: ignore[call-arg]
    for wrong in (None, 1, b"x"):
        with pytest.raises(TypeError):
            openness.Trust.from_allowed_signers(wrong)  # type: ignore[arg-type]
    for wrong in (None, 1, "x", Path("x")):
        with pytest.raises(TypeError):
            openness.Trust.from_keys(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            openness.Trust.from_certificates(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t, d: openness.verify(d, trust=t, at=datetime(2026, 1, 1)), "time zone"),
        (lambda t, d: openness.verify(d, trust=t, threads=0), "at least 1"),
        (lambda t, d: openness.verify(d, trust=t, rev="HEAD"), "not in a Git repository"),
        (lambda t, d: openness.verify(d, trust=t, allow_unsigned=["a[]"]), "`allow_unsigned`: `a[]`"),
        (lambda t, d: openness.verify(d, trust=t, policy="x"), "policy"),
        (lambda t, d: openness.verify(d, trust=t, require=["pgp"]), "`pgp` is not a kind of signature"),
        (lambda t, d: openness.Trust.from_keys(["id.pub"]), "Path"),
        (lambda t, d: openness.Trust.from_keys(["ssh-ed25519 AAAA"]), "key 1"),
        (lambda t, d: openness.Trust.from_keys([EXAMPLES / "keys/example_key"]), "private key"),
        (lambda t, d: openness.Trust.from_allowed_signers("allowed_signers"), "Path"),
        (lambda t, d: openness.Trust.from_allowed_signers("a b c"), "allowed_signers"),
        (lambda t, d: openness.Trust.from_certificates(["no certificate"]), "certificate 1"),
        (lambda t, d: openness.sign(d, key="no key"), "the key"),
        (lambda t, d: openness.sign(d, key="x", waive=["OPN999"]), "OPN999"),
    ],
)
def test_wrong_values(call: Any, words: str, trust: openness.Trust, tmp_path: Path) -> None:
    directory = manifest(tmp_path / "release")
    with pytest.raises((openness.Error, ValueError), match=re.escape(words)):
        call(trust, directory)
    assert not (directory / ".openness").exists()


def test_what_the_system_refuses(trust: openness.Trust, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for call in (
        lambda: openness.verify(missing, trust=trust),
        lambda: openness.check(missing),
        lambda: openness.show(missing),
        lambda: openness.export(missing, tmp_path / "copy", trust=trust),
        lambda: openness.Trust.from_allowed_signers(missing),
        lambda: openness.sign(manifest(tmp_path / "release"), key=missing),
    ):
        with pytest.raises(FileNotFoundError, match="missing"):
            call()
    assert not (tmp_path / "copy").exists()


def test_a_manifest_with_errors_is_not_signed(tmp_path: Path, key: Path) -> None:
    release = manifest(tmp_path / "release", '[component.training-code]\nopenness = "open"\nfiles = ["none.py"]\n')
    with pytest.raises(openness.InvalidManifest, match="OPN301") as refused:
        openness.sign(release, key=key)
    assert "must be fixed or waived" in str(refused.value)
    assert not (release / ".openness").exists()
    openness.sign(release, key=key, waive=["OPN301"])
    report = openness.verify(release, trust=openness.Trust.from_keys([Path(f"{key}.pub")]))
    assert report.verified and report.statement is not None and report.statement.waived == ("OPN301",)


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    import subprocess

    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", file], check=True)
    release = manifest(tmp_path / "release")
    with pytest.raises(openness.Error, match="encrypted"):
        openness.sign(release, key=file)
    with pytest.raises(openness.Error, match="wrong passphrase"):
        openness.sign(release, key=file, passphrase="other")
    assert not (release / ".openness").exists()
    assert openness.sign(release, key=file.read_text(), passphrase="secret").key.startswith("SHA256:")


def test_a_bare_repository_needs_a_revision(tmp_path: Path, trust: openness.Trust) -> None:
    import subprocess

    bare = tmp_path / "bare"
    subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
    with pytest.raises(openness.Error, match="bare"):
        openness.check(bare)
    # Its own files are not a release that is signed.
    assert "unsigned" in openness.verify(bare, trust=trust).reasons
    # What only claims to be bare is verified as the directory that it is.
    claims = tmp_path / "claims"
    subprocess.run(["git", "init", "-q", claims], check=True)
    subprocess.run(["git", "-C", claims, "config", "core.bare", "true"], check=True)
    (claims / "loaded.bin").write_text("x")
    assert openness.verify(claims, trust=trust).files.unsigned == () and openness.verify(claims, trust=trust).reasons == ("unsigned",)
    with pytest.raises(openness.Error, match="bare"):
        openness.check(claims)
