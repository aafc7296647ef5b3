"""A whole mesh under mutual TLS: it answers whom its policy knows, over every edge, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import grpc
import pytest

from groundwire import Client, Credentials, PermissionDenied, Unavailable
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOP = """
[[callers]]
certificate = "spiffe://groundwire/shop"
methods = ["groundwire.v1.GroundingService/*", "groundwire.v1.ProvenanceService/GetAnswer"]
tenants = ["acme", "beta"]
"""


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `groundwire certs` makes, and a caller of our own."""
    folder = tmp_path_factory.mktemp("certs")
    for arguments in (("make", str(folder)), ("issue", str(folder), "shop"), ("issue", str(folder), "stranger")):
        command = [sys.executable, "-m", "groundwire", "certs", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own arguments
    with (folder / "policy.toml").open("a") as policy:
        policy.write(SHOP)
    return folder


@pytest.fixture(scope="module")
def guarded(certs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A mesh whose services ask who calls."""
    before = os.environ.get("GROUNDWIRE_CERTS")
    os.environ["GROUNDWIRE_CERTS"] = str(certs)
    try:
        with Mesh.start(tmp_path_factory.mktemp("guarded"), ports=free_ports(COMPONENTS)) as started:
            yield started
    finally:
        if before is None:
            del os.environ["GROUNDWIRE_CERTS"]


def caller(mesh: Mesh, certs: Path, name: str, tenant: str) -> Client:
    own = certs / name
    shown = Credentials(own / "ca.crt", own / "tls.crt", own / "tls.key", tenant=tenant)
    at = mesh.addresses
    return Client(at["fusion"], provenance_address=at["provenance"], timeout_s=120, credentials=shown)


def test_a_caller_of_the_policy_is_answered_over_every_edge_and_its_answers_are_its_own(
    guarded: Mesh, certs: Path, motorcycle: Path
) -> None:
    with caller(guarded, certs, "shop", "acme") as acme, caller(guarded, certs, "shop", "beta") as beta:
        answer = acme.ask(motorcycle, "What brand is written on the motorcycle?")
        assert [claim.text for claim in answer.supported] == ['The brand reads "YAMAHA".']
        assert acme.get_answer(answer.id).id == answer.id
        with pytest.raises(Exception, match="RECORD_NOT_FOUND"):
            beta.get_answer(answer.id)


def test_nobody_else_is(guarded: Mesh, certs: Path, motorcycle: Path) -> None:
    with caller(guarded, certs, "stranger", "acme") as stranger, pytest.raises(PermissionDenied):
        stranger.read(motorcycle)
    with caller(guarded, certs, "shop", "gamma") as shop, pytest.raises(PermissionDenied):
        shop.read(motorcycle)
    plain = Client(guarded.addresses["fusion"], timeout_s=20, credentials=Credentials())
    with plain, pytest.raises(Unavailable):
        plain.read(motorcycle)


def test_services_do_not_listen_to_plain_connections(guarded: Mesh) -> None:
    for name in ("fusion", "perception", "llm", "provenance"):
        with grpc.insecure_channel(guarded.addresses[name]) as channel:
            call = channel.unary_unary("/grpc.health.v1.Health/Check")
            with pytest.raises(grpc.RpcError) as caught:
                call(b"", timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE  # type: ignore[attr-defined]  # it is a Call too
