"""What each component of a local mesh is started as: its command and its environment, from the table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from groundwire.mesh import certified, table, triton, vllm
from groundwire.mesh.launch import Plan
from groundwire.mesh.places import make_private, postgres_dsn
from groundwire.mesh.table import Component, Kind
from groundwire.models.bindings import BindingsFile
from groundwire.models.deploying import Deployment
from groundwire.models.errors import BadBinding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# With this one set, provenance uses a PostgreSQL of the user's, and none is started here.
DSN_VARIABLE = "GROUNDWIRE_PROVENANCE_DSN"
BINDINGS_VARIABLE = "GROUNDWIRE_PERCEPTION_BINDINGS_FILE"
ENDPOINT_VARIABLE = "GROUNDWIRE_LLM_ENDPOINT"
OTLP_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"


def data_folder(home: Path) -> Path:
    """The folder of the embedded PostgreSQL's database."""
    return home / "postgres"


def addresses(home: Path, components: Sequence[Component], ports: Mapping[str, int]) -> dict[str, str]:
    """Where each component is to be found: host:port, or a DSN for PostgreSQL."""
    return {
        component.name: table.address(component, ports) if component.listeners else postgres_dsn(data_folder(home))
        for component in components
    }


def plans(
    home: Path,
    components: Sequence[Component],
    ports: Mapping[str, int],
    places: Mapping[str, str],
    environ: Mapping[str, str],
) -> dict[str, Plan]:
    """How each component is started, by its name.

    Args:
        home: The folder of the mesh's state.
        components: The mesh's.
        ports: Port by variable.
        places: As `addresses` gives them.
        environ: The user's environment. Where it says what is said here by default, it is left to have its way.

    Raises:
        PartMissing: Triton or its models are not installed.
    """
    chosen: dict[Kind, Callable[[Component], Plan]] = {
        Kind.POSTGRES: lambda _: _postgres(home),
        Kind.TRITON: lambda component: _triton(home, component, ports, environ),
        Kind.VLLM: lambda component: _vllm(home, component, ports, environ),
        Kind.WEB: lambda component: _service(home, component, components, places, environ),
        Kind.SERVICE: lambda component: _service(home, component, components, places, environ),
    }
    return {component.name: chosen[component.kind](component) for component in components}


def watchdog(home: Path) -> Plan:
    """What starts again whatever supervisord leaves alone."""
    return Plan((sys.executable, "-m", "groundwire.mesh.watchdog", str(home)), directory=str(Path.cwd()))


def _postgres(home: Path) -> Plan:
    """The embedded PostgreSQL."""
    command = (sys.executable, "-m", "groundwire.mesh.postgres", str(data_folder(home)))
    return Plan(command, directory=str(Path.cwd()), signal="SIGINT")


def _triton(home: Path, component: Component, ports: Mapping[str, int], environ: Mapping[str, str]) -> Plan:
    """Triton with the project's models, and with those that are bound."""
    roots = (Path.cwd(), Path(__file__).parents[2])
    models = triton.find_models(environ, roots)
    bound = triton.bound_folder(home)
    Deployment(home, models, environ, roots, bound).refresh(_bound_models(home))
    grpc, http, metrics = (ports[listener.variable] for listener in component.listeners)
    layout = triton.layout_folder(home)
    make_private(layout)
    return triton.plan(
        triton.find_server(environ, roots, layout),
        models,
        layout,
        ports=(grpc, http, metrics),
        prefix=triton.region_prefix(home),
        otlp=environ.get(triton.OTLP_VARIABLE),
        bound=bound,
    )


def _bound_models(home: Path) -> frozenset[str]:
    """Triton's names of what is bound; none where the table cannot be read, which perception's log then says too."""
    try:
        return frozenset(BindingsFile(home).read().values())
    except BadBinding:
        return frozenset()


def _vllm(home: Path, component: Component, ports: Mapping[str, int], environ: Mapping[str, str]) -> Plan:
    """The language model's server, on the model that the user names."""
    roots = (Path.cwd(), Path(__file__).parents[2])
    port = ports[component.listeners[0].variable]
    return vllm.plan(vllm.find_python(environ, roots), environ[vllm.MODEL_VARIABLE], port=port, directory=home)


def _service(
    home: Path,
    component: Component,
    components: Sequence[Component],
    places: Mapping[str, str],
    environ: Mapping[str, str],
) -> Plan:
    """A service, wired to its callees, with its stores in the home and its spans sent to provenance."""
    tcp = {other.name: places[other.name] for other in components if other.listeners}
    defaults = _kept(home, component)
    if "provenance" in tcp:
        defaults[OTLP_VARIABLE] = f"http://{tcp['provenance']}"
    if (component.name, "postgres") in table.EDGES and "postgres" in places:
        defaults[DSN_VARIABLE] = places["postgres"]
    if component.kind is Kind.SERVICE:
        defaults[f"{component.prefix}REFLECTION"] = "true"  # a mesh for one machine is for development
    if component.name == "llm" and "vllm" in tcp:
        defaults[ENDPOINT_VARIABLE] = vllm.endpoint(tcp["vllm"])
    certs = certified.folder(environ)
    if certs is not None:
        collected = "" if environ.get(OTLP_VARIABLE) else tcp.get("provenance", "")
        defaults |= certified.environment(component, collected, certs)
    unsaid = {name: value for name, value in defaults.items() if not environ.get(name)}
    command = (sys.executable, "-m", f"services.{component.name}")
    return Plan(command, directory=str(Path.cwd()), environment=table.wiring(component, tcp) | unsaid)


def _kept(home: Path, component: Component) -> dict[str, str]:
    """Where in the home a service keeps what it keeps."""
    places = {f"{component.prefix}{variable}": home / place for variable, place in component.keeps}
    if component.stores:
        places[f"{component.prefix}OBJECTS_URL"] = home / "objects"
    if component.name == "perception":
        places[BINDINGS_VARIABLE] = BindingsFile(home).path
    return {name: path.as_uri() if name.endswith("URL") else str(path) for name, path in places.items()}
