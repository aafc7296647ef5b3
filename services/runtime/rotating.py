"""A channel whose certificates may change while it is open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Self

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.runtime.identity.certificates import Watched

OLD_LASTS_S: Final = 300.0
"""How long calls on the channel before may still take once a new one is open, seconds."""


class RotatingChannel(grpc.aio.Channel):
    """Opens a new channel when the files change; calls under way end on the old one.

    gRPC for Python gives a channel its certificates once. A channel that lives on after its certificate has expired
    cannot reconnect, so each call asks for the channel of the day.
    """

    def __init__(self, watched: Watched, opened: Callable[[Watched], grpc.aio.Channel]) -> None:
        """Open the first channel.

        Args:
            watched: The certificates.
            opened: Opens a channel with them.
        """
        self._watched = watched
        self._opened = opened
        self._channel = opened(watched)
        self._closing: set[asyncio.Task[None]] = set()

    def _today(self) -> grpc.aio.Channel:
        if self._watched.changed():
            old, self._channel = self._channel, self._opened(self._watched)
            closing = asyncio.get_running_loop().create_task(old.close(OLD_LASTS_S))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        return self._channel

    def _later(self, kind: str, method: str, *args: Any, **options: Any) -> Any:
        """A multicallable that is made on today's channel when it is called."""

        def call(*request: Any, **how: Any) -> Any:
            multicallable = getattr(self._today(), kind)(method, *args, **options)
            return multicallable(*request, **how)

        return call

    def unary_unary(self, method: str, *args: Any, **options: Any) -> Any:
        """As `grpc.aio.Channel`."""
        return self._later("unary_unary", method, *args, **options)

    def unary_stream(self, method: str, *args: Any, **options: Any) -> Any:
        """As `grpc.aio.Channel`."""
        return self._later("unary_stream", method, *args, **options)

    def stream_unary(self, method: str, *args: Any, **options: Any) -> Any:
        """As `grpc.aio.Channel`."""
        return self._later("stream_unary", method, *args, **options)

    def stream_stream(self, method: str, *args: Any, **options: Any) -> Any:
        """As `grpc.aio.Channel`."""
        return self._later("stream_stream", method, *args, **options)

    async def close(self, grace: float | None = None) -> None:
        """Close all, old and new."""
        for closing in self._closing:
            closing.cancel()
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002 - gRPC's own signature
        """Of today's channel."""
        return self._today().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Of today's channel."""
        await self._today().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Of today's channel."""
        await self._today().channel_ready()

    async def __aenter__(self) -> Self:
        """The channel is open already."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()
