"""What can go wrong between a caller and the mesh: one family, typed, with a reason and a remedy.

The mesh words its errors as `google.rpc.Status` with `ErrorInfo`; they come out here unchanged. What it could not word,
because it was not reached or had no time left, is worded here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.rpc import status_pb2

DOMAIN: Final = "groundwire"

D = TypeVar("D", error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo)

START_REMEDY: Final = "start the mesh: make up (or groundwire up); if it listens elsewhere, give --address"


class GroundwireError(Exception):
    """A call that did not come to an answer. An abstention is an answer, never an error.

    Attributes:
        message: What was wrong, one sentence.
        remedy: What to do about it; empty when nobody knows.
        reason: Which kind of wrong: a value of `groundwire.v1.ErrorReason` without its prefix, or one of this
            package's own for what never left the caller's machine (NO_SUCH_FILE, NOT_A_FILE, …).
        code: The gRPC status.
        metadata: Further facts by name, such as the field or the limit.
    """

    default_code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN
    default_reason: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        reason: str = "",
        code: grpc.StatusCode | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the facts; what is not given is the class's own."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.reason = reason or self.default_reason
        self.code = code or self.default_code
        self.metadata: Mapping[str, str] = MappingProxyType(dict(metadata or {}))

    def __str__(self) -> str:
        """What was wrong, what to do, and the reason in brackets."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.message}{remedy} [{self.reason}]"


class InvalidRequest(GroundwireError):
    """The request cannot be served as it is: a field, or the picture."""

    default_code = grpc.StatusCode.INVALID_ARGUMENT
    default_reason = "INVALID_FIELD"


class PictureFile(InvalidRequest):
    """The picture could not be read on the caller's own machine; nothing was sent."""

    default_reason = "FILE_NOT_READABLE"


class NotFound(GroundwireError):
    """No image, answer, claim or trace has that name."""

    default_code = grpc.StatusCode.NOT_FOUND
    default_reason = "RECORD_NOT_FOUND"


class FailedPrecondition(GroundwireError):
    """The mesh is not set up for this: no model is bound to a capability."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "CAPABILITY_NOT_BOUND"


class Unavailable(GroundwireError):
    """The mesh, or a part that it cannot do without, is out of reach; trying again may help."""

    default_code = grpc.StatusCode.UNAVAILABLE
    default_reason = "PART_UNAVAILABLE"


class DeadlineExceeded(GroundwireError):
    """The time that the call had is over."""

    default_code = grpc.StatusCode.DEADLINE_EXCEEDED
    default_reason = "DEADLINE_EXCEEDED"


class ResourceExhausted(GroundwireError):
    """Too much at once. `retry_after_s` is how long to wait, seconds; None when waiting does not help."""

    default_code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = "OVERLOADED"
    retry_after_s: float | None = None


class Unauthenticated(GroundwireError):
    """The mesh wants to know who calls, and was not told, or not convinced."""

    default_code = grpc.StatusCode.UNAUTHENTICATED
    default_reason = "UNAUTHENTICATED"


class PermissionDenied(GroundwireError):
    """The mesh knows who calls, and this is not for them."""

    default_code = grpc.StatusCode.PERMISSION_DENIED
    default_reason = "PERMISSION_DENIED"


class Cancelled(GroundwireError):
    """The call was given up."""

    default_code = grpc.StatusCode.CANCELLED
    default_reason = "CANCELLED"


class Unimplemented(GroundwireError):
    """Whoever listens at the address does not know the call."""

    default_code = grpc.StatusCode.UNIMPLEMENTED
    default_reason = "UNIMPLEMENTED"


class Internal(GroundwireError):
    """A fault of the mesh. Its log has the details."""

    default_code = grpc.StatusCode.INTERNAL
    default_reason = "INTERNAL"


_KINDS: Final = (
    InvalidRequest,
    NotFound,
    FailedPrecondition,
    Unavailable,
    DeadlineExceeded,
    ResourceExhausted,
    Unauthenticated,
    PermissionDenied,
    Cancelled,
    Unimplemented,
    Internal,
)

_BY_CODE: Final[Mapping[grpc.StatusCode, type[GroundwireError]]] = MappingProxyType(
    {kind.default_code: kind for kind in _KINDS}
)


def from_rpc_error(error: grpc.RpcError, *, part: str, address: str, timeout_s: float) -> GroundwireError:
    """The error that a call raised, as one of ours.

    Args:
        error: What grpc or grpc.aio raised; both carry code, details and trailing metadata.
        part: Name of the service that was called.
        address: Where it was called.
        timeout_s: How long the call was given, seconds.
    """
    call: grpc.Call = error  # type: ignore[assignment]  # gRPC's errors are calls, but not in their types
    status = _rich_status(call)
    info = _detail(status, error_details_pb2.ErrorInfo())
    if status is None or info is None or info.domain != DOMAIN:
        return _unworded(call, part, address, timeout_s)
    facts = dict(info.metadata)
    kind = _BY_CODE.get(call.code(), GroundwireError)
    worded = kind(status.message, remedy=facts.pop("remedy", ""), reason=info.reason, code=call.code(), metadata=facts)
    retry = _detail(status, error_details_pb2.RetryInfo())
    if isinstance(worded, ResourceExhausted) and retry is not None:
        worded.retry_after_s = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return worded


def _rich_status(call: grpc.Call) -> status_pb2.Status | None:
    try:
        return rpc_status.from_call(call)
    except ValueError:  # The details contradict the status: a proxy rewrote one of them. The status stands.
        return None


def _detail(status: status_pb2.Status | None, empty: D) -> D | None:
    for packed in status.details if status is not None else ():
        if packed.Unpack(empty):
            return empty
    return None


def _unworded(call: grpc.Call, part: str, address: str, timeout_s: float) -> GroundwireError:
    """What the mesh had no chance to word."""
    code, details = call.code(), call.details() or ""
    facts = {"part": part, "address": address, "grpc": details}
    if code is grpc.StatusCode.UNAVAILABLE:
        return Unavailable(f"{part} cannot be reached at {address}", remedy=START_REMEDY, metadata=facts)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        message = f"{part} did not answer within {timeout_s:g} s"
        remedy = "allow more time (--timeout, timeout_s), or look with groundwire status whether the mesh is ready"
        return DeadlineExceeded(message, remedy=remedy, metadata=facts)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details:
        message = "the request is larger than the mesh takes in one message"
        return ResourceExhausted(message, remedy="scale the picture down", reason="IMAGE_TOO_LARGE", metadata=facts)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        remedy = f"see whether {address} is {part}, and of this version"
        return Unimplemented(f"whoever listens at {address} does not know this call", remedy=remedy, metadata=facts)
    kind = _BY_CODE.get(code, GroundwireError)
    return kind(f"{part} failed: {details or code.name}", remedy=f"see the log of {part}", code=code, metadata=facts)
