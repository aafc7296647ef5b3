from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundwire.mesh import vllm
from groundwire.mesh.errors import PartMissing

PYTHON = Path("/env/bin/python")


def model(folder: Path, longest: int) -> str:
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": longest}))
    return str(folder)


def test_a_local_model_is_served_under_its_folders_name_and_nothing_is_fetched(tmp_path: Path) -> None:
    plan = vllm.plan(PYTHON, model(tmp_path, 512), port=8300, directory=tmp_path)
    assert f"--served-model-name={tmp_path.name}" in plan.command
    assert "--max-model-len=512" in plan.command
    assert plan.environment["HF_HUB_OFFLINE"] == "1"
    assert not [option for option in plan.command if option.startswith("--otlp")]


def test_a_very_long_context_is_cut(tmp_path: Path) -> None:
    plan = vllm.plan(PYTHON, model(tmp_path, 1_000_000), port=8300, directory=tmp_path)
    assert f"--max-model-len={vllm.MAX_TOKENS}" in plan.command


def test_a_hub_model_keeps_its_name_and_may_be_fetched(tmp_path: Path) -> None:
    plan = vllm.plan(PYTHON, "maker/model", port=8300, directory=tmp_path, otlp="grpc://127.0.0.1:4317")
    assert "--served-model-name=maker/model" in plan.command
    assert "HF_HUB_OFFLINE" not in plan.environment
    assert "--otlp-traces-endpoint=grpc://127.0.0.1:4317" in plan.command


def test_what_lies_where_it_starts_is_not_imported(tmp_path: Path) -> None:
    assert vllm.plan(PYTHON, "maker/model", port=1, directory=tmp_path).environment["PYTHONSAFEPATH"] == "1"


def test_without_an_environment_the_way_to_get_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(PartMissing, match="make vllm"):
        vllm.find_python({}, [tmp_path])
    with pytest.raises(PartMissing, match="nowhere"):
        vllm.find_python({vllm.ENV_VARIABLE: "/nowhere"}, [tmp_path])


def test_an_environment_is_found_by_name_and_by_place(tmp_path: Path) -> None:
    python = tmp_path / vllm.ENV_FOLDER / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert vllm.find_python({}, [tmp_path]) == python
    assert vllm.find_python({vllm.ENV_VARIABLE: str(tmp_path / vllm.ENV_FOLDER)}, []) == python
