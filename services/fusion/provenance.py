"""Provenance, over gRPC."""

from __future__ import annotations

from typing import Final

import grpc

from groundwire.v1 import answer_pb2, provenance_service_pb2, provenance_service_pb2_grpc
from services.common.errors import DeadlineExceeded, NotRecorded
from services.runtime.status import from_rpc_error

PART: Final = "provenance"


class GrpcRecords:
    """The `Records` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)

    async def record(self, answer: bytes, *, tenant: str, store: int) -> answer_pb2.RecordReceipt:
        """Record. Whatever goes wrong, the answer counts as not recorded."""
        request = provenance_service_pb2.RecordRequest(answer=answer, tenant=tenant)
        request.store = answer_pb2.StorePolicy.ValueType(store)
        try:
            response = await self._stub.Record(request)
        except grpc.aio.AioRpcError as error:
            cause = from_rpc_error(error, part=PART)
            if isinstance(cause, DeadlineExceeded):
                raise cause from error
            raise NotRecorded(
                f"the answer could not be recorded, so it is withheld: {cause.message}",
                remedy=cause.remedy or "try again; if it lasts, see whether provenance and its database run",
                part=PART,
            ) from error
        return response.receipt
