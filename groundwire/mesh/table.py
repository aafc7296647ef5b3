"""The one table of what the mesh consists of and of who calls whom.

Ports, addresses and environment variables are derived from it, here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Every component listens here: the local mesh is for this machine alone.
HOST = "127.0.0.1"


class Kind(Enum):
    """How a component is started and asked for its health."""

    SERVICE = "service"
    WEB = "web"
    TRITON = "triton"
    POSTGRES = "postgres"
    VLLM = "vllm"


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
        keeps: What else it keeps in the home: the ends of the variables that say where, each with a place in the home.
            A variable that ends with URL is given the place as a URL.
    """

    name: str
    kind: Kind
    listeners: tuple[Listener, ...] = ()
    after: tuple[str, ...] = ()
    stores: bool = False
    keeps: tuple[tuple[str, str], ...] = ()

    @property
    def prefix(self) -> str:
        """What the names of its environment variables begin with."""
        return f"GROUNDWIRE_{self.name.upper()}_"


def service(
    name: str,
    port: int,
    *,
    after: tuple[str, ...] = (),
    stores: bool = False,
    keeps: tuple[tuple[str, str], ...] = (),
) -> Component:
    """A service of the mesh: `python -m services.<name>`, with the standard gRPC health service on its one port."""
    listener = Listener(f"GROUNDWIRE_{name.upper()}_PORT", port)
    return Component(name, Kind.SERVICE, (listener,), after=after, stores=stores, keeps=keeps)


# The folder of a mesh's home that holds the copies of its log's checkpoints.
CHECKPOINTS = "checkpoints"

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
    service("perception", 50052, stores=True),
    service(
        "provenance",
        50054,
        after=("postgres",),
        keeps=(("SIGNING_KEY_FILE", "signing/key.pem"), ("KEY_FOLDER", "keys"), ("CHECKPOINT_URL", CHECKPOINTS)),
    ),
    service("llm", 50053),
    service("fusion", 50051),
    Component("console", Kind.WEB, (Listener("GROUNDWIRE_CONSOLE_PORT", 8080),)),
)

# Who calls whom: (caller, callee).
EDGES = (
    ("fusion", "perception"),
    ("fusion", "llm"),
    ("fusion", "provenance"),
    ("perception", "triton"),
    ("provenance", "postgres"),
    ("provenance", "perception"),  # what is erased is forgotten there as well
    ("console", "fusion"),
    ("console", "provenance"),
    ("console", "perception"),
)


# Started only with a model to serve: see `with_language_model`.
VLLM = Component("vllm", Kind.VLLM, (Listener("GROUNDWIRE_VLLM_PORT", 8300),))

# Who calls whom besides, where a language model is served: llm looks at pictures itself to judge a claim.
MODEL_EDGES = (
    ("llm", "vllm"),
    ("llm", "perception"),
)


def with_language_model(components: Sequence[Component]) -> tuple[Component, ...]:
    """The components with vLLM before llm, which waits for it."""
    waiting = (replace(each, after=("vllm",)) if each.name == "llm" else each for each in components)
    return (VLLM, *waiting)


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
    edges = (*EDGES, *MODEL_EDGES) if VLLM.name in addresses else EDGES
    called = [callee for caller, callee in edges if caller == component.name and callee in addresses]
    callees = {f"{component.prefix}{callee.upper()}_ADDRESS": addresses[callee] for callee in called}
    return {f"{component.prefix}HOST": host, f"{component.prefix}PORT": port, **callees}
