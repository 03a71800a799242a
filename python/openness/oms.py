"""Signatures of OpenSSF Model Signing: who signed the files of a model. They declare nothing about openness."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from ._trust import Source, Trust, _read
from ._values import Report
from ._verify import verify_in_full

__all__ = ["verify"]


def verify(
    path: str | os.PathLike[str],
    signature: str | os.PathLike[str],
    *,
    key: Source | None = None,
    roots: Iterable[Source] | None = None,
    trust: Trust | None = None,
    identity: str | None = None,
    at: datetime | None = None,
    threads: int | None = None,
    allow_unsigned: Iterable[str] = (),
    progress: Callable[[int], object] | None = None,
) -> Report:
    """Verifies that a signature holds, by a signer that is trusted, and that every file is as signed.

    Args:
        path: The directory of the model, or its only file.
        signature: The file of the signature, a bundle such as `model.sig`.
        key: The public key that is trusted, ECDSA: a file (`Path`) or a text (`str`).
        roots: Certificates that are trusted, in PEM: roots, authorities below them, or the signer's own.
        trust: Further signers that are trusted.
        identity: The subject or alternative name that the certificate has to have.

    Raises:
        Error, OSError: The work could not be done.
    """
    whom = Trust.none() if trust is None else trust
    if not isinstance(whom, Trust):
        raise TypeError(f"trust: expected openness.Trust, not {type(trust).__name__}")
    if key is not None:
        whom |= Trust.from_keys([key])
    if roots is not None:
        whom |= Trust.from_certificates(roots)
    if whom == Trust.none():
        raise TypeError("nothing is trusted: pass `key`, `roots` or `trust`")
    name = os.fspath(signature)
    report, _ = verify_in_full(
        path,
        whom,
        signatures=[(name, _read(Path(name)))],
        require=["oms"],
        identity=identity,
        policy=None,
        at=at,
        threads=threads,
        rev=None,
        allow_unsigned=allow_unsigned,
        allow_crlf=False,
        require_sequence=None,
        bases=(),
        track_releases=None,
        progress=progress,
    )
    return report
