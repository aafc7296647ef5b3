"""`groundwire eval` against real gRPC servers: what it asks, keeps, writes, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from groundwire.cli import app
from groundwire.evaluation import journal
from tests.fakes.grounding import SimulatedMesh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typer.testing import Result

EXAMPLES: list[dict[str, Any]] = [
    {"id": "brand", "question": "What brand is it?", "gold": [{"reading": {"text": "YAMAHA"}}], "stratum": "text"},
    {"id": "wrong", "question": "Which brand?", "gold": [{"reading": {"text": "HONDA"}}], "stratum": "text"},
    {"id": "hostile", "question": "hostile", "gold": [{"reading": {"text": "x"}}], "stratum": "text"},
    {"id": "lamp", "question": "Is there a lamp?", "gold": [{"absent": {}}], "stratum": "absence"},
    {"id": "two", "phrases": ["cup", "dog"], "gold": [{"located": {}, "boxes_xyxy": [[1, 2, 9, 9]]}, {"absent": {}}]},
    {"id": "all", "read": True, "gold": [{"reading": {"text": "YAMAHA"}}], "lettering": ["YAMAHA", "GARAGE"]},
    {"id": "fault", "question": "fault", "gold": [{"absent": {}}], "stratum": "absence"},
]


@pytest.fixture
def mesh() -> Iterator[SimulatedMesh]:
    with SimulatedMesh() as simulated:
        yield simulated


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A labelled set in this project's own layout."""
    Image.new("RGB", (741, 500), (120, 120, 120)).save(tmp_path / "photo.png")
    rows = [json.dumps({**row, "image": "photo.png"}) for row in EXAMPLES]
    (tmp_path / "own.jsonl").write_text("\n".join(rows))
    return tmp_path


@pytest.fixture
def environ(mesh: SimulatedMesh, tmp_path: Path) -> dict[str, str]:
    at = mesh.addresses
    return {
        "GROUNDWIRE_ADDRESS": at.fusion,
        "GROUNDWIRE_PERCEPTION_ADDRESS": at.perception,
        "GROUNDWIRE_LLM_ADDRESS": at.llm,
        "GROUNDWIRE_PROVENANCE_ADDRESS": at.provenance,
        "GROUNDWIRE_HOME": str(tmp_path / "home"),
        "COLUMNS": "200",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(app, ["eval", *arguments], env=environ)


def test_a_run_writes_figures_outcomes_and_a_report(run: Callable[..., Result], folder: Path) -> None:
    told = run("groundwire", str(folder), "--json", str(folder / "r.json"), "--html", str(folder / "r.html"))
    assert told.exit_code == 0, told.output
    written = json.loads((folder / "r.json").read_text())
    outcomes = {row["id"]: row for row in written["outcomes"]}
    assert {name: row["credit"] for name, row in outcomes.items()} == {
        "brand": 1.0,
        "wrong": 0.0,
        "hostile": 0.0,
        "lamp": 0.0,
        "two/1": 0.0,
        "two/2": 0.0,
        "all": pytest.approx(2 / 3),
        "fault": 0.0,
    }
    assert outcomes["fault"]["error"] == "INTERNAL"
    assert outcomes["lamp"]["abstained"] == "not checkable"
    assert written["metrics"]["errors"]["value"] == pytest.approx(1 / 8)
    assert written["metrics"]["n-acc"]["value"] == 0
    assert written["models"][0].startswith("read_text/fast: read_text 1")
    assert "accuracy" in told.output


class _Names(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]


def test_the_report_is_one_file_failures_first_and_lettering_is_no_markup(
    run: Callable[..., Result], folder: Path
) -> None:
    run("groundwire", str(folder), "--html", str(folder / "r.html"))
    page = (folder / "r.html").read_text()
    names = _Names()
    names.feed(page)
    assert "script" not in names.tags
    assert names.addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in names.addresses)
    marks = re.findall(r'<span class="mark [^"]+">([a-z ]+)</span>', page.split("failures first")[1])
    assert marks == sorted(marks, key=["error", "wrong and supported", "wrong", "abstained", "right"].index)
    assert (marks[0], marks[-1]) == ("error", "right")


def test_a_gate_that_is_not_reached_fails_and_is_named(run: Callable[..., Result], folder: Path) -> None:
    told = run("groundwire", str(folder), "--fail-under", "accuracy=0.9", "--fail-under", "parse-failures=1")
    assert told.exit_code == 1
    assert "not reached: accuracy is" in told.output
    assert "parse-failures is" not in told.output


