"""The table of components: what is derived from it fits together."""

from __future__ import annotations

import pytest

from groundwire.mesh.ports import fixed_ports, listeners
from groundwire.mesh.table import COMPONENTS, EDGES, Component, Kind, address, wiring

NAMES = [component.name for component in COMPONENTS]
SERVICES = [component for component in COMPONENTS if component.kind is Kind.SERVICE]


def test_every_edge_joins_two_components() -> None:
    assert {name for edge in EDGES for name in edge} == set(NAMES)


def test_no_component_is_stopped_before_its_callers() -> None:
    assert all(NAMES.index(callee) < NAMES.index(caller) for caller, callee in EDGES)


def test_no_two_listeners_share_a_port_or_a_variable() -> None:
    found = [listener for _, listener in listeners(COMPONENTS)]
    assert len({listener.port for listener in found}) == len({listener.variable for listener in found}) == len(found)


@pytest.mark.parametrize("component", SERVICES, ids=lambda component: component.name)
def test_a_service_is_told_where_it_listens_and_where_each_of_its_callees_is(component: Component) -> None:
    ports = fixed_ports(COMPONENTS, {})
    addresses = {other.name: address(other, ports) for other in COMPONENTS if other.listeners}

    said = wiring(component, addresses)

    callees = [callee for caller, callee in EDGES if caller == component.name and callee != "postgres"]
    wanted = {f"{component.prefix}{callee.upper()}_ADDRESS": addresses[callee] for callee in callees}
    here = {f"{component.prefix}HOST": "127.0.0.1", f"{component.prefix}PORT": str(component.listeners[0].port)}
    assert said == wanted | here


def test_a_callee_that_this_mesh_lacks_is_not_spoken_of() -> None:
    (perception,) = (component for component in SERVICES if component.name == "perception")

    assert set(wiring(perception, {"perception": "127.0.0.1:7"})) == {
        "GROUNDWIRE_PERCEPTION_HOST",
        "GROUNDWIRE_PERCEPTION_PORT",
    }
