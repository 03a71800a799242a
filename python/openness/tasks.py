"""Audits in parts, for engines that spread work over machines.

    with openness.tasks.Plan(targets, "/shared/audit", trust=trust) as plan:
        for task in plan:
            openness.tasks.run(task, "/shared/audit")      # on any machine that reaches the output, in any order
        audit = plan.complete()

A task is a text. Whoever runs it, and however often, writes the same bytes under the same names, so an engine may repeat tasks as it
likes. `openness.ray` and `openness.dask` do this with Ray and Dask. The work is done by the program `openness`, which comes with this
package; a machine that runs tasks needs the same version of it.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ._errors import Error
from ._options import expect, rfc3339
from ._program import URLS, find_program, is_url, require_success, trusted
from ._trust import Source, Trust, _named
from ._values import Audit

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Unpack

__all__ = ["AuditOptions", "Plan", "run"]

_LINE = 1 << 20


class AuditOptions(TypedDict, total=False):
    """The options of every audit."""

    identity: str | None
    """The principal of `allowed_signers` that has to have signed."""
    policy: Source | None
    """Further requirements, as TOML: a file (`Path`) or a text (`str`)."""
    at: datetime | None
    """The time at which keys and statements have to be valid. Default: now, or that of the run in the output."""
    check_only: bool
    """Check manifests and signatures, and read no weights."""
    shard_size: int
    """How many targets are one task. Default: 1,000."""
    max_files: int | None
    max_bytes: int | None
    max_seconds: int | None
    """What is not exceeded for one target; a target that does is a row."""
    program: str | os.PathLike[str] | None
    """The program `openness` to work with. Default: the one that comes with this package."""


class Plan:
    """An audit: its tasks, and the step that completes it. Made again with the same arguments, it goes on where it ended.

    A value of the class is a context manager, and an iterable of the tasks that are left.
    """

    def __init__(
        self,
        targets: Iterable[str | os.PathLike[str]],
        out: str | os.PathLike[str],
        *,
        trust: Trust,
        **options: Unpack[AuditOptions],
    ) -> None:
        """Plans an audit.

        Args:
            targets: Directories, bare repositories, `git:REPOSITORY@REVISION`, `hf:org/name@REV`, and `s3://`, `gs://`, `az://` and `https://`
                URLs. Each gets one row, however often it is named.
            out: The directory to write into: new, empty, or with an earlier part of the same audit.
            trust: Who is trusted.

        Raises:
            Error, OSError: The work could not be done.
        """
        if not isinstance(trust, Trust):
            raise TypeError(f"trust: expected openness.Trust, not {type(trust).__name__}")
        if isinstance(targets, (str, bytes, os.PathLike)):
            raise TypeError(f"targets: expected a list of targets, not {type(targets).__name__}")
        for name in options:
            if name not in AuditOptions.__annotations__:
                raise TypeError(f"{name}: no option of an audit; expected one of {', '.join(AuditOptions.__annotations__)}")
        self.out = _directory(out)
        if trust.identity_pattern is not None or trust.user_verification:
            raise Error("an audit cannot require a pattern of identities or user verification", "verify the releases one by one")
        self.program = find_program(options.get("program"))
        self._directory = tempfile.TemporaryDirectory(prefix="openness-")
        try:
            self._arguments = self._write(targets, trust, options)
        except BaseException:
            self._directory.cleanup()
            raise

    def _write(self, targets: Iterable[str | os.PathLike[str]], trust: Trust, options: AuditOptions) -> list[str]:
        """Writes what the program reads into files, and returns the arguments that name them."""
        arguments = ["--out", self.out, "--targets", self._file("targets", _lines(targets))]
        arguments += trusted(trust, self._file)
        identity = options.get("identity")
        expect("identity", identity, str)
        arguments += [] if identity is None else ["--identity", identity]
        policy = options.get("policy")
        if policy is not None:
            arguments += ["--policy", self._file("policy", _named(policy, "policy")[1].encode())]
        time = rfc3339("at", options.get("at"))
        arguments += [] if time is None else ["--verify-time", time]
        check_only = options.get("check_only", False)
        expect("check_only", check_only, bool)
        arguments += ["--check-only"] if check_only else []
        for name in ("shard_size", "max_files", "max_bytes", "max_seconds"):
            number = options.get(name)
            expect(name, number, int)
            arguments += [] if number is None else [f"--{name.replace('_', '-')}", str(number)]
        return arguments

    def _file(self, name: str, data: bytes) -> str:
        file = Path(self._directory.name, name)
        file.write_bytes(data)
        return str(file)

    def __enter__(self) -> Plan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        self._directory.cleanup()
        return False

    def __iter__(self) -> Iterator[str]:
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                [self.program, "audit", "--quiet", "--plan", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=_LINE,
            ) as driver,
        ):
            assert driver.stdout is not None
            try:
                for line in driver.stdout:
                    yield line.decode()
            except BaseException:
                driver.kill()
                raise
            status = driver.wait()
            errors.seek(0)
            require_success(status, errors.read())

    def complete(self, *, threads: int | None = None) -> Audit:
        """Does the tasks that are left on this machine, if any, and completes the audit.

        Args:
            threads: How many processes work. Default: one for each processor.
        """
        expect("threads", threads, int)
        limit = [] if threads is None else ["--threads", str(threads)]
        ran = subprocess.run(
            [self.program, "audit", "--quiet", *self._arguments, *limit],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        require_success(ran.returncode, ran.stderr)
        return Audit.from_json(self.out, Path(self.out, "_MANIFEST.json").read_text(encoding="utf-8"))


def run(task: str, out: str | os.PathLike[str], *, program: str | os.PathLike[str] | None = None) -> str:
    """Does one task, and returns what it wrote as JSON (`openness schema audit-done`).

    Args:
        task: As a plan yields it.
        out: The output of the audit, as this machine reaches it.
        program: The program `openness` to work with. Default: the one that comes with this package on this machine.

    Raises:
        Error: The work could not be done; no part of it is in the output. Whatever is wrong with a target is a row.
    """
    ran = subprocess.run(
        [find_program(program), "audit", "task", "--out", os.fspath(out)],
        input=task.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    require_success(ran.returncode, ran.stderr)
    return ran.stdout.decode()


def import_engine(name: str, package: str, progress: object) -> Any:
    """Returns the package of an engine, for `openness.<name>`. Checks the progress function too, which every engine takes.

    Raises:
        ImportError: The package is not installed; the message says what to install.
    """
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: expected a function, not {type(progress).__name__}")
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"`openness.{name}` needs the package {package}: `pip install {package}`") from error


def require_absolute(targets: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Returns targets that mean the same on every machine."""
    if isinstance(targets, (str, bytes, os.PathLike)):
        raise TypeError(f"targets: expected a list of targets, not {type(targets).__name__}")
    found = []
    for target in targets:
        text = os.fspath(target)
        path = text[4:] if isinstance(text, str) and text.startswith("git:") else text
        if isinstance(text, str) and not text.startswith(URLS) and not os.path.isabs(path):
            raise ValueError(f"targets: `{text}` is a relative path, which other machines may not have; pass an absolute one")
        found.append(text)
    return found


def _directory(out: str | os.PathLike[str]) -> str:
    """Returns the absolute path of an output. A URL would become the name of a new directory."""
    text = os.fspath(out)
    if isinstance(text, str) and is_url(text):
        raise Error(
            f"cannot write into `{text}`: an audit writes into a directory",
            "write into a directory that every machine of the audit reaches, and copy it when the audit is complete; or mount the bucket",
        )
    return os.path.abspath(text)


def _lines(targets: Iterable[str | os.PathLike[str]]) -> bytes:
    lines = []
    for target in targets:
        text = os.fspath(target)
        if not isinstance(text, str):
            raise TypeError(f"targets: expected a list of str, not of {type(target).__name__}")
        if "\n" in text or "\r" in text:
            raise ValueError(f"targets: {text!r} has more than one line")
        lines.append(f"{text}\n".encode())
    return b"".join(lines)
