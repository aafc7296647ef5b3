"""`python -m services.fusion`: wires fusion and serves until SIGTERM."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from groundwire.v1 import grounding_service_pb2_grpc
from services.fusion.answering import Parts
from services.fusion.calibration import Uncalibrated
from services.fusion.calibration_file import read_calibration
from services.fusion.conversations import MemoryConversations
from services.fusion.llm import GrpcLanguage
from services.fusion.perception import GrpcPerception
from services.fusion.provenance import GrpcRecords
from services.fusion.servicer import GroundingServicer
from services.fusion.settings import FusionSettings
from services.fusion.world import RealWorld
from services.runtime.channels import open_channel
from services.runtime.health import all_serving
from services.runtime.server import Service, run
from services.runtime.settings import load_or_exit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVICE = "groundwire.v1.GroundingService"


async def wire(settings: FusionSettings) -> AsyncIterator[Service]:
    """Open the channels, make the service, and close the channels after it."""
    calibration_file = settings.calibration_file
    calibration = Uncalibrated() if calibration_file is None else read_calibration(calibration_file)
    open_to = partial(open_channel, max_message_bytes=settings.max_message_bytes, certificates=settings.certificates)
    async with (
        open_to(settings.perception_address) as perception,
        open_to(settings.llm_address) as llm,
        open_to(settings.provenance_address) as provenance,
    ):
        world = RealWorld()
        parts = Parts(
            perception=GrpcPerception(perception),
            language=GrpcLanguage(llm),
            records=GrpcRecords(provenance),
            conversations=MemoryConversations(
                world=world,
                most=settings.most_conversations,
                most_turns=settings.most_turns,
                idle_s=settings.conversation_idle_s,
            ),
            world=world,
            reserve_s=settings.reserve_s,
            calibration=calibration,
        )
        servicer = GroundingServicer(
            parts,
            max_question_characters=settings.max_question_characters,
            default_deadline_s=settings.default_deadline_s,
        )
        yield Service(
            SERVICE,
            lambda server: grounding_service_pb2_grpc.add_GroundingServiceServicer_to_server(servicer, server),
            all_serving({"perception": perception, "llm": llm, "provenance": provenance}),
        )


if __name__ == "__main__":
    settings = load_or_exit(FusionSettings)
    run(settings, lambda: wire(settings))
