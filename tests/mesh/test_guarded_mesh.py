"""A whole mesh under mutual TLS: it answers whom its policy knows, over every edge, and nobody else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from groundwire import Client, Credentials, PermissionDenied, Unavailable, policies
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from tests.fakes.ports import distinct_ports
from tests.helm.chart import CHART
from tests.mesh.prometheus_server import Prometheus, watching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
def metrics_ports() -> dict[str, int]:
    """A free port for each service's metrics."""
    return distinct_ports(policies.SERVICES)


@pytest.fixture(scope="module")
def ports() -> Mapping[str, int]:
    """Where everything else listens, by variable."""
    return free_ports(COMPONENTS)


@pytest.fixture(scope="module")
def guarded(
    certs: Path, metrics_ports: dict[str, int], ports: Mapping[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mesh]:
    """A mesh whose services ask who calls, and give their metrics."""
    set_here = {"GROUNDWIRE_CERTS": str(certs)} | {
        f"GROUNDWIRE_{name.upper()}_METRICS_PORT": str(port) for name, port in metrics_ports.items()
    }
    before = {name: os.environ.get(name) for name in set_here}
    os.environ.update(set_here)
    try:
        with Mesh.start(tmp_path_factory.mktemp("guarded"), ports=ports) as started:
            yield started
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]


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
            call: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
            with pytest.raises(grpc.RpcError) as caught:
                call(b"", timeout=20)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_the_alerts_and_the_dashboard_ask_for_metrics_that_the_mesh_gives(
    guarded: Mesh, certs: Path, metrics_ports: dict[str, int], motorcycle: Path
) -> None:
    with caller(guarded, certs, "shop", "acme") as shop:
        shop.ask(motorcycle, "What brand is written on the motorcycle?")
    given: dict[str, set[str]] = {}
    for port in metrics_ports.values():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as response:
            for family in text_string_to_metric_families(response.read().decode()):
                for sample in family.samples:
                    given.setdefault(sample.name, set()).update(sample.labels)
    asked = (CHART / "files" / "rules.yaml").read_text() + (CHART / "files" / "dashboard.json").read_text()
    wanted = set(re.findall(r"\b(?:rpc_server|groundwire)_[a-z_]+\b", asked))
    # A counter begins with its first count: nothing was degraded here.
    assert wanted - {"groundwire_degradations_total"} <= set(given)
    assert {"rpc_method", "rpc_response_status_code"} <= given["rpc_server_call_duration_seconds_count"]
    assert {"kind", "verdict"} <= given["groundwire_claims_total"]


@pytest.fixture
def watched(
    guarded: Mesh, metrics_ports: dict[str, int], ports: Mapping[str, int], tmp_path: Path
) -> Iterator[Prometheus]:
    """A real Prometheus on all of it, Triton too."""
    assert guarded.addresses
    with watching(tmp_path, {**metrics_ports, "triton": ports["GROUNDWIRE_TRITON_METRICS_PORT"]}) as prometheus:
        yield prometheus


def test_prometheus_fetches_from_everybody_and_every_panel_of_the_dashboard_shows_something(
    watched: Prometheus, guarded: Mesh, certs: Path, motorcycle: Path
) -> None:
    watched.once("all are fetched from", lambda: len(watched.samples("up == 1")) == len(policies.SERVICES) + 1)
    with caller(guarded, certs, "shop", "acme") as shop:
        shop.ask(motorcycle, "What brand is written on the motorcycle?")
        watched.once("claims are counted", lambda: bool(watched.samples("groundwire_claims_total")))
        # A rate needs growth between two fetches.
        shop.ask(motorcycle, "What brand is written on the motorcycle?")
    watched.once("a claim is supported", lambda: watched.samples("groundwire:supported:ratio_rate1h > 0") != [])
    for panel in json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            assert watched.samples(target["expr"]), f"{panel['title']} shows nothing: {target['expr']}"


def test_prometheus_evaluates_every_rule_and_a_well_mesh_alarms_nobody(watched: Prometheus) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in watched.get("rules")["groups"] for rule in group["rules"]]

    watched.once("all are evaluated", lambda: {rule["health"] for rule in rules()} == {"ok"})
    # A busy machine may be slow, which an alert bears for some minutes: it is pending then.
    assert [rule["name"] for rule in rules() if rule.get("state") == "firing"] == []
