"""The images without Docker: RUN lines are scripts, and the scripts are run; the compose file keeps to the table."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from groundwire import policies
from groundwire.mesh import table
from tests.helm.chart import ROOT
from tests.helm.test_chart import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCKERFILES = sorted((ROOT / "images").glob("*.Dockerfile"))
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def instructions(dockerfile: Path, name: str) -> Iterator[list[str]]:
    for line in dockerfile.read_text().splitlines():
        if line.startswith(f"{name} "):
            yield line.split()[1:]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_every_run_line_is_a_script_that_the_image_was_given(dockerfile: Path) -> None:
    copied = {source for words in instructions(dockerfile, "COPY") for source in words[:-1]}
    runs = list(instructions(dockerfile, "RUN"))
    assert runs
    for command, *_ in runs:
        assert command in copied
        assert (ROOT / command).stat().st_mode & 0o111, f"{command} cannot be run"


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_what_is_copied_is_there_and_nobody_is_root(dockerfile: Path) -> None:
    for words in instructions(dockerfile, "COPY"):
        if not words[0].startswith("--from"):
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
    (user,) = instructions(dockerfile, "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user[0])


def installed(script: str, folder: Path) -> Path:
    """A RUN line's script, run here as the image would run it."""
    command = [str(ROOT / "images" / script), str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return folder


def times(folder: Path) -> set[float]:
    """When files were changed: never, so that the same inputs give the same layer."""
    return {path.stat().st_mtime for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def test_the_mesh_image_s_script_installs_services_that_start(tmp_path: Path) -> None:
    target = installed("install-mesh", tmp_path / "groundwire")
    assert times(target) == {0.0}
    # What pip notes of a file's place would be another each time.
    assert list(target.rglob("direct_url.json")) == []
    ran = subprocess.run(
        [str(target / "bin" / "python"), "-P", "-B", "-m", "services.fusion"],
        cwd=tmp_path,
        env={"GROUNDWIRE_FUSION_PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, "GROUNDWIRE_FUSION_PORT" in ran.stderr) == (2, True), ran.stderr


def test_the_triton_image_s_script_installs_what_the_models_import_and_no_server(tmp_path: Path) -> None:
    target = installed("install-models", tmp_path / "models-env")
    packages = {path.name for path in (target / "lib" / "python3.11" / "site-packages").iterdir()}
    assert {"onnxruntime", "rapidocr", "cv2", "numpy"} <= packages
    assert not any(name.startswith("nvidia_pytriton") for name in packages)
    assert times(target) == {0.0}


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)
def test_bases_are_tagged_and_can_be_pinned_by_digest(dockerfile: Path) -> None:
    bases = [words[0] for words in instructions(dockerfile, "FROM")]
    arguments = dict(words[0].split("=", 1) for words in instructions(dockerfile, "ARG"))
    assert {f"${{{name}}}" for name in arguments} == set(bases), "what is built on is an argument"
    for name, default in arguments.items():
        assert re.search(r":[^:]*\d", default), f"{default} has no version"
        assert re.search(rf"{name}=\S*@sha256:", dockerfile.read_text()), f"how to pin {name} is not said"


def test_compose_starts_every_component_and_wires_the_edges() -> None:
    assert {*policies.SERVICES, "postgres", "triton"} == set(COMPOSE)
    for name in policies.SERVICES:
        environment = COMPOSE[name]["environment"]
        prefix = f"GROUNDWIRE_{name.upper()}_"
        addressed = {
            variable.removeprefix(prefix).removesuffix("_ADDRESS").lower(): value
            for variable, value in environment.items()
            if variable.endswith("_ADDRESS")
        }
        called = {callee for caller, callee in (*table.EDGES, *table.MODEL_EDGES) if caller == name}
        assert set(addressed) == called - {"postgres", "vllm"}
        assert all(value.partition(":")[0] == callee for callee, value in addressed.items())
        if name in SETTINGS:
            own = {v.removeprefix(prefix).lower() for v in environment if v.startswith(prefix)}
            assert own <= set(SETTINGS[name].model_fields)
