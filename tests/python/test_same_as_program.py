"""The JSON forms are those of the program, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import openness
import pytest
from conftest import EXAMPLES, manifest, program

SIGNERS = EXAMPLES / "keys/allowed_signers"
AT = "2026-11-30T00:00:00Z"


def broken(tmp_path: Path) -> dict[str, Path]:
    """Returns releases with everything that a report can say."""
    found: dict[str, Path] = {}

    def copy(name: str) -> Path:
        found[name] = Path(shutil.copytree(EXAMPLES / "tiny-lm", tmp_path / name))
        return found[name]

    (copy("changed") / "model.safetensors").write_bytes(b"other")
    (copy("absent") / "samples.txt").unlink()
    (copy("unsigned file") / "pickle.bin").write_bytes(b"\x80")
    shutil.rmtree(copy("no signature") / ".openness")
    for file in (copy("broken signature") / ".openness/signatures").iterdir():
        file.write_bytes(file.read_bytes()[:-20])
    (copy("no statement") / ".openness/statement.json").unlink()
    (copy("changed statement") / ".openness/statement.json").write_bytes(b"{}")
    (copy("broken manifest") / "OPENNESS.toml").write_text("schema = 1\n[model\n")
    (copy("text with <b> & \"") / "a <b> & \"é.txt").write_text("x")
    (copy("link") / "outside").symlink_to("/etc/passwd")
    manifest(tmp_path / "unsigned")
    found["unsigned"] = tmp_path / "unsigned"
    (tmp_path / "empty").mkdir()
    found["empty"] = tmp_path / "empty"
    return found


def same_report(path: Path, *arguments: str, trust: openness.Trust, status: set[int], **options: object) -> openness.Report:
    ran = program("verify", path, "--verify-time", AT, "--format", "json", *arguments)
    assert ran.returncode in status, ran.stderr
    from datetime import datetime, timezone

    at = datetime(2026, 11, 30, tzinfo=timezone.utc)
    report = openness.verify(path, trust=trust, at=at, **options)  # type: ignore[arg-type]
    assert report.to_json() == ran.stdout
    assert report.to_dict() == json.loads(ran.stdout)
    assert report.verified == (ran.returncode == 0)
    assert openness.Report.from_json(report.to_json(), report.facts and report.facts.to_json()) == report
    return report


def test_reports_of_good_and_broken_releases(tmp_path: Path, trust: openness.Trust) -> None:
    good = same_report(EXAMPLES / "tiny-lm", "--allowed-signers", str(SIGNERS), trust=trust, status={0})
    assert good.signers and good.facts is not None and good.files.verified > 10
    none = tmp_path / "none"
    none.write_text("")
    verdicts = set()
    for name, path in broken(tmp_path).items():
        report = same_report(path, "--allowed-signers", str(SIGNERS), trust=trust, status={1})
        assert report.reasons, name
        verdicts.add(report.verdict)
        nobody = openness.Trust.from_allowed_signers(none)
        same_report(path, "--allowed-signers", str(none), trust=nobody, status={1})
    assert verdicts == {"partial", "failed"}


def test_reports_with_requirements(tmp_path: Path, trust: openness.Trust, release: Path) -> None:
    signers = ("--allowed-signers", str(SIGNERS))
    for policy in sorted((EXAMPLES / "policies").glob("*.toml")):
        # A policy is named in messages as its file is.
        same_report(release, *signers, "--policy", str(policy), trust=trust, status={0, 1}, policy=policy)
    report = same_report(release, *signers, "--identity", "other@example.org", trust=trust, status={1}, identity="other@example.org")
    assert report.reasons == ("untrusted-key",)
    (release / "log.txt").write_text("x")
    same_report(release, *signers, "--allow-unsigned", "*.txt", trust=trust, status={0}, allow_unsigned=["*.txt"])
    same_report(release, *signers, "--require", "oms", trust=trust, status={1}, require=["oms"])
    same_report(release, *signers, "--require-sequence", "99", trust=trust, status={1}, require_sequence=99)
    revoked = EXAMPLES / "keys/example_key.pub"
    same_report(release, *signers, "--revoked", str(revoked), trust=trust.without(revoked), status={1})
    same_report(release, "--key", str(revoked), trust=openness.Trust.from_keys([revoked]), status={1})


def test_a_commit_and_a_tag(tmp_path: Path, key: Path) -> None:
    repository = manifest(tmp_path / "repository")
    git = ["git", "-C", str(repository), "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    signed = openness.sign(repository, key=key)
    assert all(Path(file).is_file() for file in signed.files)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "two"], check=True)
    subprocess.run([*git, "tag", "v1"], check=True)
    public = Path(f"{key}.pub")
    trust = openness.Trust.from_keys([public])
    same_report(repository, "--key", str(public), trust=trust, status={0})
    for revision in ("HEAD", "v1"):
        report = same_report(repository, "--key", str(public), "--rev", revision, trust=trust, status={0}, rev=revision)
        assert report.statement is not None and report.statement.sha256 == signed.sha256
    same_report(repository, "--key", str(public), "--rev", "HEAD~1", trust=trust, status={1}, rev="HEAD~1")
    assert program("check", repository, "--rev", "v1", "--format", "json").stdout == openness.check(repository, rev="v1").to_json()
    (repository / "OPENNESS.toml").write_text("schema = 1\n")
    subprocess.run([*git, "add", "."], check=True)
    ran = program("check", repository, "--staged", "--format", "json")
    assert ran.stdout == openness.check(repository, staged=True).to_json()


def test_findings_and_facts(tmp_path: Path) -> None:
    places = [EXAMPLES / "tiny-lm", EXAMPLES / "open-washed", *broken(tmp_path).values()]
    for number, known in enumerate(sorted((EXAMPLES / "known").glob("*.toml"))):
        place = tmp_path / f"known-{number}"
        place.mkdir()
        shutil.copy(known, place / "OPENNESS.toml")
        places.append(place)
    shown = found = 0
    for place in places:
        if not (place / "OPENNESS.toml").exists():
            with pytest.raises(openness.Error, match="not found"):
                openness.check(place)
            continue
        ran = program("check", place, "--format", "json")
        check = openness.check(place)
        assert check.to_json() == ran.stdout, place
        assert (check.errors > 0) == (ran.returncode == 1)
        found += len(check)
        ran = program("show", place, "--format", "json")
        if ran.returncode == 0:
            facts = openness.show(place)
            assert facts.to_json() == ran.stdout, place
            assert len(facts.matrix) == len(facts.components)
            shown += 1
        else:
            with pytest.raises(openness.InvalidManifest) as refused:
                openness.show(place)
            assert refused.value.check.errors > 0
    assert shown > 5 and found > 10


def test_signatures_are_those_of_the_program(tmp_path: Path, key: Path) -> None:
    from datetime import datetime, timezone

    one, two = manifest(tmp_path / "one"), manifest(tmp_path / "two")
    openness.sign(one, key=key, created=datetime(2026, 1, 2, tzinfo=timezone.utc))
    assert program("sign", two, "--key", key, "--created", "2026-01-02T00:00:00Z").returncode == 0
    files = sorted(path.relative_to(one) for path in (one / ".openness").rglob("*") if path.is_file())
    assert len(files) >= 4
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes(), file


def test_the_users_own_trust(own_home: Path, key: Path, tmp_path: Path) -> None:
    release = manifest(tmp_path / "release")
    openness.sign(release, key=key)
    assert openness.verify(release, trust=openness.Trust.of_user()).reasons == ("untrusted-key",)
    assert program("key", "trust", "add", "lab@example.org", f"{key}.pub").returncode == 0
    report = openness.verify(release, trust=openness.Trust.of_user())
    assert report.verified and report.signers == ("lab@example.org",)
    assert report.to_json() == program("verify", release, "--format", "json").stdout
    # The release was remembered, so that an older one is noticed.
    assert (own_home / ".local/state/openness/seen.json").exists()
