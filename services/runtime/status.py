"""The one table between the mesh's errors and gRPC, used in both directions.

On the wire an error is a `google.rpc.Status` with `ErrorInfo` (reason, domain "groundwire", metadata), and where it
helps `BadRequest` or `RetryInfo`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.common import errors
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAIN: Final = "groundwire"

CODES: Final[Mapping[str, grpc.StatusCode]] = MappingProxyType(
    {
        "INVALID_FIELD": grpc.StatusCode.INVALID_ARGUMENT,
        "UNREADABLE_IMAGE": grpc.StatusCode.INVALID_ARGUMENT,
        "IMAGE_TOO_LARGE": grpc.StatusCode.INVALID_ARGUMENT,
        "IMAGE_TOO_SMALL": grpc.StatusCode.INVALID_ARGUMENT,
        "DIGEST_MISMATCH": grpc.StatusCode.INVALID_ARGUMENT,
        "IMAGE_NOT_FOUND": grpc.StatusCode.NOT_FOUND,
        "RECORD_NOT_FOUND": grpc.StatusCode.NOT_FOUND,
        "CAPABILITY_NOT_BOUND": grpc.StatusCode.FAILED_PRECONDITION,
        "PART_UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
        "NOT_RECORDED": grpc.StatusCode.UNAVAILABLE,
        "DEADLINE_EXCEEDED": grpc.StatusCode.DEADLINE_EXCEEDED,
        "OVERLOADED": grpc.StatusCode.RESOURCE_EXHAUSTED,
        "MODEL_OUTPUT": grpc.StatusCode.INTERNAL,
        "UNAUTHENTICATED": grpc.StatusCode.UNAUTHENTICATED,
        "PERMISSION_DENIED": grpc.StatusCode.PERMISSION_DENIED,
        "INTERNAL": grpc.StatusCode.INTERNAL,
    }
)

_BY_REASON: Final = MappingProxyType(errors.by_reason())


def to_status(error: errors.MeshError) -> status_pb2.Status:
    """The error as `google.rpc.Status`."""
    metadata = {name: value for name, value in error.metadata.items() if value}
    if error.remedy:
        metadata["remedy"] = error.remedy
    details = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)]
    status = status_pb2.Status(code=CODES[error.reason].value[0], message=error.message)
    status.details.extend(_packed(detail) for detail in details)
    if isinstance(error, errors.InvalidField):
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        status.details.append(_packed(error_details_pb2.BadRequest(field_violations=[violation])))
    if isinstance(error, errors.Overloaded):
        delay = duration_pb2.Duration(nanos=int(error.retry_after_s % 1 * 1e9), seconds=int(error.retry_after_s))
        status.details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status


def _packed(
    detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def from_rpc_error(error: grpc.aio.AioRpcError, *, part: str) -> errors.MeshError:
    """What another service answered, as our own error, so that its reason survives the hop.

    Args:
        error: What the call raised.
        part: Name of the service that was called, for errors that it did not word itself.
    """
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # AioRpcError has the two methods that it calls
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if status is not None and detail.Unpack(info) and info.domain == DOMAIN and info.reason in _BY_REASON:
            return _rebuilt(info, status)
    return _unworded(error, part)


def _rebuilt(info: error_details_pb2.ErrorInfo, status: status_pb2.Status) -> errors.MeshError:
    message = status.message
    facts = dict(info.metadata)
    remedy = facts.pop("remedy", "")
    kind = _BY_REASON[info.reason]
    if kind is errors.InvalidField:
        return errors.InvalidField(facts.pop("field", ""), message, remedy=remedy, **facts)
    if kind is errors.Overloaded:
        return errors.Overloaded(message, retry_after_s=_pause_s(status), remedy=remedy, **facts)
    return kind(message, remedy=remedy, **facts)


def _pause_s(status: status_pb2.Status) -> float:
    """How long the callee wants to be left alone, seconds."""
    for detail in status.details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return float(retry.retry_delay.ToTimedelta().total_seconds())
    return 1.0


def _unworded(error: grpc.aio.AioRpcError, part: str) -> errors.MeshError:
    # Past the deadline, gRPC may end a call with whatever the hurry broke first.
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED or deadlines.remaining() == 0:
        return errors.DeadlineExceeded(f"the deadline passed while waiting for {part}", remedy="allow more time")
    if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return errors.PartUnavailable(
            f"{part} is out of reach", part=part, remedy=f"try again; if it lasts, see whether {part} runs"
        )
    return errors.MeshError(f"{part} failed", part=part, code=error.code().name)
