"""The notebook runs, and its stored output is what it prints. `NOTEBOOK_UPDATE=1` stores the output again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLES
from hub import environment, files_of, serve

nbclient = pytest.importorskip("nbclient", reason="SKIPPED: needs the packages nbclient and ipykernel")
nbformat = pytest.importorskip("nbformat")
for package in ("ipykernel", "huggingface_hub", "safetensors.numpy"):
    pytest.importorskip(package, reason=f"SKIPPED: needs the package {package}")

NOTEBOOK = EXAMPLES / "notebook.ipynb"


def outputs(notebook: Any) -> list[Any]:
    return [whole(cell.get("outputs", [])) for cell in notebook.cells]


def whole(parts: list[Any]) -> list[Any]:
    """Joins the parts of a stream: how many there are depends on the speed of the machine."""
    joined: list[Any] = []
    for part in parts:
        if joined and part["output_type"] == "stream" and joined[-1].get("name") == part["name"]:
            joined[-1]["text"] += part["text"]
        else:
            joined.append(dict(part))
    return joined


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve("openness-dev/tiny-lm", files_of(EXAMPLES / "tiny-lm")) as address:
        for name, value in environment(address, tmp_path / "home").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        stored = nbformat.read(NOTEBOOK, as_version=4)
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        client = nbclient.NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
        )
        client.execute(env={**os.environ})
    for cell in notebook.cells:
        cell.get("metadata", {}).pop("execution", None)
        if "outputs" in cell:
            # Warnings of other packages depend on what is installed.
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata = stored.metadata
    nbformat.validate(notebook)
    text = nbformat.writes(notebook)
    assert "<svg" in text and "refused" in text, "the matrix is shown, and a changed file is refused"
    if os.environ.get("NOTEBOOK_UPDATE") == "1":
        nbformat.write(notebook, NOTEBOOK)
    assert outputs(notebook) == outputs(nbformat.read(NOTEBOOK, as_version=4))
