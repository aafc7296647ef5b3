"""Channels to other services: keepalive, retries, deadlines and traces, the same for all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import grpc

from services.runtime import deadlines, rpc_spans
from services.runtime.identity.certificates import Watched, channel_credentials
from services.runtime.rotating import RotatingChannel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.runtime.identity.certificates import CertificateFiles

RETRIES: Final = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                # Only what never reached a handler, or a handler that says so itself: every method of the mesh may
                # be sent again (images by digest, records by answer id, the rest reads).
                "retryPolicy": {
                    "maxAttempts": 3,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "0.5s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        # The budget: each failure takes a token, each success gives a tenth back, and below half of the tokens nothing
        # is sent again. A part that is down is not asked three times as often as one that is up.
        "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.1},
    }
)


def options(max_message_bytes: int) -> Sequence[tuple[str, int | str]]:
    """Channel options: message limits, keepalive (ms) and the retry policy."""
    return (
        ("grpc.max_send_message_length", max_message_bytes),
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.enable_retries", 1),
        ("grpc.service_config", RETRIES),
        ("grpc.max_reconnect_backoff_ms", 2_000),
    )


def open_channel(
    address: str, *, max_message_bytes: int, certificates: CertificateFiles | None = None
) -> grpc.aio.Channel:
    """A channel to `address` that carries the current call's deadline, trace and tenant.

    Args:
        address: host:port. With certificates, `host` must be a name in the server's certificate.
        max_message_bytes: Largest message, bytes.
        certificates: Of this process, for mutual TLS; None for a plain connection.

    Raises:
        MeshError: The certificates cannot be used.
    """
    # A pool of its own: in the shared one, a channel begins with another's back-off from an address used before.
    own = (*options(max_message_bytes), ("grpc.use_local_subchannel_pool", 1))
    if certificates is None:
        return grpc.aio.insecure_channel(address, options=own, interceptors=_interceptors())

    def opened(watched: Watched) -> grpc.aio.Channel:
        credentials = channel_credentials(watched.pem)
        return grpc.aio.secure_channel(address, credentials, options=own, interceptors=_interceptors())

    return RotatingChannel(Watched(certificates), opened)


def _interceptors() -> list[grpc.aio.ClientInterceptor]:
    return [_Unary(), _Stream(), _Upload()]


# gRPC dispatches interceptors by base class and takes one of each kind, so one idea needs three small classes.
# OpenTelemetry's own interceptors are not used: they wait on the status instead of the reply, and a caller that is
# cancelled while they wait leaves the call running.


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        with rpc_spans.client(client_call_details) as details:
            call = await continuation(_shortened(details), request)
            await call
            return call


class _Upload(grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        with rpc_spans.client(client_call_details) as details:
            call = await continuation(_shortened(details), request_iterator)
            await call
            return call


class _Stream(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        details, end = rpc_spans.open_client(client_call_details)
        call = await continuation(_shortened(details), request)
        call.add_done_callback(lambda _: end())
        return call


def _shortened(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    timeout = deadlines.for_next_hop(details.timeout)
    return grpc.aio.ClientCallDetails(
        details.method, timeout, details.metadata, details.credentials, details.wait_for_ready
    )
