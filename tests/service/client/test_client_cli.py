"""The command line against real gRPC servers: what is printed where, what lies on disk, how it ends."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format
from PIL import Image
from typer.testing import CliRunner

from groundwire import Answer
from groundwire.addresses import Addresses
from groundwire.cli import app, connect, example
from groundwire.mesh.places import supervisor_socket
from groundwire.mesh.state import State
from groundwire.mesh.table import Kind
from groundwire.v1 import provenance_service_pb2
from tests.fakes import canned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typer.testing import Result

    from tests.fakes.grounding import SimulatedMesh

QUESTION = "What brand is written on the motorcycle?"
FIRST = "0192f3a4-1111-7000-8000-000000000000"
SECOND = "0192f3a4-1111-7000-8000-000000000001"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run: an empty folder without a mesh of its own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("GROUNDWIRE_HOME", str(tmp_path / "home"))
    return tmp_path / "here"


@pytest.fixture
def environment(mesh: SimulatedMesh, folder: Path) -> dict[str, str]:
    assert folder.is_dir()
    at = mesh.addresses
    return {
        "GROUNDWIRE_ADDRESS": at.fusion,
        "GROUNDWIRE_PERCEPTION_ADDRESS": at.perception,
        "GROUNDWIRE_LLM_ADDRESS": at.llm,
        "GROUNDWIRE_PROVENANCE_ADDRESS": at.provenance,
    }


@pytest.fixture
def groundwire(environment: dict[str, str]) -> Callable[..., Result]:
    def command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)

    return command


def test_an_answer_is_a_table_a_picture_and_the_ids(
    groundwire: Callable[..., Result], photo: Path, folder: Path
) -> None:
    result = groundwire("ask", photo, QUESTION)
    assert result.exit_code == 0
    for said in ("YAMAHA", "supported", "raw 0.97", "fast tier not believed", canned.TRACE_ID, "photo.groundwire.png"):
        assert said in result.stdout
    with Image.open(folder / "photo.groundwire.png") as picture:
        assert picture.size == (741, 500)


def test_abstaining_is_answering(groundwire: Callable[..., Result], photo: Path) -> None:
    result = groundwire("ask", photo, "a red dog", "--no-picture")
    assert result.exit_code == 0
    assert "not checkable" in result.stdout
    assert "GROUNDWIRE_PERCEPTION_BINDINGS" in result.stdout


@pytest.mark.parametrize("command", [("ask", QUESTION), ("ground", "red dog", "cat"), ("read",)])
def test_json_is_alone_on_stdout_and_writes_nothing(
    groundwire: Callable[..., Result], mesh: SimulatedMesh, photo: Path, folder: Path, command: tuple[str, ...]
) -> None:
    result = groundwire(command[0], photo, *command[1:], "--json")
    assert result.exit_code == 0
    assert Answer.from_json(result.stdout).proto == mesh.world.answers[0]
    assert not list(folder.iterdir())


def test_json_stays_alone_in_a_real_process_and_beside_a_picture(
    environment: dict[str, str], photo: Path, folder: Path
) -> None:
    command = [sys.executable, "-m", "groundwire", "ask", str(photo), QUESTION, "--json", "--out", "out.png"]
    python_path = {"PYTHONPATH": str(Path(__file__).parents[3])}
    env = os.environ | environment | python_path
    ended = subprocess.run(command, env=env, capture_output=True, check=True)  # noqa: S603 - our own arguments
    assert Answer.from_json(ended.stdout.decode()).best is not None
    assert b"out.png" in ended.stderr
    assert (folder / "out.png").is_file()


def test_the_ending_is_the_format(groundwire: Callable[..., Result], photo: Path, folder: Path) -> None:
    assert groundwire("read", photo, "--out", "seen.webp").exit_code == 0
    with Image.open(folder / "seen.webp") as picture:
        assert picture.format == "WEBP"


def test_an_image_that_the_mesh_holds_is_asked_about_and_drawn(
    groundwire: Callable[..., Result], mesh: SimulatedMesh, photo: Path, folder: Path
) -> None:
    groundwire("ask", photo, QUESTION, "--no-picture")
    digest = mesh.world.answers[0].image.digest
    assert groundwire("ask", f"sha256:{digest}", QUESTION).exit_code == 0
    assert (folder / f"{digest[:12]}.groundwire.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("ask", "{photo}", ""), "INVALID_FIELD"),
        (("ask", "{photo}", "busy"), "OVERLOADED"),
        (("ask", "{photo}", "unrecorded"), "NOT_RECORDED"),
        (("ask", "{photo}", "fault"), "INTERNAL"),
        (("ask", "{photo}", "slow", "--timeout", "0.2"), "DEADLINE_EXCEEDED"),
        (("ask", "missing.png", "x"), "NO_SUCH_FILE"),
        (("read", "."), "NOT_A_FILE"),
        (("read", __file__), "UNREADABLE_IMAGE"),
        (("ground", "sha256:12", "x"), "INVALID_FIELD"),
        (("ask", "{photo}", QUESTION, "--out", "no/folder.png"), "CANNOT_WRITE"),
        (("ask", "{photo}", QUESTION, "--out", "picture.xyz"), "CANNOT_WRITE"),
        (("ask", "{photo}", QUESTION, "--out", "{photo}"), "CANNOT_WRITE"),
        (("ask", "{photo}", QUESTION, "--address", "nowhere"), "INVALID_FIELD"),
        (("ask", "{photo}", QUESTION, "--document", "missing.txt"), "NO_SUCH_FILE"),
        (("ask", "{photo}", QUESTION, "--document", "{photo}"), "FILE_NOT_READABLE"),
        (("ask", "{photo}", QUESTION, "--document", __file__, "--document", __file__), "INVALID_FIELD"),
        (("ask", "{photo}", QUESTION, "--conversation", "two words"), "INVALID_FIELD"),
        (("ask", "{photo}", QUESTION, "--redact", "5,5,1,1"), "INVALID_FIELD"),
        (("read", "sha256:" + "0f" * 32, "--redact", "1,1,5,5"), "INVALID_FIELD"),
        (("explain", "nope"), "RECORD_NOT_FOUND"),
        (("run", "missing.png", "x"), "NO_SUCH_FILE"),
    ],
)
def test_an_error_says_what_was_wrong_and_what_to_do(
    groundwire: Callable[..., Result], photo: Path, arguments: tuple[str, ...], reason: str
) -> None:
    before = photo.read_bytes()
    result = groundwire(*(argument.format(photo=photo) for argument in arguments))
    assert result.exit_code == 1
    assert result.stdout == ""
    first, *rest = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert f"[{reason}]" in re.sub(r"\s+", " ", result.stderr)
    assert any(line.startswith("  ") and line.strip() for line in rest), "what to do"
    assert "Traceback" not in result.stderr
    assert photo.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "a.png"),
        ("ask", "a.png", "x", "--stakes", "high"),
        ("ask", "a.png", "x", "--timeout", "0"),
        ("ask", "a.png", "x", "--out", "b.png", "--no-picture"),
        ("ask", "a.png", "x", "--redact", "1,2,3"),
        ("ground", "a.png", "x", "--redact", "1,2,3,cat"),
        ("ask", "a.png", "x", "--store", "some"),
        ("run", "a.png"),
        ("list", "--limit", "101"),
        ("nonsense",),
        ("ask", "--nonsense"),
    ],
)
def test_wrong_usage_ends_with_2(groundwire: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    result = groundwire(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: " in result.stderr


def test_where_no_mesh_runs_the_remedy_is_to_start_one(folder: Path, photo: Path) -> None:
    assert folder.is_dir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = CliRunner().invoke(app, ["ask", str(photo), QUESTION, "--address", address, "--timeout", "10"])
    assert result.exit_code == 1
    assert address in result.stderr
    assert "make up" in result.stderr


def test_an_explanation_is_told_for_each_claim_with_its_trace(groundwire: Callable[..., Result], photo: Path) -> None:
    groundwire("read", photo, "--no-picture")
    both = groundwire("explain", FIRST, "--trace")
    assert both.exit_code == 0
    assert both.stdout.count("verdict supported") == 2
    assert "perceive" in both.stdout
    assert groundwire("explain", FIRST, "c2").stdout.count("verdict supported") == 1
    assert groundwire("explain", FIRST, "c9").exit_code == 1


def test_an_abstention_is_explained_too(groundwire: Callable[..., Result], photo: Path) -> None:
    groundwire("ask", photo, "a red dog", "--no-picture")
    told = groundwire("explain", FIRST)
    assert "not answered: not checkable" in told.stdout
    assert "plan locate" in told.stdout


def test_explanations_are_protobuf_json(groundwire: Callable[..., Result], photo: Path) -> None:
    groundwire("ask", photo, QUESTION, "--no-picture")
    told = groundwire("explain", FIRST, "c1", "--json")
    chain = json_format.Parse(told.stdout, provenance_service_pb2.ExplainClaimResponse())
    assert chain.claim.id == "c1"


def test_answers_are_listed_newest_first(groundwire: Callable[..., Result], photo: Path) -> None:
    for question in (QUESTION, "a red dog"):
        groundwire("ask", photo, question, "--no-picture")
    listed = groundwire("list")
    assert 0 < listed.stdout.index(SECOND) < listed.stdout.index(FIRST)
    assert "1 not answered" in listed.stdout
    page = groundwire("list", "--limit", "1", "--json")
    response = json_format.Parse(page.stdout, provenance_service_pb2.ListAnswersResponse())
    assert [summary.question for summary in response.answers] == ["a red dog"]
    assert FIRST in groundwire("list", "--page", response.next_page_token).stdout


def test_status_tells_health_and_bindings(groundwire: Callable[..., Result], mesh: SimulatedMesh) -> None:
    well = groundwire("status")
    assert well.exit_code == 0
    for said in (*mesh.addresses.by_name.values(), "read_text", "GROUNDWIRE_PERCEPTION_BINDINGS"):
        assert said in well.stdout
    mesh.stop("llm")
    ill = groundwire("status", "--json")
    assert ill.exit_code == 1
    states = {service["name"]: service["state"] for service in json.loads(ill.stdout)["services"]}
    assert states == {"fusion": "SERVING", "perception": "SERVING", "llm": "UNREACHABLE", "provenance": "SERVING"}
    assert "llm" in ill.stderr


@pytest.fixture
def running(mesh: SimulatedMesh, folder: Path) -> Iterator[State]:
    """The simulated mesh, found as a started one is: by its state, and by a supervisor that takes connections."""
    home = Path(os.environ["GROUNDWIRE_HOME"])
    assert folder.parent == home.parent
    home.mkdir()
    place = supervisor_socket(home)
    place.parent.mkdir(parents=True, exist_ok=True)
    state = State(home, dict.fromkeys(mesh.addresses.by_name, Kind.SERVICE), mesh.addresses.by_name)
    state.write()
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.bind(str(place))
        supervisor.listen()
        yield state
    place.unlink()


@pytest.mark.parametrize("command", ["ask", "run"])
def test_a_mesh_of_this_folder_is_found_and_left_running(
    running: State, mesh: SimulatedMesh, photo: Path, command: str
) -> None:
    for _ in range(2):
        result = CliRunner().invoke(app, [command, str(photo), QUESTION, "--json"])
        assert result.exit_code == 0
        assert Answer.from_json(result.stdout).best is not None
    assert len(mesh.world.answers) == 2
    assert State.find(running.home) == running


def test_the_address_of_this_folders_mesh_means_all_of_its_services(
    running: State, mesh: SimulatedMesh, photo: Path
) -> None:
    at = running.addresses["fusion"]
    assert CliRunner().invoke(app, ["ask", str(photo), QUESTION, "--address", at]).exit_code == 0
    listed = CliRunner().invoke(app, ["list", "--address", at, "--json"])  # provenance is asked
    assert listed.exit_code == 0
    assert len(mesh.world.answers) == 1
    assert connect.addresses(at) == mesh.addresses
    assert connect.addresses("127.0.0.1:1") == Addresses.beside("127.0.0.1:1")


def test_down_where_nothing_runs_is_no_error(groundwire: Callable[..., Result]) -> None:
    result = groundwire("down")
    assert result.exit_code == 0
    assert "No mesh is running" in result.stderr


@pytest.mark.skipif(find_spec("skimage") is None, reason="scikit-image's wheel, which carries the photo, is not here")
def test_the_example_is_the_photo_of_scikit_image() -> None:
    with Image.open(example.photo()) as picture:
        assert picture.size == (741, 500)


def test_everything_beside_the_question_is_asked_for_in_words(
    groundwire: Callable[..., Result], mesh: SimulatedMesh, photo: Path, folder: Path
) -> None:
    for name in ("manual.txt", "opening hours.md"):
        (folder / name).write_text("Cups are washed by hand.")
    documents = ("--document", "manual.txt", "--document", "opening hours.md")
    redact = ("--redact", "100,300,140,350", "--redact", "-5,0,8.5,8")
    result = groundwire("ask", photo, QUESTION, *documents, "--conversation", "desk", "--relevance", *redact)
    assert result.exit_code == 0, result.stderr
    answer = Answer(mesh.world.answers[0])
    assert [(each.id, each.title) for each in answer.documents] == [
        ("manual", "manual.txt"),
        ("opening-hours", "opening hours.md"),
    ]
    assert answer.conversation == "desk"
    assert [each.box.x_max for each in answer.redactions] == [140, 8.5]
    with Image.open(folder / "photo.groundwire.png") as picture:
        assert picture.convert("L").crop((100, 300, 140, 350)).getextrema()[1] < 10  # type: ignore[operator]
        right, left = picture.getpixel((700, 5)), picture.getpixel((100, 5))
        assert right != left, "only the right half responded"


def test_what_nobody_is_to_keep_is_not_found_again(groundwire: Callable[..., Result], photo: Path) -> None:
    told = groundwire("ask", photo, QUESTION, "--store", "none", "--json")
    assert told.exit_code == 0
    assert groundwire("explain", Answer.from_json(told.stdout).id).exit_code == 1


@pytest.mark.parametrize("command", ["ground", "read"])
def test_other_looks_paint_over_too(
    groundwire: Callable[..., Result], mesh: SimulatedMesh, photo: Path, command: str
) -> None:
    words = ("red dog",) if command == "ground" else ()
    assert groundwire(command, photo, *words, "--redact", "10,20,30,45", "--no-picture").exit_code == 0
    assert len(mesh.world.answers[0].image.redactions) == 1


@pytest.mark.parametrize(
    "command",
    [
        *("", "run", "up", "down", "status", "ask", "ground", "read", "explain", "list"),
        *("verify", "bundle", "erase", "review", "export", "calibrate"),
    ],
)
def test_help_describes_every_command(groundwire: Callable[..., Result], command: str) -> None:
    result = groundwire(*filter(None, [command]), "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout
    assert ("Examples:" in result.stdout) or not command


def test_no_line_of_the_overview_is_cut_short(groundwire: Callable[..., Result]) -> None:
    assert "..." not in groundwire("--help").stdout.partition("Commands:")[2]
