"""A download is returned only if it is verified. `huggingface_hub` itself downloads, from a Hub on the loopback interface."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLES
from hub import environment, files_of, serve

pytest.importorskip("huggingface_hub", reason="SKIPPED: needs the package huggingface_hub")

# Its settings are read when the package is imported, so each download is a process of its own.
SCRIPT = """
import json, sys
from pathlib import Path
import openness
from openness.huggingface import snapshot_download
trust = openness.Trust.from_allowed_signers(Path(sys.argv[1]))
options = json.loads(sys.argv[2])
if options.pop("none", False):
    trust = openness.Trust.none()
try:
    print(json.dumps({"path": snapshot_download("lab/tiny", trust=trust, **options)}))
except openness.NotVerified as error:
    print(json.dumps({"reasons": error.report.reasons, "text": str(error)}))
"""


def download(files: dict[str, bytes], home: Path, **options: Any) -> dict[str, Any]:
    with serve("lab/tiny", files) as address:
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT, EXAMPLES / "keys/allowed_signers", json.dumps(options)],
            env={**os.environ, **environment(address, home)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert isinstance(answer, dict)
    return answer


def test_a_verified_download_is_returned(tmp_path: Path) -> None:
    files = files_of(EXAMPLES / "tiny-lm")
    path = Path(download(files, tmp_path / "home")["path"])
    assert path.is_relative_to(tmp_path / "home") and files_of(path) == files
    copy = Path(download(files, tmp_path / "home", into=str(tmp_path / "copy"))["path"])
    assert copy == tmp_path / "copy"
    assert (copy / "model.safetensors").read_bytes() == files["model.safetensors"]
    # The copy does not share its files with the cache.
    assert (copy / "model.safetensors").stat().st_ino != (path / "model.safetensors").stat().st_ino


@pytest.mark.parametrize("into", [False, True])
def test_what_the_hub_changed_is_refused(tmp_path: Path, into: bool) -> None:
    options = {"into": str(tmp_path / "copy")} if into else {}
    files = files_of(EXAMPLES / "tiny-lm")
    changed = {**files, "model.safetensors": files["model.safetensors"][:-1] + b"x"}
    assert download(changed, tmp_path / "1", **options)["reasons"] == ["content-mismatch"]
    assert download({**files, "evil.py": b"x"}, tmp_path / "2", **options)["reasons"] == ["unsigned-files"]
    unsigned = {name: data for name, data in files.items() if not name.startswith(".openness/")}
    assert download(unsigned, tmp_path / "3", **options)["reasons"] == ["unsigned"]
    assert download(files, tmp_path / "4", none=True, **options)["reasons"] == ["untrusted-key"]
    incomplete = {name: data for name, data in files.items() if name != "samples.txt"}
    assert download(incomplete, tmp_path / "5", **options)["reasons"] == ["incomplete"]
    assert not (tmp_path / "copy").exists()


def test_only_some_files_are_asked_for(tmp_path: Path) -> None:
    files = files_of(EXAMPLES / "tiny-lm")
    some = ["OPENNESS.toml", ".openness/*", "*.safetensors"]
    path = Path(download(files, tmp_path / "1", allow_patterns=some)["path"])
    assert (path / "model.safetensors").exists() and not (path / "README.md").exists()
    assert download(files, tmp_path / "2", allow_patterns=some, partial=False)["reasons"] == ["incomplete"]
