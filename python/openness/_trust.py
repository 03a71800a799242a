"""Who is trusted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Union

from . import _openness
from ._errors import Error

Source = Union[str, "os.PathLike[str]"]
"""A text (`str`), or the file that holds it (`pathlib.Path`)."""

_MAX_BYTES = 32 << 20


@dataclass(frozen=True)
class Trust:
    """Who a verifier trusts. Never anything that comes with a release.

    A value: it holds the texts of keys and lists, so that it can be compared, pickled and sent to other processes. Files are read
    when it is made, except for the user's own trust (`of_user`), which is read at each verification. Two are joined by `|`.
    """

    keys: tuple[tuple[str, str], ...] = ()
    allowed_signers: tuple[tuple[str, str], ...] = ()
    certificates: tuple[tuple[str, str], ...] = ()
    revoked: tuple[tuple[str, bytes], ...] = ()
    identity_pattern: str | None = None
    user_verification: bool = False
    user: bool = False
    _compiled: _openness.Trust = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiled = _openness.Trust(
            keys=self.keys,
            allowed_signers=self.allowed_signers,
            certificates=self.certificates,
            revoked=self.revoked,
            identity_pattern=self.identity_pattern,
            user_verification=self.user_verification,
        )
        object.__setattr__(self, "_compiled", compiled)

    @classmethod
    def none(cls) -> Trust:
        """Trusts no one: the verdict is `failed`, and the report says who signed."""
        return cls()

    @classmethod
    def of_user(cls) -> Trust:
        """Trusts whom the user trusts, as the program does by default: the keys added with `openness key trust`, and those of
        the file that the user's own Git settings name; pinned models only with their keys."""
        return cls(user=True)

    @classmethod
    def from_allowed_signers(cls, source: Source) -> Trust:
        """Trusts the signers in an OpenSSH `allowed_signers` file (`Path`), or in the text of one (`str`)."""
        named = _named(source, "allowed_signers")
        if isinstance(source, str) and source.strip() and not source.lstrip().startswith("#") and len(source.split()) < 3:
            raise Error(
                f"`{source}` is not the text of an allowed_signers file",
                f"a file is named by a path: `Trust.from_allowed_signers(pathlib.Path({source!r}))`",
            )
        return cls(allowed_signers=(named,))

    @classmethod
    def from_keys(cls, keys: Iterable[Source]) -> Trust:
        """Trusts public keys, whoever holds them: files (`Path`) or texts (`str`), OpenSSH lines or PEM. Ed25519 keys sign
        statements, and ECDSA keys bundles of OpenSSF Model Signing."""
        if isinstance(keys, (str, bytes, os.PathLike)):
            raise TypeError(f"keys: expected a list of keys, not {type(keys).__name__}")
        named = tuple(_named(key, f"key {number}") for number, key in enumerate(keys, start=1))
        for (name, text), key in zip(named, keys):
            if isinstance(key, str) and len(text.split()) < 2:
                raise Error(f"{name} is not the text of a key", f"a file is named by a path: `pathlib.Path({text!r})`")
        return cls(keys=named)

    @classmethod
    def from_certificates(cls, certificates: Iterable[Source], *, identity_pattern: str | None = None) -> Trust:
        """Trusts signers of OpenSSF Model Signing whose certificates have a chain to one of these, in PEM: files (`Path`) or
        texts (`str`). With a pattern, only those with a matching subject or alternative name (`*` and `?`)."""
        if isinstance(certificates, (str, bytes, os.PathLike)):
            raise TypeError(f"certificates: expected a list of certificates, not {type(certificates).__name__}")
        named = tuple(_named(one, f"certificate {number}") for number, one in enumerate(certificates, start=1))
        return cls(certificates=named, identity_pattern=identity_pattern)

    def without(self, revoked: Source | bytes) -> Trust:
        """Returns this trust without the keys of a revocation list: an OpenSSH KRL, a list of public keys, or a list of
        fingerprints of ECDSA keys and certificates; a file (`Path`), a text (`str`) or its bytes."""
        if isinstance(revoked, bytes):
            entry = ("revoked", revoked)
        elif isinstance(revoked, str):
            entry = ("revoked", revoked.encode())
        else:
            entry = (os.fspath(revoked), _read(revoked))
        return replace(self, revoked=(*self.revoked, entry))

    def require_user_verification(self) -> Trust:
        """Returns this trust, in which signatures by FIDO keys count only if a PIN or fingerprint was required."""
        return replace(self, user_verification=True)

    def __or__(self, other: Trust) -> Trust:
        if not isinstance(other, Trust):
            return NotImplemented
        return Trust(
            keys=self.keys + other.keys,
            allowed_signers=self.allowed_signers + other.allowed_signers,
            certificates=self.certificates + other.certificates,
            revoked=self.revoked + other.revoked,
            identity_pattern=self.identity_pattern or other.identity_pattern,
            user_verification=self.user_verification or other.user_verification,
            user=self.user or other.user,
        )

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_compiled"}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self.__post_init__()


def _named(source: Source, name: str) -> tuple[str, str]:
    """Returns a name for messages, and the text."""
    if isinstance(source, str):
        return name, source
    if isinstance(source, os.PathLike):
        path = os.fspath(source)
        try:
            return path, _read(source).decode()
        except UnicodeDecodeError:
            raise Error(f"cannot read `{path}`: it is not UTF-8") from None
    raise TypeError(f"{name}: expected str (a text) or pathlib.Path (a file), not {type(source).__name__}")


def _read(path: os.PathLike[str]) -> bytes:
    with Path(path).open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise Error(f"`{os.fspath(path)}` has more than {_MAX_BYTES} bytes")
    return data


def user_directories() -> tuple[str, str] | None:
    """Returns the directories of the user's trust store, settings and state; `None` if the user has no home directory."""
    if os.name == "nt":
        settings, state = _absolute("APPDATA"), _absolute("LOCALAPPDATA")
    else:
        home = _absolute("HOME")
        settings = _absolute("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
        state = _absolute("XDG_STATE_HOME") or (home and os.path.join(home, ".local/state"))
    if not settings or not state:
        return None
    return os.path.join(settings, "openness"), os.path.join(state, "openness")


def _absolute(variable: str) -> str | None:
    value = os.environ.get(variable, "")
    return value if os.path.isabs(value) else None
