"""Perception, over gRPC: it holds the pictures that answers are about, and forgets those that are erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import perception_service_pb2, perception_service_pb2_grpc
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from services.provenance.ports import Pictures

PART: Final = "perception"


class GrpcPictures:
    """The `Pictures` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """Call over a channel."""
        self._stub = perception_service_pb2_grpc.PerceptionServiceStub(channel)

    async def forget(self, image_digest: str) -> None:
        """Have the picture forgotten, with all that was seen in it.

        Raises:
            MeshError: It may still be there: ask again.
        """
        request = perception_service_pb2.EraseImageRequest(image_digest=image_digest)
        try:
            await self._stub.EraseImage(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error


class NoPictures:
    """Where no perception is named: there is nothing to forget."""

    async def forget(self, image_digest: str) -> None:
        """Nothing."""


def pictures(channel: grpc.aio.Channel | None) -> Pictures:
    """The port over a channel; without one, a port with nothing behind it."""
    return NoPictures() if channel is None else GrpcPictures(channel)
