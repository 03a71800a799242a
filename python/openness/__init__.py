"""Claims of AI openness, made precise, checkable and signed.

    import openness
    from pathlib import Path

    trust = openness.Trust.from_allowed_signers(Path("allowed_signers"))
    report = openness.verify("model", trust=trust)
    report.raise_unless_verified()

A directory can change between the moment at which it is verified and the one at which it is read. `export` makes a copy of what
is verified, hashing each file on the way, for programs that load files by their names:

    model = openness.export("model", into="verified-model", trust=trust)

Long work runs without the interpreter's lock, and a signal such as Ctrl-C stops it. Arguments are those of the program
`openness`, which comes with this package. Nothing touches a network unless you name a URL (`hf:org/name@REV`, `s3://`, `gs://`,
`az://` and `https://`), which that program then reads, or use `openness.huggingface`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import _openness, _remote, oms, reader, tasks
from ._errors import Error, InternalError, InvalidManifest, NotVerified
from ._options import SignatureKind, rfc3339, strings
from ._program import is_url
from ._trust import Source, Trust
from ._values import (
    Alarm,
    Audit,
    Base,
    ByteRange,
    Cell,
    ChangedFile,
    Check,
    Claim,
    Component,
    Evaluation,
    Facts,
    Files,
    Finding,
    Label,
    Link,
    Model,
    Position,
    Range,
    Reason,
    Report,
    Severity,
    Signature,
    Signed,
    Span,
    Statement,
    Verdict,
)
from ._verify import verify_in_full

if TYPE_CHECKING:
    from typing_extensions import Unpack

__version__: str = _openness.__version__

__all__ = [
    "Alarm",
    "Audit",
    "Base",
    "ByteRange",
    "Cell",
    "ChangedFile",
    "Check",
    "Claim",
    "Component",
    "Error",
    "Evaluation",
    "Facts",
    "Files",
    "Finding",
    "InternalError",
    "InvalidManifest",
    "Label",
    "Link",
    "Model",
    "NotVerified",
    "Position",
    "Range",
    "Reason",
    "Report",
    "Severity",
    "Signature",
    "SignatureKind",
    "Signed",
    "Source",
    "Span",
    "Statement",
    "Trust",
    "Verdict",
    "audit",
    "check",
    "export",
    "oms",
    "reader",
    "show",
    "sign",
    "tasks",
    "verify",
]


def verify(
    path: str | os.PathLike[str],
    *,
    trust: Trust,
    identity: str | None = None,
    policy: Source | None = None,
    at: datetime | None = None,
    threads: int | None = None,
    rev: str | None = None,
    allow_unsigned: Iterable[str] = (),
    allow_crlf: bool = False,
    require: Iterable[SignatureKind] = (),
    require_sequence: int | None = None,
    bases: Iterable[str | os.PathLike[str]] = (),
    track_releases: bool | None = None,
    progress: Callable[[int], object] | None = None,
) -> Report:
    """Verifies who signed a release, that every file is as signed, and that the claims hold.

    Whatever is wrong with the release is in the report. It is an error only if the work cannot be done.

    Args:
        path: A directory, such as a download or a snapshot of the Hub's cache; the only file of a release; or a URL, which is read
            where it is.
        trust: Who is trusted.
        identity: The principal of `allowed_signers` that has to have signed, or the subject or alternative name of a certificate.
        policy: Further requirements, as TOML: a file (`Path`) or a text (`str`).
        at: The time at which keys and statement have to be valid, with a time zone. Default: now.
        threads: How many threads hash. Default: one for each processor, as always for a URL.
        rev: A commit or tag of the repository, to be read from its object database.
        allow_unsigned: Patterns of files that need not be signed.
        allow_crlf: Accept texts in which every LF became CRLF, and count them separately.
        require: Kinds of signatures that each have to be there, so that none can be removed unnoticed.
        require_sequence: The least sequence number.
        bases: Directories of releases that this one may come from.
        track_releases: Compare the release with the last one of the model that was verified, and remember this one. Default: if
            the trust is the user's own.
        progress: Called with the number of bytes hashed so far, in the thread of the caller. An exception stops the work. For a
            URL it is not called.

    Raises:
        Error, OSError: The work could not be done.
    """
    return verify_in_full(
        path,
        trust,
        identity=identity,
        policy=policy,
        at=at,
        threads=threads,
        rev=rev,
        allow_unsigned=allow_unsigned,
        allow_crlf=allow_crlf,
        require=require,
        require_sequence=require_sequence,
        bases=bases,
        track_releases=track_releases,
        progress=progress,
    )[0]


def export(
    path: str | os.PathLike[str],
    into: str | os.PathLike[str],
    *,
    trust: Trust,
    partial: bool = False,
    identity: str | None = None,
    policy: Source | None = None,
    at: datetime | None = None,
    threads: int | None = None,
    rev: str | None = None,
    allow_unsigned: Iterable[str] = (),
    allow_crlf: bool = False,
    require: Iterable[SignatureKind] = (),
    require_sequence: int | None = None,
    bases: Iterable[str | os.PathLike[str]] = (),
    track_releases: bool | None = None,
    progress: Callable[[int], object] | None = None,
) -> Path:
    """Verifies a release and copies it, hashing each file on the way, and returns the directory of the copy.

    The copy is what was signed, whatever happens to `path` meanwhile. Unsigned files are not copied. Either the whole copy is made
    or none.

    Args:
        into: The directory of the copy, which must not exist or must be empty.
        partial: Copy what is there even if signed files are absent.
        path, trust, identity, …: As for `verify`.

    Raises:
        NotVerified: The release is not verified. Nothing was copied.
        Error, OSError: The work could not be done.
    """
    report, copied = verify_in_full(
        path,
        trust,
        into=into,
        partial=partial,
        identity=identity,
        policy=policy,
        at=at,
        threads=threads,
        rev=rev,
        allow_unsigned=allow_unsigned,
        allow_crlf=allow_crlf,
        require=require,
        require_sequence=require_sequence,
        bases=bases,
        track_releases=track_releases,
        progress=progress,
    )
    report.raise_unless_verified(partial=partial)
    if copied is None:
        raise NotVerified(report)
    return Path(into)


def audit(
    targets: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    trust: Trust,
    threads: int | None = None,
    **options: Unpack[tasks.AuditOptions],
) -> Audit:
    """Audits many releases with the processors of this machine: one row for each in Parquet files, whatever is wrong with it.

    The output is that of `openness audit`, and resumable: call the function again to go on. `openness.ray` and `openness.dask` do the
    same on a cluster.

    Args:
        targets: Directories, bare repositories, `git:REPOSITORY@REVISION`, and URLs.
        out: The directory to write into: new, empty, or with an earlier part of the same audit.
        trust: Who is trusted.
        threads: How many processes work. Default: one for each processor.
        identity, policy, at: As for `verify`.
        check_only: Check manifests and signatures, and read no weights.
        shard_size: How many targets are one part. Default: 1,000.
        max_files, max_bytes, max_seconds: What is not exceeded for one target; a target that does is a row.
        program: The program `openness` to work with. Default: the one of this package.

    Raises:
        Error, OSError: The work could not be done.
    """
    with tasks.Plan(targets, out, trust=trust, **options) as plan:
        return plan.complete(threads=threads)


def check(path: str | os.PathLike[str], *, rev: str | None = None, staged: bool = False) -> Check:
    """Checks a manifest against the taxonomies and the files of its repository.

    Args:
        path: The directory that contains `OPENNESS.toml`, or a URL.
        rev: Check this commit or tag instead of the working tree.
        staged: Check what is staged for the next commit.

    Raises:
        Error, OSError: The work could not be done. Whatever is wrong with the manifest is a finding.
    """
    if is_url(path):
        return _remote.check(path, rev=rev, staged=staged)
    return Check.from_json(_openness.check(path, rev=rev, staged=staged))


def show(path: str | os.PathLike[str], *, rev: str | None = None, staged: bool = False) -> Facts:
    """Returns what a manifest declares, and what each taxonomy makes of it. Nothing is verified.

    Raises:
        InvalidManifest: The manifest has errors.
        Error, OSError: The work could not be done.
    """
    if is_url(path):
        return _remote.show(path, rev=rev, staged=staged)
    return Facts.from_json(_openness.show(path, rev=rev, staged=staged))


def sign(
    path: str | os.PathLike[str],
    *,
    key: Source,
    passphrase: str | None = None,
    rev: str | None = None,
    staged: bool = False,
    created: datetime | None = None,
    waive: Iterable[str] = (),
    output: str | os.PathLike[str] | None = None,
    replace: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Signed:
    """Checks, hashes and signs a release, and writes `.openness/`: of the commit that is checked out, or of every file of a plain
    directory.

    Args:
        path: The directory that contains `OPENNESS.toml`.
        key: The private key, Ed25519, in the OpenSSH or PKCS#8 format: a file (`Path`) or a text (`str`).
        passphrase: That of the key, if it has one. It is never asked for.
        created: The time to claim, with a time zone. Default: that of the commit, else now.
        waive: The codes of findings that are waived, which the statement records.
        output: The directory to write `.openness/` into. Default: `path`.
        replace: Replace signatures of others on another statement.

    Raises:
        InvalidManifest: The manifest has errors that were not waived. Nothing was written.
        Error, OSError: The work could not be done.
    """
    secret = ("the key", key) if isinstance(key, str) else os.fspath(key)
    signed = _openness.sign(
        path,
        secret,
        passphrase=passphrase,
        rev=rev,
        staged=staged,
        created=rfc3339("created", created),
        waive=strings("waive", waive),
        output=output,
        replace=replace,
        progress=progress,
    )
    fingerprint, digest, files = signed
    return Signed(fingerprint, digest, tuple(str(file) for file in files))
