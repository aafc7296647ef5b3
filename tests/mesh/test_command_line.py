"""The main job as a person runs it: one command, a mesh of its own, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from google.protobuf import json_format
from PIL import Image

from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from groundwire.v1 import answer_pb2, claim_pb2


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A home and ports of its own, so that neither a developer's mesh nor another test's is touched."""
    ports = {variable: str(port) for variable, port in free_ports(COMPONENTS).items()}
    return {**os.environ, **ports, "GROUNDWIRE_HOME": str(tmp_path / "home")}


def groundwire(environ: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    models = {"GROUNDWIRE_TRITON_ENV": environ.get("GROUNDWIRE_TRITON_ENV", str(Path(".venv-triton").absolute()))}
    command = [sys.executable, "-m", "groundwire", *arguments]
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=cwd, env={**environ, **models}, capture_output=True, text=True, timeout=300, check=False
    )


def of_home(environ: dict[str, str]) -> list[str]:
    """Processes that still belong to the test's home."""
    return [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline"])
        if any(environ["GROUNDWIRE_HOME"] in part for part in process.info["cmdline"] or ())
    ]


def test_run_answers_draws_and_leaves_nothing_running(environ: dict[str, str], tmp_path: Path) -> None:
    picture = tmp_path / "answer.png"
    ran = groundwire(environ, tmp_path, "run", "--json", "--out", str(picture))
    assert ran.returncode == 0, ran.stderr
    answer = json_format.Parse(ran.stdout, answer_pb2.Answer())
    assert [claim.predicate.field.value for claim in answer.claims] == ["YAMAHA"]
    assert answer.claims[0].verdict == claim_pb2.VERDICT_SUPPORTED
    with Image.open(picture) as drawn:
        assert drawn.size == (741, 500)
    assert of_home(environ) == []


def test_up_serves_until_down(environ: dict[str, str], tmp_path: Path, motorcycle: Path) -> None:
    up = groundwire(environ, tmp_path, "up")
    assert up.returncode == 0, up.stderr
    try:
        asked = groundwire(environ, tmp_path, "ask", str(motorcycle), 'Where is the word "YAMAHA"?', "--no-picture")
        assert asked.returncode == 0, asked.stderr
        assert "supported" in asked.stdout
        assert "trace" in asked.stdout
        listed = groundwire(environ, tmp_path, "list")
        assert "YAMAHA" in listed.stdout
        again = groundwire(environ, tmp_path, "status")
        assert again.returncode == 0, again.stdout
        assert "read_text" in again.stdout
        wrong = groundwire(environ, tmp_path, "ask", str(tmp_path / "none.jpg"), "What?")
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert "NO_SUCH_FILE" in wrong.stderr
    finally:
        down = groundwire(environ, tmp_path, "down")
    assert down.returncode == 0, down.stderr
    assert of_home(environ) == []
