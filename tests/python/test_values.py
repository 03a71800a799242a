"""Results are values: they cannot be changed, and can be compared, hashed, copied and pickled."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from pathlib import Path
from typing import get_args

import openness
import pytest
from conftest import EXAMPLES, ROOT, manifest


def values(trust: openness.Trust) -> list[object]:
    report = openness.verify(EXAMPLES / "tiny-lm", trust=trust)
    other = openness.verify(EXAMPLES / "tiny-lm", trust=openness.Trust.none())
    return [report, other, report.facts, openness.check(EXAMPLES / "open-washed"), openness.show(EXAMPLES / "tiny-lm"), trust]


def test_they_are_pickled_copied_compared_and_hashed(trust: openness.Trust) -> None:
    for value in values(trust):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(value, protocol))
            assert again == value and hash(again) == hash(value) and type(again) is type(value)
        assert copy.deepcopy(value) == value
    report, other, *_ = values(trust)
    assert report != other
    again = pickle.loads(pickle.dumps(trust))
    assert openness.verify(EXAMPLES / "tiny-lm", trust=again).verified


def test_errors_are_pickled(trust: openness.Trust, tmp_path: Path) -> None:
    report = openness.verify(EXAMPLES / "tiny-lm", trust=openness.Trust.none())
    with pytest.raises(openness.NotVerified) as refused:
        report.raise_unless_verified()
    again = pickle.loads(pickle.dumps(refused.value))
    assert again.report == report and str(again) == str(refused.value)
    (tmp_path / "OPENNESS.toml").write_text("schema = 2\n")
    with pytest.raises(openness.InvalidManifest) as invalid:
        openness.show(tmp_path)
    again = pickle.loads(pickle.dumps(invalid.value))
    assert again.check == invalid.value.check and str(again) == str(invalid.value)
    with pytest.raises(openness.Error) as error:
        openness.Trust.from_keys(["ssh-ed25519 AAAA"])
    again = pickle.loads(pickle.dumps(error.value))
    assert str(again) == str(error.value) and again.help == error.value.help


def test_they_cannot_be_changed(trust: openness.Trust) -> None:
    for value in values(trust):
        field = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, None)


def test_a_report_is_not_true_by_itself(trust: openness.Trust) -> None:
    report = openness.verify(EXAMPLES / "tiny-lm", trust=openness.Trust.none())
    with pytest.raises(TypeError, match="report.verified"):
        bool(report)


def test_a_report_raises_unless_verified(release: Path, trust: openness.Trust) -> None:
    assert openness.verify(release, trust=trust).raise_unless_verified().verified
    (release / "samples.txt").unlink()
    report = openness.verify(release, trust=trust)
    assert report.verdict == "partial" and report.files.absent == ("samples.txt",)
    assert report.raise_unless_verified(partial=True) is report
    with pytest.raises(openness.NotVerified, match="absent: samples.txt"):
        report.raise_unless_verified()
    (release / "model.safetensors").write_bytes(b"x")
    with pytest.raises(openness.NotVerified, match="content-mismatch") as refused:
        openness.verify(release, trust=trust).raise_unless_verified(partial=True)
    change = refused.value.report.files.changes[0]
    assert change.path == "model.safetensors" and change.actual_size == 1 and change.expected != change.actual


def test_the_words_are_those_of_the_schema() -> None:
    schema = json.loads((ROOT / "schemas/verify-v1.schema.json").read_text())["properties"]
    assert list(get_args(openness.Reason)) == schema["reasons"]["items"]["enum"]
    assert list(get_args(openness.Verdict)) == schema["verdict"]["enum"]
    for value, item in (
        (openness.Signature, schema["signatures"]["items"]),
        (openness.Files, schema["files"]),
        (openness.ChangedFile, schema["files"]["properties"]["changes"]["items"]),
        (openness.Range, schema["files"]["properties"]["ranges"]["items"]),
        (openness.Claim, schema["claims"]["items"]),
        (openness.Alarm, schema["alarms"]["items"]),
        (openness.Base, schema["base"]["items"]),
        (openness.Component, schema["components"]["items"]),
    ):
        names = {re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name) for name in item["required"]}
        missing = names - {field.name for field in dataclasses.fields(value)}
        assert not missing, (value, missing)
    attributes = {field.name for field in dataclasses.fields(openness.Report)}
    assert set(schema) - attributes == {"version", "tool", "tag", "commit", "tlog"}, "in `to_dict` alone"


def test_a_picture_shows_the_matrix_and_escapes_what_others_wrote(trust: openness.Trust, tmp_path: Path, key: Path) -> None:
    from xml.etree import ElementTree

    report = openness.verify(EXAMPLES / "tiny-lm", trust=trust)
    html = report._repr_html_()
    ElementTree.fromstring(html)
    assert "Tiny LM 1.0.0" in html and "verified" in html and "<svg" in html
    assert report.facts is not None
    for cell in report.facts.matrix:
        assert cell.component in html
    hostile = manifest(tmp_path / "hostile")
    text = (hostile / "OPENNESS.toml").read_text().replace('"Tiny"', "'<script>alert(1)</script>&\"'")
    (hostile / "OPENNESS.toml").write_text(text)
    openness.sign(hostile, key=key)
    (hostile / "<img src=x>").write_text("x")
    for value in (openness.show(hostile), openness.verify(hostile, trust=openness.Trust.from_keys([Path(f"{key}.pub")]))):
        html = value._repr_html_()
        ElementTree.fromstring(html)
        assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html
