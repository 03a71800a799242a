"""Reading single tensors from a place that is not trusted, such as a mount: what is read is what was signed.

    release = openness.reader.Release("/mnt/large-lm", trust=trust)
    with release.open("model.safetensors") as file:
        header = file.read(8)

Opening a release reads no weights. Each block of 4 MiB is read when a byte of it is needed first, and compared with its signed digest
before a byte of it is handed on; what happens to the place meanwhile does not matter. The rest of the file is not read.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from datetime import datetime

from . import _openness
from ._errors import NotVerified
from ._options import SignatureKind, expect, rfc3339, strings
from ._trust import Source, Trust, _named
from ._values import Report

__all__ = ["Release"]


class Release:
    """A release that a trusted signer signed, at a place that need not be trusted."""

    report: Report
    """Who signed what. Its `files` count nothing as verified, because no file was compared."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        trust: Trust,
        identity: str | None = None,
        policy: Source | None = None,
        at: datetime | None = None,
        rev: str | None = None,
        require: Iterable[SignatureKind] = (),
        require_sequence: int | None = None,
    ) -> None:
        """Opens a release. Arguments are as for `openness.verify`.

        Raises:
            NotVerified: No trusted signer signed it, or what was read of it is not as signed.
            Error, OSError: The work could not be done.
        """
        if not isinstance(trust, Trust):
            raise TypeError(f"trust: expected openness.Trust, not {type(trust).__name__}")
        if trust.user:
            raise ValueError("trust: a release is opened with signers that you name, not with those of `Trust.of_user()`")
        expect("identity", identity, str)
        expect("rev", rev, str)
        expect("require_sequence", require_sequence, int)
        text, facts, release = _openness.open(
            path,
            trust._compiled,
            rev=rev,
            identity=identity,
            policy=None if policy is None else _named(policy, "policy"),
            at=rfc3339("at", at),
            require=strings("require", require),
            require_sequence=require_sequence,
        )
        self.report = Report.from_json(text, facts)
        if release is None:
            raise NotVerified(self.report)
        self._release = release

    def open(self, file: str) -> io.BufferedReader:
        """Opens a signed file for reading bytes, at any position. Reading raises `Error` at a block that is not as signed.

        Args:
            file: Its path in the release, with `/` between directories.

        Raises:
            Error: It is not a signed file, is not there, or is larger than 32 MiB and has no signed blocks.
        """
        expect("file", file, str)
        return io.BufferedReader(_Blocks(self._release, file))


class _Blocks(io.RawIOBase):
    """The bytes of a file, a block at a time; the last block stays in memory."""

    def __init__(self, release: _openness.Release, file: str) -> None:
        self._release = release
        self._size = release.size(file)
        self.name = file
        self._at = 0
        self._block = b""
        self._start = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._start <= self._at < self._start + len(self._block):
            # Whatever fails, nothing of an earlier block is handed on in its place.
            self._block, self._start = b"", 0
            self._block, self._start = self._release.read(self.name, self._at), self._at
        rest = memoryview(self._block)[self._at - self._start :][: len(buffer)]
        buffer[: len(rest)] = rest
        self._at += len(rest)
        return len(rest)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"a position before the start of the file: {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at