def test_what_is_answered_is_not_asked_again(run: Callable[..., Result], folder: Path, mesh: SimulatedMesh) -> None:
    answers = folder / "a.answers.jsonl"
    assert run("groundwire", str(folder), "--answers", str(answers)).exit_code == 0
    lines = answers.read_text().splitlines()
    kept = [line for line in lines if '"finished"' not in line]
    answers.write_text("\n".join(kept[:4]) + "\n")  # the head and three calls: the run broke there
    before = len(mesh.world.answers)
    assert run("groundwire", str(folder), "--answers", str(answers), "--concurrency", "1").exit_code == 0
    done = {call.example for call in journal.read(answers)}
    assert done == {row["id"] for row in EXAMPLES}
    kept_answers = sum(json.loads(line)["answer"] is not None for line in kept[1:4])
    assert len(mesh.world.answers) - before == len(EXAMPLES) - 1 - kept_answers  # "fault" is never answered


def test_a_mesh_that_is_gone_is_an_error_with_a_remedy(folder: Path, environ: dict[str, str]) -> None:
    gone = {**environ, "GROUNDWIRE_ADDRESS": "127.0.0.1:1"}
    told = CliRunner().invoke(app, ["eval", "groundwire", str(folder), "--timeout", "2"], env=gone)
    assert told.exit_code == 1
    assert "cannot be reached" in told.output
    assert "start the mesh" in told.output


def test_two_runs_are_compared(run: Callable[..., Result], folder: Path) -> None:
    run("groundwire", str(folder), "--json", str(folder / "a.json"))
    text = (folder / "own.jsonl").read_text()
    (folder / "own.jsonl").write_text(text)
    run("groundwire", str(folder), "--json", str(folder / "b.json"))
    same = run("compare", str(folder / "a.json"), str(folder / "b.json"))
    assert same.exit_code == 0, same.output
    assert "8 pairs: 0 won, 0 lost; McNemar p = 1.0000, not significant" in same.output
    body = json.loads((folder / "b.json").read_text())
    for row in body["outcomes"]:
        row["credit"] = 1.0
    (folder / "b.json").write_text(json.dumps(body))
    better = run("compare", str(folder / "a.json"), str(folder / "b.json"))
    assert "6 won, 0 lost" in better.output
    assert "McNemar p = 0.0312, significant" in better.output


def test_robustness_asks_under_each_corruption_and_in_other_words(run: Callable[..., Result], folder: Path) -> None:
    options = ["--corruption", "jpeg", "--corruption", "rotation", "--severity", "2", "--severity", "5"]
    files = ["--json", str(folder / "r.json"), "--html", str(folder / "r.html")]
    told = run("robustness", "groundwire", str(folder), *options, *files)
    assert told.exit_code == 0, told.output
    written = json.loads((folder / "r.json").read_text())
    assert [(cell["corruption"], cell["severity"]) for cell in written["cells"]] == [
        ("jpeg", 2),
        ("jpeg", 5),
        ("rotation", 2),
        ("rotation", 5),
    ]
    assert [row["template"] for row in written["paraphrases"]] == [
        "Can you see a …?",
        "Does the picture show a …?",
        "Do you see any …?",
    ]
    assert "<rect" in (folder / "r.html").read_text() or written["clean"]["accuracy"] == 0


def test_scenes_are_rendered_and_can_be_asked_about(run: Callable[..., Result], tmp_path: Path) -> None:
    out = tmp_path / "scenes"
    told = run("scenes", "--out", str(out), "--seed", "2", "--count", "1", "--kind", "table")
    assert told.exit_code == 0, told.output
    assert sorted(path.name for path in out.iterdir()) == ["scenes.jsonl", "table-000.png"]
    assert run("groundwire", str(out)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("imagenet", "."), "there is no set"),
        (("groundwire", "/absent"), "there is no folder"),
        (("groundwire", ".", "--fail-under", "accuracy"), "is no METRIC=VALUE"),
        (("groundwire", ".", "--json", "/absent/r.json"), "cannot be written"),
        (("compare", "/absent/a.json", "/absent/b.json"), "is no result of groundwire eval"),
        (("robustness", "groundwire", ".", "--corruption", "fog"), "there is no corruption"),
        (("scenes", "--out", "x", "--kind", "circus"), "there is no kind of scene"),
    ],
)
def test_bad_input_is_named_with_a_remedy(run: Callable[..., Result], arguments: tuple[str, ...], said: str) -> None:
    told = run(*arguments)
    assert told.exit_code == 1
    assert said in told.output
    assert len(told.output.splitlines()) >= 2


def test_the_sets_are_listed(run: Callable[..., Result]) -> None:
    told = run("sets")
    assert told.exit_code == 0
    assert "refcoco" in told.output


def test_the_command_line_does_without_what_evaluation_needs() -> None:
    """A caller's installation has neither numpy nor the rest: only `groundwire eval` may miss them."""
    hidden = ("numpy", "pycocotools", "jinja2", "rapidfuzz", "psutil")
    code = (
        f"import sys\nfor name in {hidden!r}: sys.modules[name] = None\nimport groundwire.cli\ngroundwire.cli.main()\n"
    )

    def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - ours

    assert ran("--help").returncode == 0
    told = ran("eval", "sets")
    assert told.returncode == 1
    assert "is missing" in told.stderr
    assert "groundwire[eval]" in told.stderr
