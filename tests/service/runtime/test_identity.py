"""Who may call: certificates, tokens and the policy, on a real server with real TLS."""

from __future__ import annotations

import base64
import datetime as dt
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groundwire import certificates
from groundwire.v1 import llm_service_pb2, llm_service_pb2_grpc
from services.common.errors import MeshError
from services.runtime.channels import open_channel
from services.runtime.server import Service, serving
from services.runtime.status import from_rpc_error
from services.runtime.tenant import current_tenant
from tests.fakes.echo import Echo
from tests.service.runtime.identities import FORGING, NOW, POLICY, SIGNING, bare, by_token, files, secured, token
from tests.service.runtime.test_server import EchoSettings, ready

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Tells(Echo):
    """Plan tells for which tenant it was called."""

    async def Plan(self, _request: llm_service_pb2.PlanRequest, _context: Any) -> llm_service_pb2.PlanResponse:
        response = llm_service_pb2.PlanResponse()
        response.plan.engine.name = current_tenant()
        return response


@asynccontextmanager
async def telling(settings: EchoSettings) -> AsyncIterator[int]:
    service = Service(
        "groundwire.v1.LlmService",
        lambda server: llm_service_pb2_grpc.add_LlmServiceServicer_to_server(Tells(), server),
        ready,
    )
    async with serving(service, settings) as port:
        yield port


async def tenant_seen(channel: grpc.aio.Channel, metadata: dict[str, str]) -> str:
    stub: Any = llm_service_pb2_grpc.LlmServiceStub(channel)
    response = await stub.Plan(llm_service_pb2.PlanRequest(question="?"), metadata=tuple(metadata.items()), timeout=10)
    return str(response.plan.engine.name)


@pytest.mark.parametrize(
    ("who", "named", "seen"),
    [("fusion", "acme", "acme"), ("fusion", "beta", "beta"), ("shop", "acme", "acme"), ("shop", "", "acme")],
)
async def test_whom_the_policy_allows_is_let_in(world: Path, who: str, named: str, seen: str) -> None:
    async with telling(secured(world)) as port, bare(world, port, who) as channel:
        assert await tenant_seen(channel, {"groundwire-tenant": named} if named else {}) == seen


@pytest.mark.parametrize(
    ("who", "named", "code"),
    [
        ("shop", "beta", grpc.StatusCode.PERMISSION_DENIED),
        ("stranger", "acme", grpc.StatusCode.PERMISSION_DENIED),
        ("shop", "../x", grpc.StatusCode.INVALID_ARGUMENT),
        ("false", "acme", grpc.StatusCode.UNAVAILABLE),
        ("expired", "acme", grpc.StatusCode.UNAVAILABLE),
    ],
)
async def test_everybody_else_is_kept_out(world: Path, who: str, named: str, code: grpc.StatusCode) -> None:
    async with telling(secured(world)) as port, bare(world, port, who) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await tenant_seen(channel, {"groundwire-tenant": named})
    assert caught.value.code() is code


