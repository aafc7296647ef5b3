"""The callers of a mesh that is being hurt: each asks one question after the other, and notes what it saw."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bench.meshes import Pictures
from groundwire import Client, GroundwireError
from groundwire.cli import example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire import Answer
    from groundwire.mesh.local import Mesh

QUESTION = "What brand is written on the motorcycle?"
BRAND = "YAMAHA"
CALL_S = 20.0
"""Deadline of one question."""
PAUSE_S = 0.2
"""After a refusal."""
PICTURES = 64


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
    pictures: Pictures
    numbers: Iterator[int]

    @classmethod
    @contextmanager
    def on(cls, mesh: Mesh, askers: int) -> Iterator[Self]:
        """Callers with pictures at hand, and one picture that the mesh holds already."""
        with tempfile.TemporaryDirectory() as folder, client_of(mesh) as client:
            pictures = Pictures(Path(folder))
            pictures.prepare(PICTURES)
            held = f"sha256:{client.read(example.photo()).proto.image.digest}"
            yield cls(mesh, askers, held, pictures, itertools.count())

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
                picture = self.pictures.path(next(self.numbers) % PICTURES) if sends_pictures else self.held
                began = time.monotonic()
                try:
                    if kept is not None:
                        answer = kept.ask(picture, QUESTION)
                    else:
                        with client_of(self.mesh) as client:
                            answer = client.ask(picture, QUESTION)
                except GroundwireError as error:
                    seen.refused.append((time.monotonic(), error.reason, str(error)))
                    seen.stop.wait(PAUSE_S)
                else:
                    seen.answered.append(_answered(answer, began))
        finally:
            if kept is not None:
                kept.close()

    def read_back(self, seen: Seen) -> int:
        """How many of the answers that callers were given are in the log under the record that they were told of."""
        with client_of(self.mesh) as client:
            return sum(_record(client.get_answer(each.id)) == each.record for each in seen.answered)


def client_of(mesh: Mesh) -> Client:
    """A caller with a short deadline."""
    at = {f"{name}_address": mesh.addresses[name] for name in ("perception", "llm", "provenance")}
    return Client(mesh.addresses["fusion"], timeout_s=CALL_S, **at)


def _answered(answer: Answer, began: float) -> Answered:
    said = [claim.text for claim in answer.supported]
    right = any(BRAND in text for text in said)
    wrong = any(BRAND not in text for text in said)
    end = time.monotonic()
    return Answered(end, end - began, answer.id, _record(answer), right, wrong)


def _record(answer: Answer) -> bytes:
    """The receipt: index and digest."""
    return answer.proto.record.SerializeToString(deterministic=True)
