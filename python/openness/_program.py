"""The program `openness` of this package: where it is, how it is told who is trusted, and what it prints when it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from typing import TypeGuard

from ._errors import Error, InternalError
from ._trust import Trust

URLS = ("hf:", "s3://", "gs://", "az://", "https://", "http://")
"""The beginnings of the URLs that the program reads."""


def is_url(path: object) -> TypeGuard[str]:
    """Returns whether a path is meant as a URL, as the program decides it: a directory of that name comes first."""
    return isinstance(path, str) and path.startswith(URLS) and not os.path.exists(path)


def find_program(program: str | os.PathLike[str] | None = None) -> str:
    """Returns the program of this package, or the one that the caller names."""
    if program is not None:
        found = shutil.which(os.fspath(program))
        if found is None:
            raise Error(f"the program `{os.fspath(program)}` is not found")
        return found
    name = "openness.exe" if os.name == "nt" else "openness"
    user = sysconfig.get_preferred_scheme("user")
    directories = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", user), os.path.dirname(sys.executable)]
    found = shutil.which(name, path=os.pathsep.join(directories)) or shutil.which(name)
    if found is None:
        raise Error("the program `openness` is not found", "it is in the wheel of the package; `program` can name another")
    return found


def run_program(arguments: Sequence[str], success: Sequence[int] = (0,)) -> tuple[int, str]:
    """Runs the program, and returns its exit status and what it printed. An exception in the meantime ends it.

    Raises:
        Error: It ended with another status than those of success.
    """
    ran = subprocess.run(
        [find_program(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False
    )
    if ran.returncode not in success:
        require_success(ran.returncode, ran.stderr)
    return ran.returncode, ran.stdout.decode()


def trusted(trust: Trust, file: Callable[[str, bytes], str]) -> list[str]:
    """Returns the arguments that say who is trusted, with the texts in files."""
    named = [("--key", "key", trust.keys), ("--allowed-signers", "signers", trust.allowed_signers)]
    named.append(("--root", "certificate", trust.certificates))
    arguments = []
    for flag, kind, texts in named:
        if flag == "--allowed-signers" and texts:
            # The program takes one list.
            texts = (("", "\n".join(text for _, text in texts)),) if len(texts) > 1 else texts
        for number, (_, text) in enumerate(texts):
            arguments += [flag, file(f"{kind}-{number}", text.encode())]
    if trust.user and arguments:
        raise Error("the program trusts either whom the user trusts or whom you name", "leave out one of the two")
    if not trust.user and not arguments:
        # Without any, the program would trust whom the user trusts.
        arguments = ["--allowed-signers", file("none", b"")]
    for number, (_, data) in enumerate(trust.revoked):
        arguments += ["--revoked", file(f"revoked-{number}", data)]
    return arguments


def require_success(status: int, errors: bytes) -> None:
    """Raises what the program printed before it failed."""
    if status == 0:
        return
    text = errors.decode(errors="replace").strip()
    if "panicked at" in text:
        raise InternalError(text)
    if status < 0:
        raise Error(f"the program `openness` was ended by signal {-status}", "do the same again to go on")
    message, _, advice = text.partition("\nhelp: ")
    raise Error(message.rpartition("error: ")[2] or f"the program `openness` ended with status {status}", advice or None)
