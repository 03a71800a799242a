"""Releases behind URLs. The program of this package reads them: the extension has no network in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ._errors import Error, InvalidManifest
from ._options import rfc3339, strings
from ._program import run_program, trusted
from ._trust import Source, Trust
from ._values import Check, Facts, Report


def check(url: str, *, rev: str | None, staged: bool) -> Check:
    """Checks the manifest of a release behind a URL."""
    _, text = run_program(["check", url, "--format", "json", *_state(rev, staged)], success=(0, 1))
    return Check.from_json(text)


def show(url: str, *, rev: str | None, staged: bool) -> Facts:
    """Returns what the manifest of a release behind a URL declares."""
    status, text = run_program(["show", url, "--format", "json", *_state(rev, staged)], success=(0, 1))
    if status != 0:
        raise InvalidManifest(check(url, rev=rev, staged=staged))
    return Facts.from_json(text)


def verify(
    url: str,
    trust: Trust,
    *,
    identity: str | None,
    policy: Source | None,
    at: datetime | None,
    rev: str | None,
    allow_unsigned: Iterable[str],
    allow_crlf: bool,
    require: Iterable[str],
    require_sequence: int | None,
    bases: Iterable[str | os.PathLike[str]],
    tracks: bool,
    signatures: Iterable[tuple[str, bytes]],
    into: str | os.PathLike[str] | None,
    partial: bool,
) -> tuple[Report, int | None]:
    """Verifies a release behind a URL, and copies it if `into` is given. Returns what `verify_in_full` does."""
    with tempfile.TemporaryDirectory(prefix="openness-") as directory:

        def file(name: str, data: bytes) -> str:
            path = Path(directory, name)
            path.write_bytes(data)
            return str(path)

        arguments = ["verify", url, "--format", "json", *_state(rev, False), *trusted(trust, file)]
        arguments += [] if trust.identity_pattern is None else [f"--identity-glob={trust.identity_pattern}"]
        arguments += ["--require-user-verification"] if trust.user_verification else []
        arguments += [] if identity is None else [f"--identity={identity}"]
        if policy is not None:
            arguments += ["--policy", file("policy", policy.encode()) if isinstance(policy, str) else os.fspath(policy)]
        time = rfc3339("at", at)
        arguments += [] if time is None else [f"--verify-time={time}"]
        arguments += [f"--allow-unsigned={pattern}" for pattern in strings("allow_unsigned", allow_unsigned)]
        arguments += ["--allow-crlf"] if allow_crlf else []
        arguments += [f"--require={kind}" for kind in strings("require", require)]
        arguments += [] if require_sequence is None else [f"--require-sequence={require_sequence}"]
        arguments += [f"--base={os.fspath(base)}" for base in bases]
        arguments += ["--track-releases" if tracks else "--no-track-releases"]
        arguments += [f"--signature={name}" for name, _ in signatures]
        arguments += [] if into is None else [f"--export={os.fspath(into)}"]
        arguments += ["--partial"] if partial else []
        # The facts are those of the manifest that was verified, whatever the server says to a second request.
        facts = Path(directory, "facts")
        try:
            status, text = run_program([*arguments, "--facts", str(facts)], success=(0, 1))
        except Error as error:
            # Named as the caller named it.
            raise Error(error.message.replace(f"{directory}{os.sep}", ""), error.help) from None
        report = Report.from_json(text, facts.read_text(encoding="utf-8") if facts.exists() else None)
    copied = report.files.verified if into is not None and status == 0 else None
    return report, copied


def _state(rev: str | None, staged: bool) -> list[str]:
    """Returns the arguments that name a state of a Git repository, which the program refuses for a URL with advice."""
    return [*(["--staged"] if staged else []), *([] if rev is None else [f"--rev={rev}"])]
