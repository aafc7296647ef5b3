"""A relay on 127.0.0.1 that can hold an answer in the middle, so that a test has the time to kill who sends it.

    async with Relay("127.0.0.1:8300") as relay:
        relay.events            # server-sent events that came through so far
        relay.hold_after(20)    # let so many more through and keep the rest
        await relay.held.wait()

What is kept never arrives: when the other side ends, so does the connection.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

EVENT: Final = b"data: "


@dataclass
class Relay:
    """See the module; `target` is host:port."""

    target: str
    events: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)
    _most: int | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    def hold_after(self, events: int) -> None:
        """Let so many more events through."""
        self._most = self.events + events

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._relay(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self.target.rpartition(":")
        try:
            with suppress(ConnectionError):
                answers, questions = await asyncio.open_connection(host, int(port))
                try:
                    asking = asyncio.ensure_future(_copy(reader, questions))
                    await self._answers(answers, writer)
                    asking.cancel()
                finally:
                    questions.close()
        finally:
            writer.close()

    async def _answers(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(65536):
            parts = piece.split(EVENT)
            through = len(parts) - 1
            if self._most is not None and self.events + through > self._most:
                target.write(EVENT.join(parts[: self._most - self.events + 1]))
                self.held.set()
                await source.read()
                return
            self.events += through
            target.write(piece)
            await target.drain()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(65536):
        target.write(piece)
        await target.drain()
