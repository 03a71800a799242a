"""A verified copy is what was signed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import openness
import pytest
from conftest import manifest


def test_the_copy_has_only_what_is_signed(release: Path, trust: openness.Trust, tmp_path: Path) -> None:
    (release / "scratch.txt").write_text("x")
    copy = openness.export(release, tmp_path / "copy", trust=trust, allow_unsigned=["scratch.txt"])
    assert copy == tmp_path / "copy" and not (copy / "scratch.txt").exists()
    assert (copy / "model.safetensors").read_bytes() == (release / "model.safetensors").read_bytes()
    assert openness.verify(copy, trust=trust).verified


def test_nothing_is_copied_of_what_is_not_verified(release: Path, trust: openness.Trust, tmp_path: Path) -> None:
    (release / "model.safetensors").write_bytes(b"other")
    for of in (trust, openness.Trust.none()):
        with pytest.raises(openness.NotVerified) as refused:
            openness.export(release, tmp_path / "copy", trust=of)
        assert not refused.value.report.verified
        assert not (tmp_path / "copy").exists()


def test_an_incomplete_release_is_copied_only_if_that_is_enough(release: Path, trust: openness.Trust, tmp_path: Path) -> None:
    (release / "samples.txt").unlink()
    with pytest.raises(openness.NotVerified, match="incomplete"):
        openness.export(release, tmp_path / "copy", trust=trust)
    assert not (tmp_path / "copy").exists()
    assert openness.export(release, tmp_path / "copy", trust=trust, partial=True).is_dir()


def test_a_directory_with_files_is_not_written_into(release: Path, trust: openness.Trust, tmp_path: Path) -> None:
    full = manifest(tmp_path / "full")
    before = sorted(full.iterdir())
    with pytest.raises(openness.Error, match="not an empty directory"):
        openness.export(release, full, trust=trust)
    assert sorted(full.iterdir()) == before
