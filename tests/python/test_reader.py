"""Reading from a place that is not trusted: no byte is handed on that was not signed."""

from __future__ import annotations

import io
import random
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import openness
import pytest
from conftest import EXAMPLES, manifest

SIZE = (40 << 20) + 5
BLOCK = 4 << 20


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, openness.Trust, bytes]:
    """A signed release with a file that has signed blocks."""
    root = tmp_path_factory.mktemp("large")
    key = root / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    model = manifest(root / "model")
    data = random.Random(5).randbytes(SIZE)
    (model / "model.safetensors").write_bytes(data)
    (model / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    openness.sign(model, key=key, waive=["OPN301", "OPN302", "OPN401"])
    return model, openness.Trust.from_keys([key.with_suffix(".pub")]), data


def test_any_part_can_be_read(large: tuple[Path, openness.Trust, bytes]) -> None:
    model, trust, data = large
    release = openness.reader.Release(model, trust=trust)
    assert release.report.signers and release.report.files.verified == 0
    with release.open("model.safetensors") as file:
        assert isinstance(file, io.BufferedReader) and file.readable() and file.seekable() and not file.writable()
        assert file.read(8) == data[:8] and file.tell() == 8
        for start, count in [(BLOCK - 3, 7), (0, BLOCK * 2 + 1), (SIZE - 5, 99), (SIZE, 1), (SIZE + 10, 1), (BLOCK * 9, 0)]:
            assert file.seek(start) == start
            assert file.read(count) == data[start : start + count], (start, count)
        assert file.seek(-5, io.SEEK_END) == SIZE - 5 and file.seek(2, io.SEEK_CUR) == SIZE - 3
        assert file.read() == data[-3:]
        file.seek(0)
        assert file.read() == data
        with pytest.raises(ValueError, match="before the start"):
            file.seek(-1)


def test_a_block_that_is_not_as_signed_is_refused_and_the_others_are_not(
    large: tuple[Path, openness.Trust, bytes],
) -> None:
    model, trust, data = large
    release = openness.reader.Release(model, trust=trust)
    weights = model / "model.safetensors"
    with release.open("model.safetensors") as file:
        assert file.read(4) == data[:4]
        with weights.open("r+b") as other:
            # After it was opened: whatever happens to the place meanwhile.
            other.seek(BLOCK * 5 + 100)
            other.write(bytes([data[BLOCK * 5 + 100] ^ 1]))
        try:
            for start in (BLOCK * 5, BLOCK * 5 + 200, BLOCK * 6 - 1):
                file.seek(start)
                with pytest.raises(openness.Error, match="bytes 20971520-25165824 of `model.safetensors` are not what was signed"):
                    file.read(1)
            for start in (BLOCK * 5 - 1, BLOCK * 6):
                file.seek(start)
                assert file.read(1) == data[start : start + 1]
            file.seek(BLOCK * 4)
            with pytest.raises(openness.Error):
                file.read(BLOCK * 2)
        finally:
            weights.write_bytes(data)
    weights.write_bytes(data[:-1])
    try:
        with release.open("model.safetensors") as file:
            file.seek(SIZE - 3)
            with pytest.raises(openness.Error, match="are not what was signed"):
                file.read(1)
    finally:
        weights.write_bytes(data)


def test_small_files_are_compared_whole(release: Path, trust: openness.Trust) -> None:
    opened = openness.reader.Release(release, trust=trust, at=datetime(2026, 11, 30, tzinfo=timezone.utc))
    with opened.open("config.json") as file:
        assert file.read() == (EXAMPLES / "tiny-lm/config.json").read_bytes()
    text = (release / "config.json").read_bytes()
    (release / "config.json").write_bytes(text[:-1] + b" ")
    with opened.open("config.json") as file, pytest.raises(openness.Error, match="are not what was signed"):
        file.read(1)
    for name, words in [("absent.bin", "is not a signed file"), ("../config.json", "`../config.json`")]:
        with pytest.raises(openness.Error, match=words):
            opened.open(name)
    (release / "samples.txt").unlink()
    with pytest.raises(openness.Error, match="is not there"):
        openness.reader.Release(release, trust=trust).open("samples.txt")


def test_what_no_trusted_signer_signed_is_not_opened(release: Path) -> None:
    with pytest.raises(openness.NotVerified) as error:
        openness.reader.Release(release, trust=openness.Trust.none())
    assert "untrusted-key" in error.value.report.reasons
    wrong: list[dict[str, Any]] = [{"trust": None}, {"trust": openness.Trust.none(), "identity": 1}]
    for options in wrong:
        with pytest.raises(TypeError):
            openness.reader.Release(release, **options)
    with pytest.raises(ValueError, match="of_user"):
        openness.reader.Release(release, trust=openness.Trust.of_user())
