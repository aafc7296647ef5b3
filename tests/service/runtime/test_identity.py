"""Who may call: certificates, tokens and the policy, on a real server with real TLS."""

from __future__ import annotations

import base64
import datetime as dt
import json
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groundwire import certificates
from groundwire.v1 import llm_service_pb2, llm_service_pb2_grpc
from services.common.errors import MeshError
from services.runtime.channels import open_channel
from services.runtime.identity.certificates import CertificateFiles
from services.runtime.server import Service, serving
from services.runtime.status import from_rpc_error
from services.runtime.tenant import current_tenant
from tests.fakes.echo import Echo
from tests.service.runtime.test_server import EchoSettings, ready

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

NOW = dt.datetime.now(dt.UTC)
ISSUER = "https://issuer.example"
POLICY = """
[[callers]]
certificate = "spiffe://groundwire/fusion"
methods = ["groundwire.v1.LlmService/*"]
tenants = ["*"]

[[callers]]
certificate = "spiffe://groundwire/shop"
methods = ["groundwire.v1.LlmService/Plan"]
tenants = ["acme"]

[[callers]]
token = { role = "analyst" }
methods = ["groundwire.v1.LlmService/Plan"]
tenants = ["acme", "beta"]
"""


class Tells(Echo):
    """Plan tells for which tenant it was called."""

    async def Plan(self, _request: llm_service_pb2.PlanRequest, _context: Any) -> llm_service_pb2.PlanResponse:
        response = llm_service_pb2.PlanResponse()
        response.plan.engine.name = current_tenant()
        return response


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of an authority and of a false one, a policy, and the keys of a token issuer."""
    folder = tmp_path_factory.mktemp("identity")
    authority = certificates.open_authority(folder, NOW)
    for name in ("llm", "fusion", "shop", "stranger"):
        hosts = ("localhost", "127.0.0.1")
        certificates.write(folder / name, certificates.issue(authority, name, hosts, NOW), authority)
    false = certificates.make_authority(NOW)
    certificates.write(folder / "false", certificates.issue(false, "fusion", ("localhost",), NOW), authority)
    old = NOW - dt.timedelta(days=9)
    certificates.write(folder / "expired", certificates.issue(authority, "fusion", (), old, days=1), authority)
    (folder / "policy.toml").write_text(POLICY)
    (folder / "jwks.json").write_text(json.dumps({"keys": [_jwk(SIGNING, "k1")]}))
    return folder


@pytest.fixture(scope="module", autouse=True)
def issuer(world: Path) -> Iterator[None]:
    """A real HTTP server that publishes the issuer's keys."""

    class Publishes(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Publishes, directory=world)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        (world / "jwks.url").write_text(f"http://127.0.0.1:{server.server_port}/jwks.json")
        yield
        server.shutdown()
        thread.join()


SIGNING = ec.generate_private_key(ec.SECP256R1())
FORGING = ec.generate_private_key(ec.SECP256R1())


def _jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).decode().rstrip("=") for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig"}


def files(folder: Path) -> CertificateFiles:
    return CertificateFiles(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")


def secured(world: Path, **more: Any) -> EchoSettings:
    return EchoSettings(
        tls_folder=world / "llm",
        access_policy_file=world / "policy.toml",
        token_issuer=ISSUER,
        token_keys_url=(world / "jwks.url").read_text(),
        **more,
    )


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


def bare(world: Path, port: int, who: str) -> grpc.aio.Channel:
    """A foreign client's channel: no interceptors of ours."""
    own = world / who
    credentials = grpc.ssl_channel_credentials(
        (own / "ca.crt").read_bytes(), (own / "tls.key").read_bytes(), (own / "tls.crt").read_bytes()
    )
    return grpc.aio.secure_channel(f"localhost:{port}", credentials)


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


def token(key: Any = SIGNING, algorithm: str = "ES256", kid: str = "k1", **claims: Any) -> str:
    good = {"iss": ISSUER, "aud": "groundwire", "sub": "ann", "role": "analyst", "tenant": "acme"}
    expiry = {"exp": int((dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)).timestamp())}
    merged = {name: value for name, value in {**good, **expiry, **claims}.items() if value is not None}
    return jwt.encode(merged, key, algorithm=algorithm, headers={"kid": kid})


@asynccontextmanager
async def token_channel(world: Path, free_port: int) -> AsyncIterator[grpc.aio.Channel]:
    """A client without a certificate, on the port for tokens."""
    authority = grpc.ssl_channel_credentials((world / "llm" / "ca.crt").read_bytes())
    async with (
        telling(secured(world, token_port=free_port)),
        grpc.aio.secure_channel(f"localhost:{free_port}", authority) as channel,
    ):
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
