"""A real fusion server over a simulated picture, and ways to ask it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import pytest

from groundwire.v1 import answer_pb2, grounding_service_pb2, grounding_service_pb2_grpc, image_pb2
from services.fusion.answering import Parts
from services.fusion.conversations import MemoryConversations
from services.fusion.servicer import GroundingServicer
from services.fusion.settings import FusionSettings
from services.runtime.channels import open_channel
from services.runtime.server import Service, always_ready, serving
from services.runtime.status import from_rpc_error
from tests.fakes.answers import KnownWorld, Log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from services.common.errors import MeshError
    from tests.fakes.language import ScriptedLanguage
    from tests.fakes.scene import Scene

    Stub = grounding_service_pb2_grpc.GroundingServiceAsyncStub

PICTURE = image_pb2.ImageInput(content=b"picture")


@asynccontextmanager
async def fusion(
    scene: Scene, language: ScriptedLanguage, log: Log | None = None, world: KnownWorld | None = None
) -> AsyncIterator[Stub]:
    parts = Parts(
        perception=scene,
        language=language,
        records=log or Log(),
        conversations=MemoryConversations(world=KnownWorld(), most=8, most_turns=4, idle_s=1e6),
        world=world or KnownWorld(),
        reserve_s=1.0,
    )
    servicer = GroundingServicer(parts, max_question_characters=2000, default_deadline_s=60)
    service = Service(
        "groundwire.v1.GroundingService",
        lambda server: grounding_service_pb2_grpc.add_GroundingServiceServicer_to_server(servicer, server),
        always_ready,
    )
    async with (
        serving(service, FusionSettings(port=0, grace_s=5)) as port,
        open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 24) as channel,
    ):
        yield grounding_service_pb2_grpc.GroundingServiceStub(channel)


async def ask(
    stub: Stub, question: str, stakes: answer_pb2.Stakes.ValueType = answer_pb2.STAKES_STANDARD
) -> answer_pb2.Answer:
    request = grounding_service_pb2.AskRequest(image=PICTURE, question=question, stakes=stakes)
    return (await stub.Ask(request)).answer


async def refused(call: Awaitable[object]) -> MeshError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value, part="fusion")
