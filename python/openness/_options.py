"""Arguments, checked and brought into the form that the extension and the program take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Literal

SignatureKind = Literal["openness", "oms"]


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
