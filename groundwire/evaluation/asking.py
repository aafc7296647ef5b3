"""Asks a mesh everything that a set asks, so many calls at a time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf import json_format

from groundwire.errors import GroundwireError, ResourceExhausted, Unavailable
from groundwire.evaluation.examples import Phrases, Question
from groundwire.evaluation.journal import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from groundwire.answers import Answer
    from groundwire.async_client import AsyncClient
    from groundwire.calls import StakesWord
    from groundwire.evaluation.examples import Example
    from groundwire.evaluation.journal import Journal

GIVE_UP_AFTER = 8
"""So many calls in a row that found no mesh end the run: it is gone, and what was answered is kept."""

TRIES = 4
"""Of a call that the mesh turns away because it is busy."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How to ask.

    Attributes:
        concurrency: Calls in flight, at most.
        timeout_s: Deadline of each call, seconds.
        stakes: What an error would cost.
    """

    concurrency: int = 4
    timeout_s: float = 60.0
    stakes: StakesWord = "standard"


async def ask_all(
    client: AsyncClient,
    examples: Sequence[Example],
    journal: Journal,
    pace: Pace,
    told: Callable[[Call], None] = lambda _: None,
) -> None:
    """Ask what the journal has no answer to yet, and write down what comes.

    Args:
        client: Of the mesh.
        examples: What to ask.
        journal: Where answers and errors go.
        pace: How to ask.
        told: Called with each call that ended.

    Raises:
        Unavailable: The mesh is gone. The journal keeps what was answered.
    """
    waiting = iter([example for example in examples if example.id not in journal.calls])
    lost = _Lost()
    workers = [_worker(client, waiting, journal, pace, _noting(told, lost)) for _ in range(pace.concurrency)]
    try:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker)
    except* Unavailable as errors:
        raise errors.exceptions[0] from None


class _Lost:
    """Counts calls in a row that found no mesh."""

    def __init__(self) -> None:
        self.in_a_row = 0

    def note(self, call: Call) -> None:
        self.in_a_row = self.in_a_row + 1 if call.error == Unavailable.default_reason else 0
        if self.in_a_row >= GIVE_UP_AFTER:
            raise Unavailable(
                f"the mesh is gone: {call.message}",
                remedy="start it again and repeat the command: what was answered is kept and not asked again",
            )


def _noting(told: Callable[[Call], None], lost: _Lost) -> Callable[[Call], None]:
    def note(call: Call) -> None:
        told(call)
        lost.note(call)

    return note


async def _worker(
    client: AsyncClient, waiting: Iterator[Example], journal: Journal, pace: Pace, note: Callable[[Call], None]
) -> None:
    for example in waiting:
        call = await _call(client, example, pace)
        journal.write(call)
        note(call)


async def _call(client: AsyncClient, example: Example, pace: Pace) -> Call:
    began = time.perf_counter()
    try:
        answer = await _patiently(client, example, pace)
    except GroundwireError as error:
        return Call(example.id, None, error.reason, error.message, time.perf_counter() - began)
    took_s = time.perf_counter() - began
    return Call(example.id, json_format.MessageToDict(answer.proto), seconds=took_s)


async def _patiently(client: AsyncClient, example: Example, pace: Pace) -> Answer:
    """The answer; a mesh that says that it is busy is asked again when it said that it would have time."""
    for left in reversed(range(TRIES)):
        try:
            return await _answer(client, example, pace)
        except ResourceExhausted as error:
            if error.retry_after_s is None or not left:
                raise
            await asyncio.sleep(error.retry_after_s)
    raise AssertionError("the last try returns or raises")


async def _answer(client: AsyncClient, example: Example, pace: Pace) -> Answer:
    ask, stakes, timeout_s = example.ask, pace.stakes, pace.timeout_s
    if isinstance(ask, Question):
        return await client.ask(example.image, ask.text, stakes=stakes, timeout_s=timeout_s)
    if isinstance(ask, Phrases):
        return await client.ground(example.image, ask.phrases, stakes=stakes, timeout_s=timeout_s)
    return await client.read(example.image, stakes=stakes, timeout_s=timeout_s)
