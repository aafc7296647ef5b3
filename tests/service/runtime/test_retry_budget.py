"""Calls that are sent again: a few, then none while the part that fails goes on failing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from services.runtime.channels import open_channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CALLS = 40


class Failing:
    """A server of one method that is never available, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def call(self, _request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        self.asked += 1
        await context.abort(grpc.StatusCode.UNAVAILABLE, "not now")


@pytest.fixture
async def failing() -> AsyncIterator[tuple[Failing, str]]:
    part = Failing()
    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(part.call)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Part", {"Do": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield part, f"127.0.0.1:{port}"
    await server.stop(None)


async def test_a_part_that_is_down_is_not_asked_three_times_as_often(failing: tuple[Failing, str]) -> None:
    part, address = failing
    counts = []
    async with open_channel(address, max_message_bytes=1 << 20) as channel:
        do: Any = channel.unary_unary("/test.Part/Do")
        for _ in range(CALLS):
            before = part.asked
            with pytest.raises(grpc.aio.AioRpcError):
                await do(b"", timeout=10)
            counts.append(part.asked - before)
    assert counts[0] == 3
    assert set(counts[-CALLS // 2 :]) == {1}
    assert part.asked < 1.5 * CALLS
