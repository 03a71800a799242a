"""Audits from Python: the same bytes as the program's, with this machine, as tasks, on Ray and on Dask."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import openness
import pytest
from conftest import EXAMPLES, manifest, program

TIME = datetime(2026, 11, 30, tzinfo=timezone.utc)
SIGNERS = EXAMPLES / "keys/allowed_signers"


def digests(out: Path) -> dict[str, str]:
    """Every file of an output but what depends on the clock."""
    files = (file for file in out.rglob("*") if file.is_file() and file.name != "metrics.json")
    return {str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    """Releases of several kinds, under several names each, and one that is not there."""
    root = tmp_path / "models"
    shutil.copytree(EXAMPLES / "tiny-lm", root / "good")
    shutil.copytree(EXAMPLES / "tiny-lm", root / "tampered")
    (root / "tampered/config.json").write_text("{}")
    manifest(root / "unsigned")
    names = [*(str(path) for path in root.iterdir()), str(root / "absent")]
    return [f"{name}{'/.' * alias}" for name in names for alias in range(3)]


@pytest.fixture
def expected(models: list[str], tmp_path: Path) -> dict[str, str]:
    """What the program writes about them."""
    (tmp_path / "list").write_text("\n".join(models))
    out = tmp_path / "expected"
    ran = program(
        "audit", "--targets", tmp_path / "list", "--out", out, "--shard-size", 5, "--allowed-signers", SIGNERS,
        "--verify-time", "2026-11-30",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return digests(out)


def test_the_output_is_that_of_the_program(models: list[str], expected: dict[str, str], trust: openness.Trust, tmp_path: Path) -> None:
    out = tmp_path / "out"
    audit = openness.audit([*models, models[0]], out, trust=trust, at=TIME, shard_size=5, threads=2)
    assert digests(out) == expected
    assert (audit.targets, audit.count("verified"), audit.count("not_verified"), audit.count("could_not_read")) == (12, 3, 3, 3)
    assert dict(audit.statuses)["unsigned"] == 3 and audit.count("no_manifest") == 0
    assert [Path(file).parent.name for file in audit.files("findings")] == ["findings"] * 3
    assert all(Path(file).is_file() for file in audit.files())
    assert pickle.loads(pickle.dumps(audit)) == audit and hash(audit) == hash(audit)
    assert audit.to_json() == (out / "_MANIFEST.json").read_text() and audit.to_dict()["rows"] == 12
    # Again, without the time: that of the run in the output counts.
    assert openness.audit(models, out, trust=trust, shard_size=5) == audit
    assert digests(out) == expected


def test_tasks_done_twice_in_any_order_are_the_same_audit(
    models: list[str], expected: dict[str, str], trust: openness.Trust, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with openness.tasks.Plan(models, out, trust=trust, at=TIME, shard_size=5) as plan:
        tasks = list(plan)
        assert len(tasks) == 3
        for task in [*reversed(tasks), *tasks]:
            assert '"rows":' in openness.tasks.run(task, out)
        assert list(plan) == [], "none is left"
        shutil.rmtree(out / "done")
        assert list(plan) == tasks
        openness.tasks.run(tasks[1], out)
        assert not (out / "_MANIFEST.json").exists()
        assert plan.complete().targets == 12, "what is left is done here"
    assert digests(out) == expected
    other = tasks[0].replace('"program":"openness ', '"program":"openness 9')
    with pytest.raises(openness.Error, match="the task is one of `openness 9") as error:
        openness.tasks.run(other, out)
    assert "same version" in str(error.value.help)
    with pytest.raises(openness.Error, match="does not contain an audit"):
        openness.tasks.run(tasks[0], tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "words"),
    [
        (("model", "out"), {}, TypeError, "targets: expected a list"),
        (([1], "out"), {}, TypeError, "int"),
        ((["a\nb"], "out"), {}, ValueError, "more than one line"),
        ((["a"], None), {}, TypeError, "NoneType"),
        ((["a"], "out"), {"trust": "signers"}, TypeError, "trust: expected openness.Trust"),
        ((["a"], "out"), {"at": "now"}, TypeError, "at: expected datetime"),
        ((["a"], "out"), {"shard_size": "1"}, TypeError, "shard_size"),
        ((["a"], "out"), {"check_only": 1}, TypeError, "check_only"),
        ((["a"], "out"), {"threads": 1.5}, TypeError, "threads"),
        ((["a"], "out"), {"polic": "x"}, TypeError, "polic"),
        ((["a"], "out"), {"program": "no-such-program"}, openness.Error, "is not found"),
        ((["a"], "s3://bucket/out"), {}, openness.Error, "cannot write into `s3://bucket/out`"),
        (([], "out"), {}, openness.Error, "the list of targets is empty"),
        ((["a"], "out"), {"policy": "x = ["}, openness.Error, "policy"),
    ],
)
def test_wrong_arguments_write_nothing(
    arguments: tuple[Any, Any], options: dict[str, Any], kind: type[Exception], words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=words):
        openness.audit(*arguments, **{"trust": openness.Trust.none(), **options})
    assert list(tmp_path.iterdir()) == []


def test_an_output_of_something_else_is_refused(models: list[str], trust: openness.Trust, tmp_path: Path) -> None:
    openness.audit(models, tmp_path / "out", trust=trust, at=TIME)
    with pytest.raises(openness.Error, match="another run: it has other targets"):
        openness.audit(models[1:], tmp_path / "out", trust=trust, at=TIME)
    with pytest.raises(openness.Error, match="another run: it has other settings"):
        openness.audit(models, tmp_path / "out", trust=openness.Trust.none(), at=TIME)


def test_no_one_is_trusted_if_no_one_is_named(models: list[str], tmp_path: Path) -> None:
    audit = openness.audit(models, tmp_path / "out", trust=openness.Trust.none(), at=TIME)
    assert audit.count("verified") == 0 and audit.count("not_verified") == 6


@pytest.mark.parametrize("engine", ["ray", "dask"])
def test_an_engine_that_is_not_installed_says_what_to_install(engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = {"ray": "ray", "dask": "distributed"}[engine]
    monkeypatch.setitem(sys.modules, package, None)
    module = importlib.import_module(f"openness.{engine}")
    with pytest.raises(ImportError, match=f"pip install {package}"):
        module.audit([str(tmp_path)], tmp_path / "out", trust=openness.Trust.none())


ENGINES = {
    "ray": """
