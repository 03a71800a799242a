"""Verification with every argument that one of the functions takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime

from . import _openness, _remote
from ._options import expect, rfc3339, strings
from ._program import is_url
from ._trust import Source, Trust, _named, user_directories
from ._values import Report


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
    if is_url(path):
        return _remote.verify(
            path,
            trust,
            identity=identity,
            policy=policy,
            at=at,
            rev=rev,
            allow_unsigned=allow_unsigned,
            allow_crlf=allow_crlf,
            require=require,
            require_sequence=require_sequence,
            bases=bases,
            tracks=tracks,
            signatures=signatures,
            into=into,
            partial=partial,
        )
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
