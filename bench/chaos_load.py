"""The callers of a mesh that is being hurt: each asks one question after the other, and notes what it saw."""

from __future__ import annotations

import io
import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from bench.meshes import WORDS, page
from groundwire import Client, GroundwireError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire import Answer
    from groundwire.mesh.local import Mesh

QUESTION = "What is written there?"
CALL_S = 20.0
"""Deadline of one question."""
SIZE = (400, 400)
"""Of the pictures: a line of lettering on white paper. The reader enlarges until the shorter side has 736 pixels."""
HELD = 0
"""Number of the picture that the mesh holds already."""
WARM_S = 60.0
"""Deadline of the first one."""
PAUSE_S = 0.2
"""After a refusal."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: its end (monotonic), its duration, its id and record, and what its supported claims are worth."""

    end: float
    took_s: float
    id: str
    record: bytes
    right: bool
    wrong: bool


@dataclass
class Seen:
    """What the callers saw; refused are end (monotonic), reason and message."""

    answered: list[Answered] = field(default_factory=list)
    refused: list[tuple[float, str, str]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Load:
    """Callers of one mesh. The first keeps its connection; the others open one for each question, as new callers do."""

    mesh: Mesh
    askers: int
    held: str
    numbers: Iterator[int]

    @classmethod
    @contextmanager
    def on(cls, mesh: Mesh, askers: int) -> Iterator[Self]:
        """Callers, and a picture that the mesh holds already."""
        with client_of(mesh) as client:
            held = f"sha256:{client.read(picture(HELD), timeout_s=WARM_S).proto.image.digest}"
        yield cls(mesh, askers, held, itertools.count(HELD + 1))

    @contextmanager
    def running(self, *, sends_pictures: bool) -> Iterator[Seen]:
        """Ask until the context ends."""
        seen = Seen()
        threads = [
            threading.Thread(target=self._ask_on, args=(seen, number == 0, sends_pictures))
            for number in range(self.askers)
        ]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            seen.stop.set()
            for thread in threads:
                thread.join()

    def _ask_on(self, seen: Seen, keeps: bool, sends_pictures: bool) -> None:  # noqa: FBT001
        kept = client_of(self.mesh) if keeps else None
        try:
            while not seen.stop.is_set():
                number = next(self.numbers) if sends_pictures else HELD
                asked = picture(number) if sends_pictures else self.held
                began = time.monotonic()
                try:
                    if kept is not None:
                        answer = kept.ask(asked, QUESTION)
                    else:
                        with client_of(self.mesh) as client:
                            answer = client.ask(asked, QUESTION)
                except GroundwireError as error:
                    seen.refused.append((time.monotonic(), error.reason, str(error)))
                    seen.stop.wait(PAUSE_S)
                else:
                    seen.answered.append(_answered(answer, began, number))
        finally:
            if kept is not None:
                kept.close()

    def read_back(self, seen: Seen) -> int:
        """How many of the answers that callers were given are in the log under the record that they were told of."""
        with client_of(self.mesh) as client:
            return sum(_record(client.get_answer(each.id)) == each.record for each in seen.answered)


def client_of(mesh: Mesh) -> Client:
    """A caller with a short deadline."""
    at = mesh.addresses
    return Client(
        at["fusion"],
        perception_address=at["perception"],
        llm_address=at["llm"],
        provenance_address=at["provenance"],
        timeout_s=CALL_S,
    )


def picture(number: int) -> bytes:
    """A picture, encoded; each number another one."""
    encoded = io.BytesIO()
    page(1, SIZE, number).save(encoded, "PNG")
    return encoded.getvalue()


def _answered(answer: Answer, began: float, number: int) -> Answered:
    said = [claim.text for claim in answer.supported]
    right = any(WORDS[number % len(WORDS)] in text for text in said)
    wrong = any(WORDS[number % len(WORDS)] not in text for text in said)
    end = time.monotonic()
    return Answered(end, end - began, answer.id, _record(answer), right, wrong)


def _record(answer: Answer) -> bytes:
    """The receipt: index and digest."""
    return answer.proto.record.SerializeToString(deterministic=True)
