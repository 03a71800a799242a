"""Releases behind URLs, which the wheel alone reads: on a Hub and on a web server on the loopback interface."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import openness
import pytest
from conftest import EXAMPLES, program
from hub import environment, files_of, serve

TIME = datetime(2026, 11, 30, tzinfo=timezone.utc)
URL = "hf:lab/tiny@main"
FILES = files_of(EXAMPLES / "tiny-lm")
CHANGED = {**FILES, "model.safetensors": FILES["model.safetensors"][:-1] + b"x"}


@contextmanager
def hub(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    with serve("lab/tiny", files) as address:
        for name, value in environment(address, home).items():
            monkeypatch.setenv(name, value)
        yield


@contextmanager
def web(directory: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_release_on_the_hub_is_verified_checked_and_shown(
    trust: openness.Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub(FILES, monkeypatch, tmp_path):
        report = openness.verify(URL, trust=trust, at=TIME, identity="example@openness.invalid")
        assert report.verified and not report.files.listed_only
        ran = program("verify", URL, "--allowed-signers", EXAMPLES / "keys/allowed_signers", "--verify-time", "2026-11-30",
                      "--identity", "example@openness.invalid", "--format", "json")  # fmt: skip
        assert report.to_json() == ran.stdout
        local = openness.verify(EXAMPLES / "tiny-lm", trust=trust, at=TIME)
        assert report.facts == local.facts and report.facts is not None
        assert openness.show(URL).to_json() == openness.show(EXAMPLES / "tiny-lm").to_json()
        checked = openness.check(URL)
        assert checked.errors == 0 and checked.to_json() == program("check", URL, "--format", "json").stdout
        assert openness.verify(URL, trust=openness.Trust.none(), at=TIME).reasons == ("untrusted-key",)
        policy = 'policy = 1\n[components]\nrequire = ["evaluation-data"]\n[signers]\nrequire = 9\n'
        assert openness.verify(URL, trust=trust, at=TIME, policy=policy).reasons == ("policy",)
        assert openness.verify(URL, trust=trust, at=TIME, require_sequence=99).reasons == ("rollback",)


def test_what_the_hub_changed_is_neither_verified_nor_copied(
    trust: openness.Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub(FILES, monkeypatch, tmp_path):
        copy = openness.export(URL, tmp_path / "copy", trust=trust, at=TIME)
        assert {name: data for name, data in files_of(copy).items() if not name.startswith(".openness/")} == {
            name: data for name, data in FILES.items() if not name.startswith(".openness/")
        }
    with hub(CHANGED, monkeypatch, tmp_path):
        report = openness.verify(URL, trust=trust, at=TIME)
        assert report.reasons == ("content-mismatch",) and report.files.changed == ("model.safetensors",)
        with pytest.raises(openness.NotVerified):
            openness.export(URL, tmp_path / "other", trust=trust, at=TIME)
        assert not (tmp_path / "other").exists()
    with hub({**FILES, "OPENNESS.toml": b"schema = 1\n"}, monkeypatch, tmp_path):
        assert openness.verify(URL, trust=trust, at=TIME).facts is None, "only of a manifest that is as signed"
        with pytest.raises(openness.InvalidManifest) as refused:
            openness.show(URL)
        assert refused.value.check.errors > 0


def test_a_web_server_cannot_list_its_files(trust: openness.Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with web(EXAMPLES) as address:
        report = openness.verify(f"{address}/tiny-lm", trust=trust, at=TIME)
        assert report.verified and report.files.listed_only
        assert openness.show(f"{address}/tiny-lm").model.name == "Tiny LM"


def test_an_audit_reads_urls(trust: openness.Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub(FILES, monkeypatch, tmp_path), web(EXAMPLES) as address:
        targets = [URL, f"{address}/tiny-lm", EXAMPLES / "tiny-lm", "hf:lab/absent@main"]
        audit = openness.audit(targets, tmp_path / "out", trust=trust, at=TIME)
        assert (audit.targets, audit.count("verified"), audit.count("could_not_read")) == (4, 3, 1)


@pytest.mark.parametrize(
    ("url", "options", "words"),
    [
        ("hf:tiny", {}, "not the name of a repository"),
        ("hf:lab/absent@main", {}, "does not exist"),
        ("http://example.org/a", {}, "only for servers on this machine"),
        (URL, {"rev": "HEAD"}, "is a URL"),
        (URL, {"policy": "x = ["}, "the policy `policy`, line 1"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_advice(
    url: str, options: dict[str, Any], words: str, trust: openness.Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub(FILES, monkeypatch, tmp_path), pytest.raises(openness.Error, match=words):
        openness.verify(url, trust=trust, **options)


def test_trust_of_the_user_stands_alone(trust: openness.Trust, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub(FILES, monkeypatch, tmp_path):
        signers = EXAMPLES / "keys/allowed_signers"
        with pytest.raises(openness.Error, match="either whom the user trusts or whom you name"):
            openness.verify(URL, trust=trust | openness.Trust.of_user())
        (own_home / ".gitconfig").write_text(f"[openness]\n\tallowedSigners = {signers}\n")
        assert openness.verify(URL, trust=openness.Trust.of_user(), at=TIME).verified
        # As for a directory, the release was remembered.
        assert (own_home / ".local/state/openness/seen.json").exists()


def test_a_directory_with_the_name_of_a_url_comes_first(tmp_path: Path, trust: openness.Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(EXAMPLES / "tiny-lm", "hf:lab/tiny@main")
    assert openness.verify(URL, trust=trust, at=TIME).verified
    assert openness.check(URL).errors == 0
