"""Downloads from the Hugging Face Hub that are verified before they are used. Needs `pip install huggingface_hub`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ._errors import NotVerified
from ._options import SignatureKind
from ._trust import Source, Trust
from ._verify import verify_in_full

__all__ = ["snapshot_download"]


def snapshot_download(
    repo_id: str,
    *,
    trust: Trust,
    revision: str | None = None,
    into: str | os.PathLike[str] | None = None,
    partial: bool | None = None,
    identity: str | None = None,
    policy: Source | None = None,
    at: datetime | None = None,
    allow_unsigned: Iterable[str] = (),
    require: Iterable[SignatureKind] = (),
    require_sequence: int | None = None,
    **download: Any,
) -> str:
    """Downloads a repository with `huggingface_hub.snapshot_download`, verifies it, and returns its directory.

    A path is returned only if what it holds is verified. With `into`, that is a copy outside the Hub's cache, which later
    downloads and other programs do not change: load models from there.

    Args:
        repo_id: Such as `org/model`.
        trust: Who is trusted. The Hub never is.
        revision: A branch, tag or commit.
        into: The directory of the verified copy, which must not exist or must be empty. Default: return the download itself.
        partial: Accept that signed files are absent. Default: if `allow_patterns` or `ignore_patterns` leave files out.
        identity, policy, at, …: As for `openness.verify`.
        **download: Further arguments of `huggingface_hub.snapshot_download`, such as `token` or `allow_patterns`.

    Raises:
        NotVerified: The download is not verified. It is still in the Hub's cache.
        Error, OSError: The work could not be done.
    """
    try:
        import huggingface_hub
    except ImportError as error:
        raise ImportError("`openness.huggingface` needs the package huggingface_hub: `pip install huggingface_hub`") from error
    if not isinstance(trust, Trust):
        raise TypeError(f"trust: expected openness.Trust, not {type(trust).__name__}")
    if partial is None:
        partial = bool(download.get("allow_patterns") or download.get("ignore_patterns"))
    if download.get("dry_run"):
        raise TypeError("dry_run: nothing is downloaded that could be verified")
    directory = huggingface_hub.snapshot_download(repo_id, revision=revision, **download)
    report, copied = verify_in_full(
        directory,
        trust,
        into=into,
        partial=partial,
        identity=identity,
        policy=policy,
        at=at,
        threads=None,
        rev=None,
        allow_unsigned=allow_unsigned,
        allow_crlf=False,
        require=require,
        require_sequence=require_sequence,
        bases=(),
        track_releases=None,
        progress=None,
    )
    report.raise_unless_verified(partial=partial)
    if into is None:
        return str(directory)
    if copied is None:
        raise NotVerified(report)
    return os.fspath(into)
