"""What every call passes through, on a real server: errors, deadlines, limits, health, reflection."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from pydantic_settings import SettingsConfigDict

from groundwire.v1 import llm_service_pb2, llm_service_pb2_grpc
from services.common import errors
from services.runtime import interceptors
from services.runtime.channels import open_channel
from services.runtime.room import Room
from services.runtime.server import Service, serving
from services.runtime.settings import ServiceSettings
from services.runtime.status import CODES, from_rpc_error
from services.runtime.tenant import METADATA
from tests.fakes.echo import Echo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

REASONS = sorted(CODES)


class EchoSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_ECHO_", frozen=True)
    service: ClassVar[str] = "echo"
    port: int = 0
    grace_s: float = 5.0


async def ready() -> None:
    return


@asynccontextmanager
async def echo_port(
    echo: Echo, settings: EchoSettings | None = None, probe: Callable[[], Awaitable[None]] = ready
) -> AsyncIterator[int]:
    service = Service(
        "groundwire.v1.LlmService",
        lambda server: llm_service_pb2_grpc.add_LlmServiceServicer_to_server(echo, server),
        probe,
    )
    async with serving(service, settings or EchoSettings()) as port:
        yield port


@asynccontextmanager
async def echo_stub(echo: Echo, **options: Any) -> AsyncIterator[llm_service_pb2_grpc.LlmServiceAsyncStub]:
    async with (
        echo_port(echo, **options) as port,
        open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 20) as channel,
    ):
        yield llm_service_pb2_grpc.LlmServiceStub(channel)


def plan(question: str) -> llm_service_pb2.PlanRequest:
    return llm_service_pb2.PlanRequest(question=question)


def details_of(error: grpc.aio.AioRpcError) -> list[Any]:
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # it has the two methods that are called
    assert status is not None
    return list(status.details)


def test_table_names_every_error() -> None:
    assert errors.by_reason().keys() == CODES.keys()


@pytest.mark.parametrize("reason", REASONS)
async def test_an_error_survives_the_hop_with_reason_message_and_remedy(reason: str) -> None:
    async with echo_stub(Echo()) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Plan(plan(reason))
    assert caught.value.code() is CODES[reason]
    rebuilt = from_rpc_error(caught.value, part="echo")
    assert rebuilt.reason == reason
    assert rebuilt.remedy
    assert rebuilt.message in (caught.value.details() or "")


async def test_an_invalid_field_is_named_in_bad_request_and_overload_says_when_to_retry() -> None:
    async with echo_stub(Echo()) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as invalid:
            await stub.Plan(plan("INVALID_FIELD"))
        with pytest.raises(grpc.aio.AioRpcError) as overloaded:
            await stub.Plan(plan("OVERLOADED"))
    bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    assert any(detail.Unpack(bad) for detail in details_of(invalid.value))
    assert bad.field_violations[0].field == "question"
    assert any(detail.Unpack(retry) for detail in details_of(overloaded.value))
    assert retry.retry_delay.ToTimedelta().total_seconds() == 2.5
    passed_on = from_rpc_error(overloaded.value, part="echo")
    assert isinstance(passed_on, errors.Overloaded)
    assert passed_on.retry_after_s == 2.5


async def test_a_probe_that_breaks_once_is_asked_again() -> None:
    broken = iter([True])

    async def probe() -> None:
        if next(broken, False):
            msg = "a fault of ours"
            raise RuntimeError(msg)

    async with (
        echo_port(Echo(), probe=probe) as port,
        open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 20) as channel,
        asyncio.timeout(10),
    ):
        stub = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined]  # the stubs forget it
        while (await watch.read()).status != health_pb2.HealthCheckResponse.SERVING:
            pass
        watch.cancel()


async def test_an_old_connection_is_replaced_without_a_failed_call() -> None:
    echo, moved, answers = Echo(), asyncio.Event(), []
    settings = EchoSettings(max_connection_age_s=0.2)

    async def keep_asking(stub: llm_service_pb2_grpc.LlmServiceAsyncStub) -> None:
        while not moved.is_set():
            answers.append((await stub.Plan(plan("again"))).plan.engine.name)

    async with (
        echo_port(echo, settings) as port,
        open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 20) as channel,
        asyncio.TaskGroup() as group,
    ):
        stub = llm_service_pb2_grpc.LlmServiceStub(channel)
        held = stub.Plan(plan("wait"))
        await echo.started.wait()
        asking = group.create_task(keep_asking(stub))
        await channel.wait_for_state_change(grpc.ChannelConnectivity.READY)
        while (state := channel.get_state(try_to_connect=True)) is not grpc.ChannelConnectivity.READY:
            await channel.wait_for_state_change(state)
        moved.set()
        await asking
        echo.release.set()
        assert (await held).plan.engine.name == "wait"
        assert (await stub.Plan(plan("after"))).plan.engine.name == "after"
    assert answers
    assert set(answers) == {"again"}


async def test_requests_that_wait_in_memory_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interceptors, "Room", partial(Room, most_bytes=4000))
    echo = Echo()
    async with echo_stub(echo) as stub:
        held = stub.Judge(llm_service_pb2.JudgeRequest(statement="wait", image_digest="x" * 1500))
        await echo.started_judging.wait()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Plan(plan("y" * 1500))
        other = await stub.Plan(plan("y" * 1500), metadata=((METADATA, "another"),))
        echo.release.set()
        await held
        again = await stub.Plan(plan("y" * 1500))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert other.plan.engine.name == again.plan.engine.name == "y" * 1500


async def test_a_fault_of_ours_tells_the_caller_nothing_of_its_inside() -> None:
    async with echo_stub(Echo()) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Plan(plan("bug"))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in (caught.value.details() or "")


async def test_a_stream_that_fails_ends_with_the_error() -> None:
    async with echo_stub(Echo()) as stub:
        call = stub.Compose(llm_service_pb2.ComposeRequest(question="IMAGE_NOT_FOUND"))
        assert await call.read() is not grpc.aio.EOF
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_the_deadline_is_known_inside_the_call() -> None:
    async with echo_stub(Echo()) as stub:
        limited = await stub.Plan(plan("left"), timeout=30)
        unlimited = await stub.Plan(plan("left"))
    assert 0 < float(limited.plan.engine.name) < 31  # gRPC rounds a timeout up when it sends it
    assert unlimited.plan.engine.name == "None"


async def test_an_expired_deadline_ends_the_call_and_the_work() -> None:
    echo = Echo()
    async with echo_stub(echo) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Plan(plan("wait"), timeout=0.2)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(echo.cancelled.wait(), timeout=5)


async def test_a_cancelled_call_stops_its_work() -> None:
    echo = Echo()
    async with echo_stub(echo) as stub:
        call = asyncio.ensure_future(stub.Plan(plan("wait")))
        await asyncio.wait_for(echo.started.wait(), timeout=5)
        call.cancel()
        await asyncio.wait_for(echo.cancelled.wait(), timeout=5)


async def test_calls_beyond_the_limit_are_refused_and_the_place_is_given_back() -> None:
    echo = Echo()
    async with echo_stub(echo, settings=EchoSettings(max_calls_in_flight=1, max_calls_waiting=0)) as stub:
        first = asyncio.ensure_future(stub.Plan(plan("wait")))
        await asyncio.wait_for(echo.started.wait(), timeout=5)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Plan(plan("hello"))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        echo.release.set()
        await first
        answered = await stub.Plan(plan("hello"))
    assert answered.plan.engine.name == "hello"


async def test_health_follows_the_parts_that_the_service_stands_on() -> None:
    there = False

    async def probe() -> None:
        if not there:
            raise errors.PartUnavailable("triton is out of reach")

    async with (
        echo_port(Echo(), probe=probe) as port,
        open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 20) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(  # type: ignore[attr-defined]  # the stubs forget it
            health_pb2.HealthCheckRequest(service="groundwire.v1.LlmService")
        )
        states = watch.__aiter__()
        first = await anext(states)
        there = True
        second = await anext(states)
        watch.cancel()
    assert first.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert second.status == health_pb2.HealthCheckResponse.SERVING


async def test_calls_in_flight_are_finished_before_the_server_stops() -> None:
    echo = Echo()
    async with AsyncExitStack() as client:
        async with echo_port(echo) as port:
            channel = await client.enter_async_context(open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 20))
            call = asyncio.ensure_future(llm_service_pb2_grpc.LlmServiceStub(channel).Plan(plan("wait")))
            await asyncio.wait_for(echo.started.wait(), timeout=5)
            asyncio.get_running_loop().call_soon(echo.release.set)
        assert (await call).plan.engine.name == "wait"


async def test_reflection_tells_foreign_clients_the_contract() -> None:
    async with echo_port(Echo(), EchoSettings(reflection=True)) as port:
        names = await asyncio.to_thread(_reflected, port)
    assert "groundwire.v1.LlmService" in names


def _reflected(port: int) -> set[str]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        return set(ProtoReflectionDescriptorDatabase(channel).get_services())


async def test_a_watcher_of_health_does_not_hold_the_server_up() -> None:
    async with AsyncExitStack() as client:
        async with echo_port(Echo(), EchoSettings(grace_s=600)) as port:
            channel = await client.enter_async_context(open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 20))
            stub = health_pb2_grpc.HealthStub(channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined]  # the stubs forget it
            await watch.read()
        assert await watch.read() is not grpc.aio.EOF  # NOT_SERVING, as the drain begins
        with pytest.raises(grpc.aio.AioRpcError):
            await watch.read()


async def test_a_taken_port_is_named() -> None:
    async with echo_port(Echo()) as port:
        with pytest.raises(errors.MeshError, match=str(port)) as caught:
            async with echo_port(Echo(), EchoSettings(port=port)):
                pytest.fail("listened on a taken port")
    assert "GROUNDWIRE_ECHO_PORT" in caught.value.remedy
