"""supervisord's configuration: what it will read is what was meant."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

from groundwire.mesh.supervise import render
from groundwire.mesh.table import COMPONENTS


def parsed(home: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(render(home, COMPONENTS))
    return parser


def test_each_component_is_a_program_that_reads_its_own_plan() -> None:
    said = parsed(Path("/home/me"))

    for component in COMPONENTS:
        command = shlex.split(said[f"program:{component.name}"]["command"])
        assert command[-1] == f"launch/{component.name}.json"


def test_callers_are_stopped_before_what_they_call() -> None:
    said = parsed(Path("/home/me"))

    priorities = [int(said[f"program:{component.name}"]["priority"]) for component in COMPONENTS]
    assert priorities == sorted(priorities)


def test_postgres_is_stopped_without_waiting_for_its_clients() -> None:
    said = parsed(Path("/home/me"))

    assert said["program:postgres"]["stopsignal"] == "INT"
    assert said["program:fusion"]["stopsignal"] == "TERM"


def test_a_percent_sign_in_the_home_is_not_taken_for_an_expansion() -> None:
    assert parsed(Path("/home/100%"))["unix_http_server"]["file"] == "/home/100%%/supervisor.sock"
