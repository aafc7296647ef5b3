"""Ports for servers that are told theirs before they start."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    (port,) = distinct_ports(["one"]).values()
    return port


def distinct_ports(names: Iterable[str]) -> dict[str, int]:
    """Such a port for each name, no two the same."""
    with ExitStack() as held:
        listeners = {name: held.enter_context(socket.create_server(("127.0.0.1", 0))) for name in names}
        return {name: int(listener.getsockname()[1]) for name, listener in listeners.items()}
