"""The watchdog on a real supervisord: what was given up, and what hangs, is started again by nobody's hand."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from groundwire.mesh import plans, supervise
from groundwire.mesh.launch import Plan
from groundwire.mesh.ports import free_ports
from groundwire.mesh.state import State
from groundwire.mesh.table import Component, Kind, Listener, address
from groundwire.mesh.watchdog import Watch, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WEB = Component("web", Kind.WEB, (Listener("WEB_PORT", 0),))

# What the component does stands in a file: it ends at once, it takes connections and says nothing, or it serves.
PROGRAM = """
import http.server, pathlib, socket, sys
does, port = pathlib.Path(sys.argv[1]).read_text(), int(sys.argv[2])
if does == "ends":
    sys.exit(1)
if does == "hangs":
    listener = socket.create_server(("127.0.0.1", port))
    held = [listener.accept() for _ in iter(int, 1)]
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", port), Healthy).serve_forever()
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    ports = free_ports([WEB])
    for folder in ("logs", "launch"):
        (tmp_path / folder).mkdir()
    (tmp_path / "does").write_text("ends")
    command = (sys.executable, "-c", PROGRAM, str(tmp_path / "does"), str(ports["WEB_PORT"]))
    Plan(command, str(tmp_path)).write(tmp_path / "launch" / "web.json")
    plans.watchdog(tmp_path).write(tmp_path / "launch" / f"{supervise.WATCHDOG}.json")
    state = State(tmp_path, {"web": Kind.WEB}, {"web": address(WEB, ports)})
    (tmp_path / "lock").touch()
    pid = supervise.start(tmp_path, [WEB], {})
    yield state
    everything = psutil.Process(pid).children(recursive=True)
    supervise.Supervisor(tmp_path).shut_down()
    psutil.wait_procs([psutil.Process(pid), *everything], 30)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_what_was_given_up_or_hangs_is_started_again(state: State, capfd: pytest.CaptureFixture[str]) -> None:
    supervisor = supervise.Supervisor(state.home)
    supervisor.start(WEB)
    until(lambda: supervisor.processes()["web"].state == "FATAL")
    (state.home / "does").write_text("hangs")
    given_up = Watch({}, given_up_s=0.0)
    look(state, given_up)
    look(state, given_up)
    until(lambda: supervisor.processes()["web"].state == "RUNNING")
    hung = supervisor.processes()["web"].pid
    (state.home / "does").write_text("serves")
    patient = Watch({"web": 0.0})
    look(state, patient)
    look(state, patient)
    assert supervisor.processes()["web"].pid != hung
    said = capfd.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == ["web is started again"] * 2
