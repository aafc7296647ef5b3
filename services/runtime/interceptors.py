"""What every call passes through on its way in: admission, deadline, errors, one log line."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
import structlog
from grpc_status import rpc_status

from groundwire.v1 import answer_pb2
from services.common.errors import DeadlineExceeded, MeshError
from services.runtime import deadlines, metering, rpc_spans, telemetry, tenant
from services.runtime.admission import Admission, Caller
from services.runtime.room import Room
from services.runtime.status import to_status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from services.runtime.identity.gate import Gate

    Context = grpc.aio.ServicerContext[Any, Any]

READ_AT_ONCE: Final = 16
"""Single requests that are being read. Each may be as long as the largest message."""

MOST_UNREAD: Final = 10_000
"""Calls whose request waits to be read; they hold next to nothing here."""

READ_S: Final = 30.0
"""How long a request may take to arrive once it is read, seconds."""

STANDING: Final = ("/WatchAnswers", "/PerceiveStream")
"""Methods whose calls stand open for hours and mostly wait: they take no turn."""

log = structlog.get_logger()


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every handler.

    1. Puts a span around it, child of the caller's.
    2. Refuses callers that the gate does not let in.
    3. Refuses calls that have no time left, or that there is no room for; others may have to wait for their turn. A
       single request is read only after that gate, few at a time: what arrives all at once waits with its sender.
    4. Notes tenant and deadline for the calls made on this one's behalf.
    5. Turns a `MeshError` into a status with details; anything else into INTERNAL with a fixed text.
    6. Logs one line with method, status and duration.
    """

    def __init__(self, *, gate: Gate, admission: Admission) -> None:
        """Start with no call in flight."""
        self._gate = gate
        self._admission = admission
        self._reading = Admission(at_once=READ_AT_ONCE, waiting=MOST_UNREAD, per_tenant=READ_AT_ONCE // 2)
        self._room = Room("requests")
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """The method's handler, wrapped at its first call: a server's handlers stay what they are."""
        method = handler_call_details.method
        found = self._wrapped.get(method)
        if found is None and (handler := await continuation(handler_call_details)) is not None:
            found = self._wrapped[method] = self._wrap(handler, method)
        return found

    def _wrap(self, handler: grpc.RpcMethodHandler[Any, Any], method: str) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler, whichever of the four kinds it is, with all that goes around a call."""
        if rpc_spans.is_background(method):
            return self._in_background(handler, method)
        if handler.response_streaming:
            kind = "stream_stream" if handler.request_streaming else "unary_stream"
            wrapped: Any = self._streaming(getattr(handler, kind), method)
        elif handler.request_streaming:
            kind = "stream_unary"
            wrapped = self._unary(handler.stream_unary, method)
        else:
            # As a stream of one: gRPC would have read all of it before asking us.
            kind = "stream_unary"
            wrapped = self._single(handler.unary_unary, method)
        factory = getattr(grpc, f"{kind}_rpc_method_handler")
        return factory(  # type: ignore[no-any-return]
            wrapped,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _unary(self, behavior: Any, method: str) -> Any:
        async def call(request: Any, context: Context) -> Any:
            with _Call(method, context) as record:
                try:
                    name = await self._admitted(method, context)
                    async with self._turn(method, name, request, context):
                        return await behavior(request, context)
                except Exception as error:  # noqa: BLE001 - the boundary: whatever is raised becomes a status
                    await record.abort(context, error)

        return call

    def _single(self, behavior: Any, method: str) -> Any:
        async def call(_: AsyncIterator[Any], context: Context) -> Any:
            with _Call(method, context) as record:
                try:
                    name = await self._admitted(method, context)
                    with self._room.held(name) as held:
                        request = await self._read(name, context)
                        held.grow(request.ByteSize())
                        async with self._turn(method, name, request, context):
                            return await behavior(request, context)
                except Exception as error:  # noqa: BLE001 - as above
                    await record.abort(context, error)

        return call

    async def _read(self, name: str, context: Context) -> Any:
        """The single request. Read from the context: an iterator that is not asked to its end costs a task to close."""
        left = context.time_remaining()
        async with self._reading.turn(Caller(name, left_s=left)):
            try:
                async with asyncio.timeout(READ_S if left is None else min(left, READ_S)):  # type: ignore[redundant-expr]
                    request = await context.read()
            except TimeoutError as error:
                raise _not_in_time() from error
        if request is grpc.aio.EOF:
            raise _not_in_time()
        return request

    def _streaming(self, behavior: Any, method: str) -> Any:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            with _Call(method, context) as record:
                try:
                    name = await self._admitted(method, context)
                    async with self._turn(method, name, request, context):
                        async for response in _responses(behavior, request, context):
                            yield response
                except Exception as error:  # noqa: BLE001 - as above
                    await record.abort(context, error)

        return call

    def _in_background(self, handler: grpc.RpcMethodHandler[Any, Any], method: str) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler with its `MeshError`s on the wire and nothing else: senders of spans try UNAVAILABLE again.

        Whether a service is well anybody may ask; what is sent here to be kept passes the gate.
        """
        behavior: Any = handler.unary_unary
        if behavior is None:
            return handler

        async def call(request: Any, context: Context) -> Any:
            try:
                if not rpc_spans.is_probe(method):
                    await self._gate.admit(method.removeprefix("/"), context)
                return await behavior(request, context)
            except MeshError as error:
                status = rpc_status.to_status(to_status(error))
                await context.abort(status.code, status.details or "", status.trailing_metadata or ())

        return grpc.unary_unary_rpc_method_handler(
            call, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )

    async def _admitted(self, method: str, context: Context) -> str:
        """The tenant of a call that the gate lets in, and that has time left."""
        name = await self._gate.admit(method.removeprefix("/"), context)
        left = context.time_remaining()
        if left is not None and left <= 0:  # type: ignore[redundant-expr]  # the stub forgets None
            raise DeadlineExceeded("the deadline had passed on arrival", remedy="allow more time", step="admit")
        return name

    def _turn(self, method: str, name: str, request: Any, context: Context) -> AbstractAsyncContextManager[None]:
        """The call's turn, if it gets one; tenant and deadline are noted."""
        left = context.time_remaining()
        tenant.set_current(name)
        deadlines.set_remaining(left)
        if method.endswith(STANDING):
            return nullcontext()
        casual = getattr(request, "stakes", 0) == answer_pb2.STAKES_CASUAL
        return self._admission.turn(Caller(name, casual, left))

    async def idle(self) -> None:
        """Return when no call is in flight."""
        await self._admission.idle()


def _not_in_time() -> DeadlineExceeded:
    return DeadlineExceeded("the request did not arrive in time", remedy="send it faster", step="admit")


async def _responses(behavior: Any, request: Any, context: Context) -> AsyncIterator[Any]:
    stream = behavior(request, context)
    if not inspect.isasyncgen(stream):
        msg = "a streaming handler is an async generator"
        raise TypeError(msg)
    try:
        async for response in stream:
            yield response
    finally:
        await stream.aclose()


class _Call:
    """One call: its span, how it ended, how long it took."""

    __slots__ = ("_began", "_code", "_method", "_span")

    def __init__(self, method: str, context: Context) -> None:
        self._method = method
        self._span = rpc_spans.server(method, context)
        self._code = grpc.StatusCode.OK
        self._began = time.perf_counter()

    async def abort(self, context: Context, error: Exception) -> None:
        """End the call with the error's status. Raises, always: `context.abort` does."""
        if isinstance(error, grpc.aio.AbortError):
            self._code = context.code()
            raise error
        if not isinstance(error, MeshError):
            log.error("fault", method=self._method, exc_info=error)
            error = MeshError(
                "the mesh failed on this call",
                remedy="report the trace id; the service's log has the details",
                trace_id=telemetry.current_trace_id(),
            )
        status = rpc_status.to_status(to_status(error))
        self._code = status.code
        await context.abort(status.code, status.details or "", status.trailing_metadata or ())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind in (asyncio.CancelledError, GeneratorExit):  # the caller went away, or its deadline passed
            self._code = grpc.StatusCode.CANCELLED
        rpc_spans.set_status(self._span, self._code)
        took_s = time.perf_counter() - self._began
        code = self._code.name
        metering.call_ended(self._method, code, took_s)
        log.info("call", method=self._method, code=code, duration_ms=round(took_s * 1e3, 2))
        self._span.end()
