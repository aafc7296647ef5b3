"""Which ports the mesh listens on, and whether they are free."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import psutil

from groundwire.mesh.errors import LaunchError, PortInUse
from groundwire.mesh.table import HOST, Component, Listener

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAST_PORT = 65535


def listeners(components: Sequence[Component]) -> Iterator[tuple[Component, Listener]]:
    """Every port that these components open, with the component."""
    return ((component, listener) for component in components for listener in component.listeners)


def fixed_ports(components: Sequence[Component], environ: Mapping[str, str]) -> dict[str, int]:
    """Port by variable: from the environment where it says so, otherwise the table's.

    Raises:
        LaunchError: A variable holds no port number.
    """
    return {
        listener.variable: _port(listener.variable, environ.get(listener.variable, str(listener.port)))
        for _, listener in listeners(components)
    }


def free_ports(components: Sequence[Component]) -> dict[str, int]:
    """Port by variable, each of them free just now."""
    with contextlib.ExitStack() as held:
        return {listener.variable: _free(held) for _, listener in listeners(components)}


def check_ports(components: Sequence[Component], ports: Mapping[str, int]) -> None:
    """Do nothing if every port can be listened on.

    Raises:
        PortInUse: The first one that cannot.
    """
    for component, listener in listeners(components):
        port = ports[listener.variable]
        if not _can_listen(port):
            raise PortInUse(port, component=component.name, variable=listener.variable, holder=_holder(port))


def _port(variable: str, text: str) -> int:
    """The port number in an environment variable."""
    if text.isdecimal() and 0 < int(text) <= LAST_PORT:
        return int(text)
    raise LaunchError(f"{variable} is {text!r}, which is no port number.", remedy=f"Give 1 to {LAST_PORT}.")


def _free(held: contextlib.ExitStack) -> int:
    """A free port, held so that the next call finds another."""
    server = held.enter_context(socket.socket())
    server.bind((HOST, 0))
    port: int = server.getsockname()[1]
    return port


def _can_listen(port: int) -> bool:
    """Whether a server could open this port now; connections of an earlier one that linger do not count."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
            server.listen(1)
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens_there = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens_there and connection.pid:
                return f"{psutil.Process(connection.pid).name()!r} (pid {connection.pid})"
    return "another process"
