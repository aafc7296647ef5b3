"""Streams of frames: ordered, bounded, and what is dropped is said."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from services.common.errors import InvalidField, MeshError
from services.perception.core.frames import LatePolicy, Waiting
from services.runtime import attributes, telemetry, wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from groundwire.v1 import image_pb2
    from services.perception.core.frames import Frame, Turn
    from services.perception.looks import Looked, LookRequest


class Admits(Protocol):
    """What a stream needs of the gallery."""

    async def keep(self, upload: bytes, /) -> image_pb2.Image:
        """Admit a picture; raises as `Gallery.keep`."""


class Perceives(Protocol):
    """What a stream needs of the looks."""

    async def perceive(self, request: LookRequest, /) -> Looked:
        """Look at an image; raises as `Looks.perceive`."""


@dataclass(frozen=True, slots=True)
class StreamRule:
    """How a stream is looked at: the look at every frame (without its image), how many may wait, and what else."""

    look: LookRequest
    max_waiting: int
    late_policy: LatePolicy


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one frame.

    Attributes:
        sequence: The caller's number for it.
        taken_unix_nanos: The caller's time for it.
        result: What was found, the policy that dropped it, or what went wrong.
        image_digest: What was looked at; empty unless something was.
        dropped_so_far: Frames of the stream that were dropped.
    """

    sequence: int
    taken_unix_nanos: int
    result: Looked | LatePolicy | MeshError
    image_digest: str
    dropped_so_far: int


class FrameStream:
    """One stream: a reader lets frames wait, and one after the other is looked at.

    Args:
        rule: How.
        gallery: Where frames are admitted, as any image is.
        looks: Who looks.
    """

    def __init__(self, rule: StreamRule, *, gallery: Admits, looks: Perceives) -> None:
        self._rule = rule
        self._gallery = gallery
        self._looks = looks
        self._waiting = Waiting(rule.max_waiting, rule.late_policy)
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._ended = False
        self._dropped = 0
        self._last = -1

    async def outcomes(self, frames: AsyncIterator[Frame]) -> AsyncGenerator[Outcome, None]:
        """One outcome a frame, in the order of their arrival; ends after the last frame's.

        Raises:
            MeshError: What `frames` raises, after the outcomes of the frames before.
        """
        reader = asyncio.create_task(self._read(frames))
        try:
            while (turn := await self._next()) is not None:
                self._dropped += turn.dropped
                result, digest = (self._rule.late_policy, "") if turn.dropped else await self._look(turn.frame)
                yield Outcome(turn.frame.sequence, turn.frame.taken_unix_nanos, result, digest, self._dropped)
            await reader
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError, MeshError):
                await reader

    async def _read(self, frames: AsyncIterator[Frame]) -> None:
        try:
            async for frame in frames:
                while not self._waiting.takes_more:
                    self._room.clear()
                    await self._room.wait()
                self._waiting.add(frame)
                self._arrived.set()
        finally:
            self._ended = True
            self._arrived.set()

    async def _next(self) -> Turn | None:
        """The next frame whose turn it is; None after the last one."""
        while True:
            turn = self._waiting.next()
            if turn is not None:
                self._room.set()
                return turn
            if self._ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()

    async def _look(self, frame: Frame) -> tuple[Looked | MeshError, str]:
        with telemetry.tracer().start_as_current_span("frame", attributes={attributes.FRAME_SEQUENCE: frame.sequence}):
            try:
                digest = await self._digest(frame)
                return await self._looks.perceive(replace(self._rule.look, image_digest=digest)), digest
            except MeshError as error:
                return error, ""

    async def _digest(self, frame: Frame) -> str:
        """The digest of the frame's picture, which is then held."""
        if frame.sequence <= self._last:
            raise InvalidField(
                "frame.sequence",
                f"frame {frame.sequence} comes after frame {self._last}",
                remedy="number the frames of a stream upwards from 0 or more",
            )
        self._last = frame.sequence
        if isinstance(frame.picture, bytes):
            return (await self._gallery.keep(frame.picture)).digest
        return wire.digest(frame.picture, "frame.image_digest")
