"""Ports: fixed or free, and refused when they are taken."""

from __future__ import annotations

import os
import socket

import pytest

from groundwire.mesh.errors import LaunchError, PortInUse
from groundwire.mesh.ports import check_ports, fixed_ports, free_ports
from groundwire.mesh.table import COMPONENTS, service

ONE = [service("fusion", 50051)]


def test_a_port_is_the_tables_unless_its_variable_says_otherwise() -> None:
    assert fixed_ports(ONE, {}) == {"GROUNDWIRE_FUSION_PORT": 50051}
    assert fixed_ports(ONE, {"GROUNDWIRE_FUSION_PORT": "7"}) == {"GROUNDWIRE_FUSION_PORT": 7}


@pytest.mark.parametrize("text", ["", "0", "-1", "65536", "http", "5e3", "²"])
def test_what_is_no_port_number_is_refused_by_the_variables_name(text: str) -> None:
    with pytest.raises(LaunchError, match="GROUNDWIRE_FUSION_PORT"):
        fixed_ports(ONE, {"GROUNDWIRE_FUSION_PORT": text})


def test_free_ports_are_all_different_and_can_be_listened_on() -> None:
    ports = free_ports(COMPONENTS)

    assert len(set(ports.values())) == len(ports)
    check_ports(COMPONENTS, ports)


def test_a_taken_port_is_named_with_who_has_it_and_how_to_move_away() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortInUse) as caught:
            check_ports(ONE, {"GROUNDWIRE_FUSION_PORT": port})

    assert (caught.value.port, caught.value.component) == (port, "fusion")
    assert f"pid {os.getpid()}" in caught.value.message
    assert "GROUNDWIRE_FUSION_PORT" in caught.value.remedy
