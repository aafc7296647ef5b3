"""supervisord, which keeps the components running: its configuration, and the calls that drive it.

It does what we would otherwise have to get right ourselves: restarts with growing pauses, stop signals with a time
limit, process groups, log files that do not grow without end.
"""

from __future__ import annotations

import http.client
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
from supervisor.xmlrpc import SupervisorTransport

from groundwire.mesh import launch
from groundwire.mesh.errors import LaunchError
from groundwire.mesh.places import make_private, supervisor_socket
from groundwire.mesh.table import Component, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CONFIGURATION = "supervisord.conf"
ANSWER_TIMEOUT_S = 20.0
POLL_S = 0.05

# PostgreSQL's SIGTERM waits for its clients; its SIGINT does not.
STOP_SIGNALS = {Kind.SERVICE: "TERM", Kind.WEB: "TERM", Kind.TRITON: "TERM", Kind.POSTGRES: "INT", Kind.VLLM: "TERM"}

_HEAD = """\
; Written anew at every start of the mesh. What each program is, is in launch/*.json.
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
logfile=logs/supervisord.log
logfile_maxbytes=10MB
logfile_backups=2
pidfile=supervisord.pid
identifier=groundwire
"""

_PROGRAM = """
[program:{name}]
command={command}
priority={priority}
autostart=false
; However it ended, it is wanted back. One that ends within startsecs counts as failed; after startretries failures,
; with pauses of 1, 2, 3 s, it is left alone.
autorestart=true
startsecs=10
startretries=3
; The signal goes to the component alone, which ends its own children; what outlasts the wait is killed as a group.
stopsignal={signal}
stopwaitsecs=20
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""

WATCHDOG = "watchdog"
"""The program that starts again what supervisord itself does not: groundwire/mesh/watchdog.py."""

_WATCHDOG = """
[program:watchdog]
command={command}
; Stopped before all that it watches.
priority=999
autostart=true
autorestart=true
startsecs=0
redirect_stderr=true
stdout_logfile=logs/watchdog.log
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=1
"""


class Unanswered(LaunchError):
    """supervisord does not answer: it is not running, or not yet."""

    def __init__(self, home: Path, why: str = "it does not answer") -> None:
        super().__init__(f"supervisord does not look after {home}: {why}.", remedy=f"See {home}/logs/supervisord.log.")


def process(home: Path, pid: int) -> psutil.Process | None:
    """The supervisord of a home, if the process of that number is still it."""
    try:
        found = psutil.Process(pid)
        return found if str(home / CONFIGURATION) in found.cmdline() else None
    except psutil.Error:
        return None


@dataclass(frozen=True, slots=True)
class Process:
    """What supervisord says of one component.

    Attributes:
        state: STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL or UNKNOWN.
        description: The same for people: its pid and how long it has been up, or what became of it.
        pid: Its process, or 0.
    """

    state: str
    description: str
    pid: int


def render(home: Path, components: Iterable[Component]) -> str:
    """The configuration for these components, in this order; run from `home`, to which its paths relate."""
    head = _HEAD.format(socket=_value(str(supervisor_socket(home))))
    programs = [_program(component, place) for place, component in enumerate(components, start=1)]
    return head + "".join(programs) + _WATCHDOG.format(command=_value(_launched(WATCHDOG)))


def start(home: Path, components: Iterable[Component], environ: Mapping[str, str]) -> int:
    """Start supervisord, which outlives this process, and wait until it answers; no component is started.

    Args:
        home: The folder to start it in.
        components: What it is to look after.
        environ: Its environment, which the components inherit.

    Returns:
        Its pid.

    Raises:
        Unanswered: It would not start, as it says, or has not answered in time.
    """
    make_private(supervisor_socket(home).parent)
    configuration = home / CONFIGURATION
    configuration.write_text(render(home, components), encoding="utf-8")
    command = (sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration))
    started = subprocess.run(  # noqa: S603  # our own command
        command, cwd=home, env=dict(environ), capture_output=True, text=True, check=False
    )
    if started.returncode != 0:
        raise Unanswered(home, started.stderr.strip())
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while True:
        try:
            return Supervisor(home).pid()
        except Unanswered:
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL_S)


class Supervisor:
    """The supervisord of a home. Every method raises `Unanswered` when it is not there."""

    def __init__(self, home: Path) -> None:
        transport = SupervisorTransport(serverurl=f"unix://{supervisor_socket(home)}")
        self._home = home
        self._proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)

    def pid(self) -> int:
        """The process of supervisord itself."""
        return int(self._call("getPID"))

    def start(self, component: Component) -> None:
        """Start a component and return at once."""
        self._call("startProcess", component.name, False)

    def restart(self, name: str) -> None:
        """Stop a component if it runs, its children with it, and start it again."""
        with suppress(xmlrpc.client.Fault):  # it does not run
            self._call("stopProcess", name)
        self._call("startProcess", name, False)

    def processes(self) -> dict[str, Process]:
        """Every component by its name."""
        return {
            said["name"]: Process(said["statename"], said["description"], said["pid"])
            for said in self._call("getAllProcessInfo")
        }

    def shut_down(self) -> None:
        """Stop every component, last started first, then supervisord; returns at once."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: object) -> Any:
        """One call; each has its own connection, because supervisord may have been replaced since the last."""
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(self._home) from error
        finally:
            self._proxy("close")()


def _program(component: Component, priority: int) -> str:
    """The part of the configuration that is about one component."""
    return _PROGRAM.format(
        name=component.name,
        command=_value(_launched(component.name)),
        priority=priority,
        signal=STOP_SIGNALS[component.kind],
    )


def _launched(name: str) -> str:
    """The command of a program, which is in its plan."""
    return shlex.join((sys.executable, "-I", "-S", launch.__file__, f"launch/{name}.json"))


def _value(text: str) -> str:
    """`text` where supervisord would otherwise read %(name)s in it."""
    return text.replace("%", "%%")
