"""`Client` against real gRPC servers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import grpc
import pytest

from groundwire import (
    Client,
    DeadlineExceeded,
    Document,
    GroundwireError,
    ImageDigest,
    Internal,
    InvalidRequest,
    NotFound,
    ResourceExhausted,
    State,
    Unavailable,
    Unimplemented,
)
from groundwire.events import Admitted, Answered, Checked, Escalated, Looked, Planned
from groundwire.v1 import answer_pb2, region_pb2
from tests.fakes import canned

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from tests.fakes.grounding import SimulatedMesh

QUESTION = "What brand is written on the motorcycle?"


def test_a_question_is_answered_with_cited_regions(client: Client, photo: Path) -> None:
    answer = client.ask(photo, QUESTION, stakes="critical")
    assert answer.question == QUESTION
    assert answer.best is not None
    assert [region.text for region in answer.regions_of(answer.best)] == ["YAMAHA"]
    assert answer.proto.stakes == answer_pb2.STAKES_CRITICAL
    assert answer.draw().size == (741, 500), "the picture that was sent is at hand"


def test_a_second_question_needs_no_second_upload(client: Client, photo: Path) -> None:
    first = client.ask(photo, QUESTION)
    for held in (first.image, ImageDigest(first.image.digest), f"sha256:{first.image.digest}"):
        assert client.ask(held, QUESTION).image == first.image
    assert client.crop(first.image).size == (741, 500)
    assert client.crop(first.image, (10, 20, 40, 60)).size == (30, 40)
    with pytest.raises(InvalidRequest, match="holds"):
        client.crop(photo)


def test_the_stream_tells_the_story_and_ends_with_the_answer(client: Client, png: bytes) -> None:
    events = list(client.ask_stream(png, QUESTION))
    assert [type(event) for event in events] == [Admitted, Planned, Looked, Escalated, Checked, Answered]
    assert isinstance(events[-1], Answered)
    assert events[-1].answer.best is not None
    assert events[-1].answer.picture() is not None


def test_a_stream_may_be_left_early(client: Client, png: bytes) -> None:
    for event in client.ask_stream(png, QUESTION):
        assert isinstance(event, Admitted)
        break
    assert client.ask(png, QUESTION).best is not None


def test_phrases_are_found_or_rejected(client: Client, photo: Path) -> None:
    answer = client.ground(photo, ["red dog", "cat"])
    assert [abstention.target_id for abstention in answer.abstentions] == ["t1", "t2"]
    assert answer.abstentions[0].capability == region_pb2.CAPABILITY_DETECT


def test_lettering_is_read(client: Client, photo: Path) -> None:
    assert [claim.text for claim in client.read(photo).claims] == ["It says GARAGE.", "It says YAMAHA."]


def test_answers_are_found_again(client: Client, photo: Path) -> None:
    given = [client.ask(photo, QUESTION) for _ in range(3)]
    assert client.get_answer(given[0].id).proto == given[0].proto
    page = client.list_answers(page_size=2)
    assert [summary.id for summary in page.answers] == [given[2].id, given[1].id]
    rest = client.list_answers(page_size=2, page_token=page.next_page_token)
    assert [summary.id for summary in rest.answers] == [given[0].id]
    assert not rest.next_page_token


def test_claims_are_explained_and_traced(client: Client, photo: Path) -> None:
    answer = client.ask(photo, QUESTION)
    chain = client.explain(answer.id, "c1")
    assert client.explain(answer.id) == chain, "the most credible claim, when none is named"
    assert [region.id for region in chain.rival_regions] == ["r1"]
    assert client.trace(answer.trace_id)[0].name == "Ask"
    with pytest.raises(NotFound, match="no claim to explain"):
        client.explain(client.ask(photo, "a red dog").id)


def test_status_knows_every_service(client: Client, mesh: SimulatedMesh) -> None:
    status = client.status()
    assert status.serving
    assert {service.name: service.address for service in status.services} == mesh.addresses.by_name
    assert [capability.capability for capability in status.capabilities] == [1, 2]


def test_status_survives_what_is_gone(client: Client, mesh: SimulatedMesh) -> None:
    mesh.stop("perception")
    mesh.health["llm"].enter_graceful_shutdown()
    status = client.status(timeout_s=5)
    states = {service.name: service.state for service in status.services}
    assert states == {
        "fusion": State.SERVING,
        "perception": State.UNREACHABLE,
        "llm": State.NOT_SERVING,
        "provenance": State.SERVING,
    }
    assert status.capabilities == ()
    problem = status.services[1].problem
    assert isinstance(problem, Unavailable)
    assert mesh.addresses.perception in problem.message


@pytest.mark.parametrize(
    ("question", "kind", "code", "reason", "metadata"),
    [
        ("", InvalidRequest, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", {"field": "question"}),
        ("busy", ResourceExhausted, grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", {}),
        ("unrecorded", Unavailable, grpc.StatusCode.UNAVAILABLE, "NOT_RECORDED", {"part": "provenance"}),
    ],
)
def test_what_the_mesh_worded_arrives_unchanged(
    client: Client,
    png: bytes,
    question: str,
    kind: type[GroundwireError],
    code: grpc.StatusCode,
    reason: str,
    metadata: dict[str, str],
) -> None:
    for ask in (lambda: client.ask(png, question), lambda: list(client.ask_stream(png, question))):
        with pytest.raises(kind) as caught:
            ask()
        error = caught.value
        assert (error.code, error.reason, dict(error.metadata)) == (code, reason, metadata)
        assert error.remedy
        assert str(error) == f"{error.message}; {error.remedy} [{reason}]"


def test_overload_says_how_long_to_wait(client: Client, png: bytes) -> None:
    with pytest.raises(ResourceExhausted) as caught:
        client.ask(png, "busy")
    assert caught.value.retry_after_s == 1.5


def test_a_fault_that_nobody_worded_is_still_typed(client: Client, png: bytes) -> None:
    with pytest.raises(Internal, match="nobody worded this") as caught:
        client.ask(png, "fault")
    assert caught.value.metadata["part"] == "fusion"


def test_bytes_that_are_no_picture_are_refused_by_the_mesh(client: Client) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.ask(b"text", QUESTION)
    assert caught.value.reason == "UNREADABLE_IMAGE"


@pytest.mark.parametrize("call", ["get_answer", "explain", "trace"])
def test_unknown_records_are_not_found(client: Client, call: str) -> None:
    with pytest.raises(NotFound) as caught:
        getattr(client, call)("0192f3a4-0000-7000-8000-000000000000")
    assert caught.value.reason == "RECORD_NOT_FOUND"


def test_an_unknown_image_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        client.ask(ImageDigest("0f" * 32), QUESTION)
    assert caught.value.reason == "IMAGE_NOT_FOUND"


def test_a_deadline_ends_the_call_and_says_so(client: Client, png: bytes) -> None:
    for ask in (
        lambda: client.ask(png, "slow", timeout_s=0.2),
        lambda: list(client.ask_stream(png, "slow", timeout_s=0.2)),
    ):
        with pytest.raises(DeadlineExceeded, match=r"0\.2 s") as caught:
            ask()
        assert caught.value.reason == "DEADLINE_EXCEEDED"
        assert "timeout_s" in caught.value.remedy


def test_leaving_a_stream_cancels_the_call(client: Client, mesh: SimulatedMesh, png: bytes) -> None:
    stream = client.ask_stream(png, "dawdle")
    assert isinstance(next(iter(stream)), Admitted)
    assert mesh.world.waiting.wait(10)
    stream.close()  # type: ignore[attr-defined]  # what a `break` does as soon as the stream is forgotten
    assert mesh.world.abandoned.wait(10)


def test_where_nobody_listens_the_remedy_is_to_start_the_mesh(png: bytes) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: the port refuses, and nobody else can take it.
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with Client(address, timeout_s=10) as client, pytest.raises(Unavailable, match=address) as caught:
            client.ask(png, QUESTION)
    assert "make up" in caught.value.remedy


def test_the_wrong_service_is_recognised(mesh: SimulatedMesh, png: bytes) -> None:
    with (
        Client(mesh.addresses.provenance) as client,
        pytest.raises(Unimplemented, match=mesh.addresses.provenance) as caught,
    ):
        client.ask(png, QUESTION)
    assert "fusion" in caught.value.remedy


def test_hostile_lettering_comes_back_verbatim(client: Client, png: bytes) -> None:
    assert client.ask(png, "hostile").regions[0].text == canned.HOSTILE


MANUAL = Document("manual", "Cups are washed by hand.", "Manual")
FACE = (100, 300, 140, 350)


def brightest(image: Image.Image) -> int:
    return int(image.convert("L").getextrema()[1])  # type: ignore[arg-type]  # one band: two numbers


def test_everything_beside_the_question_reaches_the_mesh(client: Client, png: bytes) -> None:
    asked = client.ask(png, QUESTION, documents=[MANUAL], conversation="desk", relevance=True, redact=[FACE])
    (*_, last) = client.ask_stream(
        png, QUESTION, documents=[MANUAL], conversation="desk", relevance=True, redact=[FACE]
    )
    assert isinstance(last, Answered)
    for answer in (asked, last.answer):
        assert list(answer.documents) == [MANUAL.message]
        assert answer.conversation == "desk"
        assert [each.values for each in answer.relevance] == [b"\0\xff"]
        assert [(each.box.x_min, each.box.y_max) for each in answer.redactions] == [(100, 350)]
    plain = client.ask(png, QUESTION)
    assert (plain.documents, plain.conversation, plain.relevance, plain.redactions) == ((), "", (), ())


@pytest.mark.parametrize("call", ["ask", "ground", "read"])
def test_what_was_painted_over_is_black_in_the_mesh_and_on_what_is_drawn_here(
    client: Client, png: bytes, call: str
) -> None:
    words = () if call == "read" else ("red dog",)
    answer = getattr(client, call)(png, *words, redact=[FACE])
    picture = answer.picture()
    assert picture is not None
    for image in (client.crop(answer.image), picture, answer.draw()):
        assert brightest(image.crop(FACE)) < 10, "the shade around cited regions is not wholly black"
        assert brightest(image.crop((99, 300, 100, 350))) > 50


def test_an_answer_may_be_kept_by_nobody(client: Client, png: bytes) -> None:
    for store in ("all", "tenant"):
        kept = client.ask(png, QUESTION, store=store)
        assert client.get_answer(kept.id).best == kept.best
    unkept = client.ask(png, QUESTION, store="none")
    assert unkept.best is not None
    with pytest.raises(NotFound):
        client.get_answer(unkept.id)


def test_what_cannot_be_sent_is_refused_before_it_is(client: Client, mesh: SimulatedMesh, png: bytes) -> None:
    held = client.ask(png, QUESTION).image
    for image, more in (
        (held, {"redact": [FACE]}),
        (png, {"redact": [(1, 1, 1, 1)]}),
        (png, {"documents": [Document(f"d{number}", "x") for number in range(9)]}),
        (png, {"documents": [MANUAL, MANUAL]}),
        (png, {"conversation": "two words"}),
        (png, {"store": "some"}),
    ):
        for ask in (client.ask, client.ask_stream):
            with pytest.raises(InvalidRequest) as caught:
                ask(image, QUESTION, **more)
            assert caught.value.remedy
    assert len(mesh.world.answers) == 1
