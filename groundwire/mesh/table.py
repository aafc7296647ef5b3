"""The one table of what the mesh consists of and of who calls whom.

Ports, addresses and environment variables are derived from it, here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Every component listens here: the local mesh is for this machine alone.
HOST = "127.0.0.1"


class Kind(Enum):
    """How a component is started and asked for its health."""

    SERVICE = "service"
    TRITON = "triton"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Listener:
    """A TCP port that a component opens.

    Attributes:
        variable: The environment variable that moves it; its name everywhere in this package.
        port: Where it is unless moved.
    """

    variable: str
    port: int


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the mesh.

    Attributes:
        name: Its name in logs, in traces and on the command line; of a service, its module `services.<name>`.
        kind: How it is started and asked for its health.
        listeners: Its ports; the first is the one that callers are given. None: it is reached by a unix socket.
        after: Components that must be ready before it is started, because it does not wait for them itself.
        stores: Whether it keeps objects, for which it is given a folder of the mesh's home.
    """

    name: str
    kind: Kind
    listeners: tuple[Listener, ...] = ()
    after: tuple[str, ...] = ()
    stores: bool = False

    @property
    def prefix(self) -> str:
        """What the names of its environment variables begin with."""
        return f"GROUNDWIRE_{self.name.upper()}_"


def service(name: str, port: int, *, after: tuple[str, ...] = (), stores: bool = False) -> Component:
    """A service of the mesh: `python -m services.<name>`, with the standard gRPC health service on its one port."""
    listener = Listener(f"GROUNDWIRE_{name.upper()}_PORT", port)
    return Component(name, Kind.SERVICE, (listener,), after=after, stores=stores)


# In the order of starting; stopping goes the other way, so that callers go before what they call.
COMPONENTS = (
    Component("postgres", Kind.POSTGRES),
    Component(
        "triton",
        Kind.TRITON,
        (
            Listener("GROUNDWIRE_TRITON_PORT", 8001),
            Listener("GROUNDWIRE_TRITON_HTTP_PORT", 8000),
            Listener("GROUNDWIRE_TRITON_METRICS_PORT", 8002),
        ),
    ),
    service("provenance", 50054, after=("postgres",)),
    service("perception", 50052, stores=True),
    service("llm", 50053),
    service("fusion", 50051),
)

# Who calls whom: (caller, callee).
EDGES = (
    ("fusion", "perception"),
    ("fusion", "llm"),
    ("fusion", "provenance"),
    ("perception", "triton"),
    ("provenance", "postgres"),
)


def address(component: Component, ports: Mapping[str, int]) -> str:
    """Where callers find a component that listens on TCP, as host:port."""
    return f"{HOST}:{ports[component.listeners[0].variable]}"


def wiring(component: Component, addresses: Mapping[str, str]) -> dict[str, str]:
    """The environment through which a service learns where it listens and where its callees are.

    Args:
        component: The service.
        addresses: host:port by component name, of the components that have one. Callees without one are left out:
            PostgreSQL, whose place is a DSN, and whatever this mesh was started without.
    """
    host, _, port = addresses[component.name].rpartition(":")
    called = [callee for caller, callee in EDGES if caller == component.name and callee in addresses]
    callees = {f"{component.prefix}{callee.upper()}_ADDRESS": addresses[callee] for callee in called}
    return {f"{component.prefix}HOST": host, f"{component.prefix}PORT": port, **callees}
