"""The examples for users of other packages run as they are."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLES, PROGRAM
from hub import environment, files_of, serve

SIGNERS = EXAMPLES / "keys/allowed_signers"


def run(*command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)


def test_the_gate_accepts_and_refuses(release: Path) -> None:
    gate = [sys.executable, EXAMPLES / "python/gate.py", SIGNERS]
    ran = run(*gate, release, EXAMPLES / "tiny-lm")
    assert ran.returncode == 0 and [line.split()[0] for line in ran.stdout.splitlines()] == ["accept"] * 2, ran.stdout + ran.stderr
    (release / "model.safetensors").write_bytes(b"x")
    ran = run(*gate, release, EXAMPLES / "tiny-lm")
    assert ran.returncode == 1 and f"refuse  {release}: content-mismatch" in ran.stdout, ran.stdout


def test_nothing_is_served_unless_it_is_verified(release: Path, tmp_path: Path) -> None:
    serve_verified = EXAMPLES / "python/verify_then_vllm.sh"
    ran = run(serve_verified, release, SIGNERS, tmp_path / "good", SERVER="ls")
    assert ran.returncode == 0 and "model.safetensors" in ran.stdout.split(), ran.stdout + ran.stderr
    (release / "model.safetensors").write_bytes(b"x")
    ran = run(serve_verified, release, SIGNERS, tmp_path / "bad", SERVER="ls")
    assert ran.returncode == 1 and "model.safetensors" not in ran.stdout.splitlines() and not (tmp_path / "bad").exists()


def test_transformers_gets_a_verified_copy(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="SKIPPED: needs the package huggingface_hub")
    script = EXAMPLES / "python/verify_then_transformers.py"
    files = files_of(EXAMPLES / "tiny-lm")
    with serve("lab/tiny", files) as address:
        ran = run(sys.executable, script, "lab/tiny", SIGNERS, **environment(address, tmp_path / "home"))
    # The example model is not one that transformers knows; what matters is how far the script goes.
    assert "verified: " in ran.stdout, ran.stderr
    with serve("lab/tiny", {**files, "modeling.py": b"import os"}) as address:
        ran = run(sys.executable, script, "lab/tiny", SIGNERS, **environment(address, tmp_path / "other"))
    assert ran.returncode == 1 and "verified: " not in ran.stdout and "unsigned: modeling.py" in ran.stderr


@pytest.mark.parametrize(("engine", "package"), [("ray", "ray"), ("spark", "pyspark")])
def test_an_engine_audits_and_goes_on(engine: str, package: str, release: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"SKIPPED: needs the package {package}")
    names = [f"{name}{'/.' * alias}" for name in (release, EXAMPLES / "open-washed") for alias in range(5)]
    (tmp_path / "targets").write_text("\n".join(names))
    script = EXAMPLES / f"python/audit_with_{engine}.py"
    variables = {"RAY_USAGE_STATS_ENABLED": "0", "NO_PROXY": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    for _ in range(2):
        ran = run(sys.executable, script, SIGNERS, tmp_path / "out", tmp_path / "targets", **variables)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "5 verified" in ran.stdout and "5 unsigned" in ran.stdout, ran.stdout


def test_the_cluster_of_the_example_is_what_kubernetes_expects() -> None:
    yaml = pytest.importorskip("yaml", reason="SKIPPED: needs the package PyYAML")
    text = (EXAMPLES / "kubernetes/audit.yaml").read_text()
    claim, job = yaml.safe_load_all(text)
    assert [one["kind"] for one in (claim, job)] == ["PersistentVolumeClaim", "RayJob"]
    cluster = job["spec"]["rayClusterSpec"]
    (workers,) = cluster["workerGroupSpecs"]
    assert cluster["enableInTreeAutoscaling"] and workers["minReplicas"] == 0 < workers["maxReplicas"]
    for group in (cluster["headGroupSpec"], workers):
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert f":{cluster['rayVersion']}" in container["image"]
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
        assert all(isinstance(value, str) for value in group["rayStartParams"].values()), "ray start takes texts"
    assert claim["metadata"]["name"] in {
        volume.get("persistentVolumeClaim", {}).get("claimName") for volume in workers["template"]["spec"]["volumes"]
    }
    script = Path(job["spec"]["entrypoint"].split()[1]).name
    assert (EXAMPLES / "python" / script).is_file()
    # The definitions of KubeRay, where the caller has them, say the rest.
    definitions = os.environ.get("OPENNESS_KUBERAY_CRD")
    if definitions:
        jsonschema = pytest.importorskip("jsonschema")
        versions = yaml.safe_load(Path(definitions).read_text())["spec"]["versions"]
        (schema,) = [one["schema"]["openAPIV3Schema"] for one in versions if one["name"] == "v1"]
        errors = [error.message for error in jsonschema.Draft7Validator(_closed(schema)).iter_errors(job)]
        assert not errors, errors


def _closed(schema: Any) -> Any:
    """A schema of Kubernetes that refuses properties which it does not name, as the server does."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object" and not schema.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed


def test_the_examples_are_complete() -> None:
    assert shutil.which("sh") and {path.name for path in (EXAMPLES / "python").iterdir()} == {
        "audit_with_ray.py",
        "audit_with_spark.py",
        "gate.py",
        "verify_then_transformers.py",
        "verify_then_vllm.sh",
    }
