"""Plans: kept for one user's eyes, and carried out to the letter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from groundwire.mesh import launch
from groundwire.mesh.launch import Plan

if TYPE_CHECKING:
    from pathlib import Path

AWKWARD = "a b'c\"d%(e)s;f #g\nh"
SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]))"


def test_a_plan_survives_being_kept_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    plan = Plan(("/bin/true", AWKWARD), directory="/", environment={"A": AWKWARD}, unset=("PYTHON",))
    file = tmp_path / "plan.json"

    plan.write(file)

    assert Plan.read(file) == plan
    assert file.stat().st_mode & 0o077 == 0


def test_the_process_becomes_what_the_plan_says(tmp_path: Path) -> None:
    plan = Plan(
        (sys.executable, "-c", SHOW, AWKWARD), directory=str(tmp_path), environment={"A": AWKWARD}, unset=("PYTHON",)
    )
    plan.write(tmp_path / "plan.json")
    command = (sys.executable, "-I", "-S", launch.__file__, str(tmp_path / "plan.json"))

    ran = subprocess.run(  # noqa: S603  # our own command
        command, env={**os.environ, "PYTHONPATH": "/elsewhere"}, capture_output=True, text=True, check=True
    )

    arguments, directory, environment = json.loads(ran.stdout)
    assert (arguments, directory, environment["A"]) == ([AWKWARD], str(tmp_path), AWKWARD)
    assert "PYTHONPATH" not in environment
