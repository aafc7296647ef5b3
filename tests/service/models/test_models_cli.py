"""The commands around models, in a folder without a mesh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from groundwire.cli import app
from tests.fakes.colour_detector import DESCRIPTOR, colour_detector

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROUNDWIRE_HOME", str(tmp_path / "home"))
    (tmp_path / "colours.onnx").write_bytes(colour_detector())
    (tmp_path / "colours.toml").write_text(DESCRIPTOR)
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, words)])


def listed() -> dict[str, dict[str, object]]:
    said = json.loads(run("list", "--json").stdout)
    return {model["name"]: model for model in said["stored"]}


def add(home: Path, name: str = "colours") -> Result:
    return run("add", name, home / "colours.onnx", home / "colours.toml")


def test_a_detector_of_ones_own_goes_from_file_to_binding_and_away(home: Path) -> None:
    added = add(home)
    assert added.exit_code == 0
    assert "groundwire models bind detect fast colours" in added.stderr

    bound = run("bind", "detect", "fast", "colours")
    assert "from the next start on" in bound.stderr
    assert listed()["colours"]["bound"] == [{"capability": "detect", "tier": "fast"}]
    assert json.loads((home / "home" / "bindings.json").read_text()) == {"detect": {"fast": "colours"}}

    assert run("remove", "colours").exit_code == 1
    assert run("unbind", "detect", "fast").exit_code == 0
    assert run("remove", "colours").exit_code == 0
    assert listed() == {}


def test_the_list_shows_what_is_there_and_what_can_be_had(home: Path) -> None:
    add(home)

    shown = run("list").stdout

    for word in ("colours", "onnx", "mit", "mm-grounding-dino-tiny", "accurate", "apache-2.0"):
        assert word in shown


FAULTS = {
    "a name with a path": (("remove", "../x"), "MODEL_NAME"),
    "a model that is not there": (("bind", "detect", "fast", "nobody"), "MODEL_NOT_STORED"),
    "a capability that is none": (("bind", "see", "fast", "colours"), "MODEL_BINDING"),
    "a tier that is none": (("bind", "detect", "slow", "colours"), "MODEL_BINDING"),
    "what the model does not do": (("bind", "segment", "fast", "colours"), "MODEL_BINDING"),
    "a bench without a mesh": (("bench", "colours"), "LOCAL_MESH"),
    "a bench on no picture": (("bench", "colours", "--image", "gone.png"), "FILE_NOT_READABLE"),
    "a network that is not there": (("add", "x", "gone.onnx", "{home}/colours.toml"), "MODEL_DESCRIPTOR"),
    "a descriptor that is not there": (("add", "x", "{home}/colours.onnx", "gone.toml"), "MODEL_DESCRIPTOR"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_is_said_in_a_line_with_its_reason_and_what_to_do(home: Path, fault: str) -> None:
    add(home)
    words, reason = FAULTS[fault]

    result = run(*(word.format(home=home) for word in words))

    assert result.exit_code == 1
    first, *rest = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert f"[{reason}]" in result.stderr
    assert rest, "and what to do about it"
    assert "Traceback" not in result.output


def test_what_is_bound_is_not_replaced_by_another_of_its_name(home: Path) -> None:
    add(home)
    run("bind", "detect", "accurate", "colours")

    again = add(home)

    assert again.exit_code == 1
    assert "MODEL_BOUND" in again.stderr
