"""The policy's rules, and its file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from groundwire import policies
from groundwire.mesh.table import EDGES, MODEL_EDGES
from services.common.errors import MeshError, PermissionDenied
from services.runtime.identity.policy import Peer, Policy, Rule
from services.runtime.identity.policy_file import read_policy

ASK = "groundwire.v1.GroundingService/Ask"
ERASE = "groundwire.v1.ProvenanceService/Erase"
SHOP = Peer(("spiffe://groundwire/shop", "shop.example"))
ANALYST = Peer(claims={"sub": "ann", "role": "analyst"}, tenant="acme")
POLICY = Policy(
    (
        Rule(("groundwire.v1.GroundingService/*",), ("acme",), certificate="spiffe://groundwire/shop"),
        Rule((ASK,), ("acme", "b*"), token={"role": "analyst"}),
        Rule(("*",), ("*",), token={"role": "admin", "sub": "r*"}),
    )
)


@pytest.mark.parametrize(
    ("peer", "method", "tenant"),
    [
        (SHOP, ASK, "acme"),
        (ANALYST, ASK, "acme"),
        (ANALYST, ASK, "beta"),
        (Peer(claims={"sub": "root", "role": "admin"}), ERASE, "anyone"),
    ],
)
def test_what_a_rule_allows_passes(peer: Peer, method: str, tenant: str) -> None:
    POLICY.authorise(peer, method, tenant)


@pytest.mark.parametrize(
    ("peer", "method", "tenant"),
    [
        (SHOP, ERASE, "acme"),
        (SHOP, ASK, "other"),
        (ANALYST, ERASE, "acme"),
        (ANALYST, ASK, "other"),
        (Peer(claims={"sub": "ann", "role": "admin"}), ASK, "acme"),
        (Peer(("spiffe://groundwire/shop2",)), ASK, "acme"),
        (Peer(claims={"sub": "spiffe://groundwire/shop"}), ASK, "acme"),
        (Peer(), ASK, "acme"),
    ],
)
def test_what_no_rule_allows_is_refused(peer: Peer, method: str, tenant: str) -> None:
    with pytest.raises(PermissionDenied) as caught:
        POLICY.authorise(peer, method, tenant)
    assert caught.value.remedy


def test_a_caller_with_one_tenant_need_not_name_it() -> None:
    assert POLICY.sole_tenant(SHOP) == "acme"
    assert POLICY.sole_tenant(ANALYST) == ""
    assert POLICY.sole_tenant(Peer()) == ""


def test_the_mesh_s_own_policy_lets_each_service_call_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(policies.rendered())
    policy = read_policy(file)
    for caller in policies.SERVICES:
        peer = Peer((f"spiffe://groundwire/{caller}",))
        for callee, service in policies.GRPC_SERVICES.items():
            needed = policies.CALLS.get((caller, callee), ())
            for method in (*needed, "Anything"):
                if method in needed:
                    policy.authorise(peer, f"{service}/{method}", "acme")
                else:
                    with pytest.raises(PermissionDenied):
                        policy.authorise(peer, f"{service}/{method}", "acme")


def test_there_are_methods_for_every_edge_between_services() -> None:
    edges = {edge for edge in (*EDGES, *MODEL_EDGES) if edge[1] in policies.GRPC_SERVICES}
    assert policies.CALLS.keys() == edges


@pytest.mark.parametrize("caller", policies.SERVICES)
def test_the_policy_names_the_methods_that_the_code_calls(caller: str) -> None:
    """By the calls of stubs in the service's own folder."""
    called: dict[str, set[str]] = {}
    for file in (Path(__file__).parents[3] / "services" / caller).rglob("*.py"):
        source = file.read_text()
        for service in re.findall(r"\.(\w+ServiceStub)\(", source):
            callee = f"groundwire.v1.{service.removesuffix('Stub')}"
            called.setdefault(callee, set()).update(re.findall(r"_stub\.([A-Z]\w+)", source))
    assert called == {
        policies.GRPC_SERVICES[callee]: set(needed) for (who, callee), needed in policies.CALLS.items() if who == caller
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[callers]]\n", "methods"),
        ("callers = 3\n", "callers"),
        ("[[callers]\n", "TOML"),
        ('[[callers]]\nmethods = ["*"]\ntenants = ["*"]\n', "certificate or a token"),
        ('[[callers]]\nmethods = ["*"]\ntenants = ["*"]\ncertificate = "a"\ntokens = {a = "b"}\n', "tokens"),
    ],
)
def test_a_policy_that_is_none_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(MeshError, match=said):
        read_policy(file)
