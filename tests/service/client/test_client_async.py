"""`AsyncClient` against real gRPC servers: as `Client`, method for method."""

from __future__ import annotations

import asyncio
import inspect
import socket
from typing import TYPE_CHECKING

import pytest

from groundwire import (
    AsyncClient,
    Client,
    DeadlineExceeded,
    Document,
    InvalidRequest,
    NotFound,
    PictureFile,
    Unavailable,
)
from groundwire.events import Admitted, Answered, Checked, Escalated, Looked, Planned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.grounding import SimulatedMesh

QUESTION = "What brand is written on the motorcycle?"


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[inspect.Parameter]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: list(inspect.signature(method).parameters.values())
            for name, method in found
            if not name.startswith("_")
        }

    assert methods(Client) == methods(AsyncClient)


async def test_questions_are_answered_side_by_side(async_client: AsyncClient, photo: Path) -> None:
    answers = await asyncio.gather(*(async_client.ask(photo, QUESTION) for _ in range(4)))
    assert len({answer.id for answer in answers}) == 4
    assert all(answer.best is not None for answer in answers)


async def test_the_stream_tells_the_story(async_client: AsyncClient, photo: Path) -> None:
    events = [event async for event in async_client.ask_stream(photo, QUESTION)]
    assert [type(event) for event in events] == [Admitted, Planned, Looked, Escalated, Checked, Answered]


async def test_everything_else(async_client: AsyncClient, photo: Path) -> None:
    answer = await async_client.ask(photo, QUESTION)
    assert (await async_client.get_answer(answer.id)).proto == answer.proto
    assert (await async_client.explain(answer.id)).claim.id == "c1"
    assert (await async_client.trace(answer.trace_id))[0].name == "Ask"
    assert (await async_client.crop(answer.image, (0, 0, 10, 20))).size == (10, 20)
    assert len((await async_client.read(photo)).claims) == 2
    assert len((await async_client.ground(photo, "red dog")).abstentions) == 1
    assert len((await async_client.list_answers()).answers) == 3
    status = await async_client.status()
    assert status.serving
    assert len(status.capabilities) == 2


@pytest.mark.parametrize(
    ("question", "kind", "reason"),
    [("", InvalidRequest, "INVALID_FIELD"), ("unrecorded", Unavailable, "NOT_RECORDED")],
)
async def test_errors_are_typed(
    async_client: AsyncClient, png: bytes, question: str, kind: type[Exception], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        await async_client.ask(png, question)
    with pytest.raises(kind, match=reason):
        await anext(async_client.ask_stream(png, question))


async def test_everything_beside_the_question_reaches_the_mesh(async_client: AsyncClient, png: bytes) -> None:
    manual, face = Document("manual", "Cups are washed by hand."), (10, 20, 30, 45)
    asked = await async_client.ask(
        png, QUESTION, documents=[manual], conversation="desk", relevance=True, store="none", redact=[face]
    )
    events = async_client.ask_stream(
        png, QUESTION, documents=[manual], conversation="desk", relevance=True, store="none", redact=[face]
    )
    last = [event async for event in events][-1]
    assert isinstance(last, Answered)
    for answer in (asked, last.answer):
        assert list(answer.documents) == [manual.message]
        assert (answer.conversation, len(answer.relevance), len(answer.redactions)) == ("desk", 1, 1)
        with pytest.raises(NotFound):
            await async_client.get_answer(answer.id)
    assert (await async_client.ground(png, "red dog", redact=[face])).redactions
    assert (await async_client.read(png, redact=[face])).redactions


async def test_what_cannot_be_painted_over_is_refused(async_client: AsyncClient, png: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no box"):
        await async_client.ask(png, QUESTION, redact=[(1, 1, 1, 1)])
    with pytest.raises(InvalidRequest, match="no box"):
        await anext(async_client.ask_stream(png, QUESTION, redact=[(1, 1, 1, 1)]))


async def test_files_and_records_that_are_not_there(async_client: AsyncClient, tmp_path: Path) -> None:
    with pytest.raises(PictureFile, match="NO_SUCH_FILE"):
        await async_client.ask(tmp_path / "none.png", QUESTION)
    with pytest.raises(NotFound, match="RECORD_NOT_FOUND"):
        await async_client.get_answer("none")


async def test_a_deadline_ends_the_call(async_client: AsyncClient, png: bytes) -> None:
    with pytest.raises(DeadlineExceeded, match=r"0\.2 s"):
        await async_client.ask(png, "slow", timeout_s=0.2)


async def test_a_cancelled_task_cancels_its_call(async_client: AsyncClient, mesh: SimulatedMesh, png: bytes) -> None:
    task = asyncio.create_task(async_client.ask(png, "slow"))
    assert await asyncio.to_thread(mesh.world.waiting.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(mesh.world.abandoned.wait, 10)


async def test_where_nobody_listens(png: bytes) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with AsyncClient(address, timeout_s=10) as client:
            with pytest.raises(Unavailable, match="make up"):
                await client.ask(png, QUESTION)
