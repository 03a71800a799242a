import os
from collections.abc import Callable, Sequence
from typing import final

__all__ = ["Release", "Trust", "__version__", "check", "open", "show", "sign", "verify"]
__version__: str

@final
class Trust:
    def __new__(
        cls,
        *,
        keys: Sequence[tuple[str, str]],
        allowed_signers: Sequence[tuple[str, str]],
        certificates: Sequence[tuple[str, str]],
        revoked: Sequence[tuple[str, bytes]],
        identity_pattern: str | None,
        user_verification: bool,
    ) -> Trust: ...

@final
class Release:
    def size(self, path: str) -> int: ...
    def read(self, path: str, at: int) -> bytes: ...

def check(path: str | os.PathLike[str], *, rev: str | None = None, staged: bool = False) -> str: ...
def show(path: str | os.PathLike[str], *, rev: str | None = None, staged: bool = False) -> str: ...
def sign(
    path: str | os.PathLike[str],
    key: tuple[str, str] | str | os.PathLike[str],
    *,
    passphrase: str | None = None,
    rev: str | None = None,
    staged: bool = False,
    created: str | None = None,
    waive: Sequence[str] = ...,
    output: str | os.PathLike[str] | None = None,
    replace: bool = False,
    progress: Callable[[int], object] | None = None,
) -> tuple[str, str, list[os.PathLike[str]]]: ...
def open(
    path: str | os.PathLike[str],
    trust: Trust,
    *,
    rev: str | None,
    identity: str | None,
    policy: tuple[str, str] | None,
    at: str | None,
    require: Sequence[str],
    require_sequence: int | None,
) -> tuple[str, str | None, Release | None]: ...
def verify(
    path: str | os.PathLike[str],
    trust: Trust,
    *,
    rev: str | None = None,
    user: bool = False,
    store: tuple[str, str] | None = None,
    identity: str | None = None,
    policy: tuple[str, str] | None = None,
    at: str | None = None,
    threads: int | None = None,
    partial: bool = False,
    allow_unsigned: Sequence[str] = ...,
    allow_crlf: bool = False,
    require_sequence: int | None = None,
    track_releases: bool = False,
    signatures: Sequence[tuple[str, bytes]] = ...,
    require: Sequence[str] = ...,
    bases: Sequence[str | os.PathLike[str]] = ...,
    export: str | os.PathLike[str] | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[str, str | None, int | None]: ...