async def test_a_plain_connection_is_not_answered(world: Path) -> None:
    async with telling(secured(world)) as port, grpc.aio.insecure_channel(f"localhost:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await tenant_seen(channel, {})
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@asynccontextmanager
async def token_channel(world: Path, free_port: int) -> AsyncIterator[grpc.aio.Channel]:
    """A client without a certificate, on the port for tokens."""
    async with telling(secured(world, token_port=free_port)), by_token(world, free_port) as channel:
        yield channel


async def test_a_token_says_who_calls_and_for_which_tenant(world: Path, free_port: int) -> None:
    async with token_channel(world, free_port) as channel:
        seen = [
            await tenant_seen(channel, {"authorization": f"Bearer {token(tenant=name)}", "groundwire-tenant": "other"})
            for name in ("acme", "beta")
        ]
    assert seen == ["acme", "beta"]


PUBLIC = SIGNING.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
HOUR_AGO = int((dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).timestamp())
FALSE_TOKENS = {
    "none at all": "",
    "not a token": "Bearer x.y.z",
    "another scheme": "Basic YTpi",
    "expired": f"Bearer {token(exp=HOUR_AGO)}",
    "without an end": f"Bearer {token(exp=None)}",
    "without a subject": f"Bearer {token(sub=None)}",
    "of another issuer": f"Bearer {token(iss='https://else.example')}",
    "for another audience": f"Bearer {token(aud='billing')}",
    "signed by somebody else": f"Bearer {token(FORGING)}",
    "of an unknown key": f"Bearer {token(FORGING, kid='k2')}",
    "signed with the public key as a secret": "Bearer "
    + ".".join(
        (
            base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').decode().rstrip("="),
            *token().split(".")[1:],
        )
    ),
    "unsigned": "Bearer "
    + base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').decode().rstrip("=")
    + f".{token().split('.')[1]}.",
    "of the wrong kind of key": "Bearer " + token(rsa.generate_private_key(65537, 2048), "RS256"),
}


@pytest.mark.parametrize("kind", FALSE_TOKENS)
async def test_a_token_that_does_not_hold_is_refused_and_not_repeated(world: Path, free_port: int, kind: str) -> None:
    header = FALSE_TOKENS[kind]
    async with token_channel(world, free_port) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await tenant_seen(channel, {"authorization": header} if header else {})
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    error = from_rpc_error(caught.value, part="echo")
    assert error.reason == "UNAUTHENTICATED"
    assert error.remedy
    secret = header.removeprefix("Bearer ")
    assert not secret or secret not in error.message


@pytest.mark.parametrize("claims", [{"role": "clerk"}, {"tenant": "other"}, {"role": ["analyst"]}])
async def test_a_token_that_holds_but_may_not_is_refused(world: Path, free_port: int, claims: dict[str, Any]) -> None:
    async with token_channel(world, free_port) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await tenant_seen(channel, {"authorization": f"Bearer {token(**claims)}"})
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_health_stays_open_and_needs_no_tls_on_its_own_port(world: Path, free_port: int) -> None:
    async with (
        telling(secured(world, health_port=free_port)),
        grpc.aio.insecure_channel(f"127.0.0.1:{free_port}") as channel,
    ):
        check: Any = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # the stubs forget it
        answer = await check(health_pb2.HealthCheckRequest(), timeout=10, wait_for_ready=True)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await tenant_seen(channel, {})
    assert answer.status in (health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_renewed_certificates_are_taken_up_at_both_ends_without_a_restart(tmp_path: Path) -> None:
    old, new = certificates.make_authority(NOW), certificates.make_authority(NOW)
    for name in ("llm", "fusion"):
        certificates.write(tmp_path / name, certificates.issue(old, name, ("localhost",), NOW), old)
    (tmp_path / "policy.toml").write_text(POLICY)
    settings = EchoSettings(tls_folder=tmp_path / "llm", access_policy_file=tmp_path / "policy.toml")
    own = files(tmp_path / "fusion")
    async with (
        telling(settings) as port,
        open_channel(f"localhost:{port}", max_message_bytes=1 << 20, certificates=own) as channel,
    ):
        assert await tenant_seen(channel, {}) == "default"
        for name in ("llm", "fusion"):
            certificates.write(tmp_path / name, certificates.issue(new, name, ("localhost",), NOW), new)
        assert await tenant_seen(channel, {}) == "default"
        certificates.write(tmp_path / "late", certificates.issue(old, "fusion", ("localhost",), NOW), new)
        async with bare(tmp_path, port, "late") as late:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await tenant_seen(late, {})
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_half_written_certificates_are_passed_over(tmp_path: Path) -> None:
    authority = certificates.make_authority(NOW)
    certificates.write(tmp_path, certificates.issue(authority, "llm", ("localhost",), NOW), authority)
    (tmp_path / "policy.toml").write_text(POLICY)
    own = tmp_path / "own"
    certificates.write(own, certificates.issue(authority, "fusion", (), NOW), authority)
    async with telling(EchoSettings(tls_folder=tmp_path, access_policy_file=tmp_path / "policy.toml")) as port:
        (tmp_path / "tls.crt").write_text("-----BEGIN CERT")
        async with bare(tmp_path, port, "own") as channel:
            assert await tenant_seen(channel, {}) == "default"


def test_certificates_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    authority = certificates.make_authority(NOW)
    certificates.write(tmp_path, certificates.issue(authority, "llm", (), NOW), authority)
    (tmp_path / "tls.key").write_bytes(authority.key_pem)
    with pytest.raises(MeshError, match="does not belong"):
        files(tmp_path).read()
    (tmp_path / "tls.key").unlink()
    with pytest.raises(MeshError, match=r"tls\.key cannot be read"):
        files(tmp_path).read()