import ray
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1", object_store_memory=100_000_000)
""",
    "dask": """
import distributed
client = distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None)
""",
}
SCRIPT = """
import importlib, json, sys
from datetime import datetime, timezone
from pathlib import Path
import openness
if __name__ == "__main__":
    engine, out, signers, *targets = sys.argv[1:]
    exec({start!r})
    module = importlib.import_module(f"openness.{{engine}}")
    trust = openness.Trust.from_allowed_signers(Path(signers))
    for words, kind in (("relative path", ValueError), ("another run", openness.Error)):
        if words == "another run":
            openness.audit(targets, out + "-other", trust=trust)
        try:
            module.audit(["model"] if kind is ValueError else targets[1:], out + "-other", trust=trust)
        except kind as error:
            assert words in str(error), error
        else:
            raise SystemExit(f"not refused: {{words}}")
    done = []
    time = datetime(2026, 11, 30, tzinfo=timezone.utc)
    audit = module.audit(targets, out, trust=trust, at=time, shard_size=5, progress=done.append)
    assert done == [1, 2, 3], done
    assert audit.targets == 12, audit
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cluster_writes_the_same_bytes(engine: str, models: list[str], expected: dict[str, str], tmp_path: Path) -> None:
    package = {"ray": "ray", "dask": "distributed"}[engine]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"SKIPPED: needs the package {package}")
    (tmp_path / "script.py").write_text(SCRIPT.format(start=ENGINES[engine]))
    out = tmp_path / "out"
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, str(tmp_path / "script.py"), engine, str(out), str(SIGNERS), *models]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert digests(out) == expected
