"""The arguments that verification takes, checked and brought into the form of the extension."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Literal

from . import _openness
from ._trust import Source, Trust, _named, user_directories
from ._values import Report

SignatureKind = Literal["openness", "oms"]


def verify_in_full(
    path: str | os.PathLike[str],
    trust: Trust,
    *,
    identity: str | None,
    policy: Source | None,
    at: datetime | None,
    threads: int | None,
    rev: str | None,
    allow_unsigned: Iterable[str],
    allow_crlf: bool,
    require: Iterable[str],
    require_sequence: int | None,
    bases: Iterable[str | os.PathLike[str]],
    track_releases: bool | None,
    progress: Callable[[int], object] | None,
    signatures: Iterable[tuple[str, bytes]] = (),
    into: str | os.PathLike[str] | None = None,
    partial: bool = False,
) -> tuple[Report, int | None]:
    """Verifies, and copies if `into` is given. Returns the report and the number of files copied, `None` if none were."""
    if not isinstance(trust, Trust):
        raise TypeError(f"trust: expected openness.Trust, not {type(trust).__name__}")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: expected a function, not {type(progress).__name__}")
    expect("identity", identity, str)
    expect("rev", rev, str)
    expect("threads", threads, int)
    expect("require_sequence", require_sequence, int)
    expect("allow_crlf", allow_crlf, bool)
    if threads is not None and threads < 1:
        raise ValueError(f"threads: expected at least 1, not {threads}")
    if isinstance(bases, (str, bytes, os.PathLike)):
        raise TypeError(f"bases: expected a list of paths, not {type(bases).__name__}")
    tracks = trust.user if track_releases is None else track_releases
    text, facts, copied = _openness.verify(
        path,
        trust._compiled,
        rev=rev,
        user=trust.user,
        store=user_directories() if trust.user or tracks else None,
        identity=identity,
        policy=None if policy is None else _named(policy, "policy"),
        at=rfc3339("at", at),
        threads=threads,
        partial=partial,
        allow_unsigned=strings("allow_unsigned", allow_unsigned),
        allow_crlf=allow_crlf,
        require_sequence=require_sequence,
        track_releases=tracks,
        signatures=list(signatures),
        require=strings("require", require),
        bases=[os.fspath(base) for base in bases],
        export=into,
        progress=progress,
    )
    return Report.from_json(text, facts), copied


def expect(name: str, value: object, kind: type) -> None:
    """Checks the type of an optional argument, so that the message names it."""
    is_flag = isinstance(value, bool) and kind is not bool
    if value is not None and (is_flag or not isinstance(value, kind)):
        raise TypeError(f"{name}: expected {kind.__name__}, not {type(value).__name__}")


def strings(name: str, words: Iterable[str]) -> list[str]:
    """Returns the words as a list. A single text is a mistake: it would be taken for a list of its letters."""
    if isinstance(words, (str, bytes)):
        raise TypeError(f"{name}: expected a list of str, not {type(words).__name__}")
    found = list(words)
    for word in found:
        if not isinstance(word, str):
            raise TypeError(f"{name}: expected a list of str, not of {type(word).__name__}")
    return found


def rfc3339(name: str, time: datetime | None) -> str | None:
    """Returns a time in RFC 3339. A time without a zone is a mistake: it would depend on where the program runs."""
    if time is None:
        return None
    if not isinstance(time, datetime):
        raise TypeError(f"{name}: expected datetime.datetime, not {type(time).__name__}")
    if time.tzinfo is None:
        raise ValueError(f"{name}: {time} has no time zone, such as `datetime.timezone.utc`")
    return time.astimezone(timezone.utc).isoformat()
