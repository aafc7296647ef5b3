"""Parts that die while the mesh is at work: what callers see, and that it comes back."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from groundwire import Answered, Planned, Unavailable
from tests.mesh.conftest import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire import Client
    from groundwire.mesh.local import Mesh

BRAND = "What brand is written on the motorcycle?"


@pytest.fixture
def caller(traced_mesh: Mesh) -> Iterator[Client]:
    with client_of(traced_mesh) as client:
        yield client


def watched(mesh: Mesh, name: str) -> psutil.Process:
    """The process of a part that supervisord watches."""
    return psutil.Process(next(part.process.pid for part in mesh.status() if part.name == name))


def kill(process: psutil.Process) -> None:
    """End a process and its children without warning."""
    for one in (*process.children(recursive=True), process):
        with suppress(psutil.NoSuchProcess):  # children end with their parents, sooner than they are reached
            one.kill()


@contextmanager
def held_down(mesh: Mesh, name: str) -> Iterator[None]:
    """A part whose work is dead and whose watched process is frozen, so that it is not started again."""
    watcher = watched(mesh, name)
    watcher.suspend()
    for child in watcher.children():
        kill(child)
    try:
        yield
    finally:
        watcher.resume()
        mesh.wait(name)


def test_a_triton_that_dies_in_the_middle_of_a_call_is_named(
    traced_mesh: Mesh, caller: Client, motorcycle: Path
) -> None:
    events = caller.ask_stream(motorcycle, BRAND)
    with pytest.raises(Unavailable) as caught:  # noqa: PT012 - the kill belongs between two events
        for event in events:
            if isinstance(event, Planned):
                kill(watched(traced_mesh, "triton"))
            assert not isinstance(event, Answered)
    assert caught.value.metadata["part"] == "triton"
    assert caught.value.remedy
    traced_mesh.wait("triton", "perception", "fusion")
    assert caller.ask(motorcycle, BRAND).supported


def test_a_model_s_process_that_dies_is_started_anew_and_the_caller_is_answered(
    traced_mesh: Mesh, caller: Client, motorcycle: Path
) -> None:
    answers = []
    for event in caller.ask_stream(motorcycle, BRAND):
        if isinstance(event, Planned):
            for worker in watched(traced_mesh, "triton").children():
                kill(worker)
        if isinstance(event, Answered):
            answers.append(event.answer)
    assert [bool(answer.supported) for answer in answers] == [True]


def test_without_postgresql_nothing_is_answered_and_nothing_recorded_is_lost(
    traced_mesh: Mesh, caller: Client, motorcycle: Path
) -> None:
    before = caller.ask(motorcycle, BRAND)
    with held_down(traced_mesh, "postgres"), pytest.raises(Unavailable) as caught:
        caller.ask(before.image, BRAND)
    assert caught.value.reason in {"NOT_RECORDED", "PART_UNAVAILABLE"}
    traced_mesh.wait("provenance", "fusion")
    after = caller.ask(before.image, BRAND)
    assert caller.get_answer(before.id).record == before.record
    assert after.record.index == before.record.index + 1
