"""Certificates, tokens and policies for tests of who may call."""

from __future__ import annotations

import base64
import datetime as dt
import json
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from groundwire import certificates, policies
from services.runtime.identity.certificates import CertificateFiles
from tests.service.runtime.test_server import EchoSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
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

CALLERS = """
[[callers]]
certificate = "spiffe://groundwire/shop"
methods = ["groundwire.v1.GroundingService/*"]
tenants = ["acme"]

[[callers]]
token = { role = "analyst" }
methods = ["groundwire.v1.GroundingService/*"]
tenants = ["acme"]
"""


@contextmanager
def a_world(folder: Path) -> Iterator[Path]:
    """A folder with certificates, policies and a token issuer's keys, and the issuer publishing them."""
    _fill(folder)
    with _published(folder):
        yield folder


def _fill(folder: Path) -> None:
    """Certificates of an authority and of a false one, two policies, and the keys of a token issuer."""
    authority = certificates.open_authority(folder, NOW)
    for name in (*policies.SERVICES, "shop", "stranger"):
        hosts = ("localhost", "127.0.0.1")
        certificates.write(folder / name, certificates.issue(authority, name, hosts, NOW), authority)
    false = certificates.make_authority(NOW)
    certificates.write(folder / "false", certificates.issue(false, "fusion", ("localhost",), NOW), authority)
    old = NOW - dt.timedelta(days=9)
    certificates.write(folder / "expired", certificates.issue(authority, "fusion", (), old, days=1), authority)
    (folder / "policy.toml").write_text(POLICY)
    (folder / "mesh.toml").write_text(policies.rendered() + CALLERS)
    (folder / "jwks.json").write_text(json.dumps({"keys": [jwk(SIGNING, "k1")]}))


@contextmanager
def _published(world: Path) -> Iterator[None]:
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


def jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).decode().rstrip("=") for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig"}


def files(folder: Path) -> CertificateFiles:
    return CertificateFiles(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")


def secured(world: Path, policy: str = "policy.toml", **more: Any) -> EchoSettings:
    return EchoSettings(
        tls_folder=world / "llm",
        access_policy_file=world / policy,
        token_issuer=ISSUER,
        token_keys_url=(world / "jwks.url").read_text(),
        **more,
    )


def bare(world: Path, port: int, who: str) -> grpc.aio.Channel:
    """A foreign client's channel: no interceptors of ours."""
    own = world / who
    credentials = grpc.ssl_channel_credentials(
        (own / "ca.crt").read_bytes(), (own / "tls.key").read_bytes(), (own / "tls.crt").read_bytes()
    )
    return grpc.aio.secure_channel(f"localhost:{port}", credentials)


def by_token(world: Path, port: int) -> grpc.aio.Channel:
    """The channel of a caller without a certificate."""
    authority = grpc.ssl_channel_credentials((world / "llm" / "ca.crt").read_bytes())
    return grpc.aio.secure_channel(f"localhost:{port}", authority)


def token(
    key: Any = SIGNING, algorithm: str = "ES256", kid: str = "k1", headers: dict[str, Any] | None = None, **claims: Any
) -> str:
    good = {"iss": ISSUER, "aud": "groundwire", "sub": "ann", "role": "analyst", "tenant": "acme"}
    expiry = {"exp": int((dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)).timestamp())}
    merged = {name: value for name, value in {**good, **expiry, **claims}.items() if value is not None}
    return jwt.encode(merged, key, algorithm=algorithm, headers={"kid": kid, **(headers or {})})
