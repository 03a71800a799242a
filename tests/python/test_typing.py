"""The types that the package promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytest.importorskip("mypy", reason="SKIPPED: needs the package mypy")


def run(*arguments: str, **options: object) -> None:
    ran = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_package_is_typed_strictly() -> None:
    run("-m", "mypy", "--strict", "--cache-dir", "target/mypy", cwd=ROOT)


def test_the_stub_is_that_of_the_extension(tmp_path: Path) -> None:
    run("-m", "mypy.stubtest", "openness._openness", cwd=tmp_path)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('openness.verify("m", trust=trust).verdict', None),
        ('openness.verify("m", trust="x")', "arg-type"),
        ('openness.verify("m")', "call-arg"),
        ('openness.verify("m", trust=trust).verdict = "verified"', "misc"),
        ('openness.verify("m", trust=trust).reasons[0] == "unsigned"', None),
        ('openness.check("m")[0].span.start.line + 1', None),
        ('openness.show("m").nothing', "attr-defined"),
        ('openness.verify("m", trust=trust, require=["pgp"])', "list-item"),
    ],
)
def test_a_user_sees_the_types(line: str, error: str | None, tmp_path: Path) -> None:
    file = tmp_path / "use.py"
    file.write_text(f"import openness\ntrust = openness.Trust.none()\n{line}\n")
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / "target/mypy-users"), str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (ran.returncode == 0) == (error is None), ran.stdout
    assert error is None or f"[{error}]" in ran.stdout, ran.stdout
