"""The commands around a mesh on this machine: run, up, down, status."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from google.protobuf import json_format
from rich.text import Text

from groundwire import calls
from groundwire.addresses import Addresses
from groundwire.cli import connect, consoles, example, local, options
from groundwire.cli.asking import present, watch
from groundwire.cli.failures import FAILED, tell
from groundwire.cli.presenting import Presentation
from groundwire.cli.status_view import capabilities_table, components_table, services_table
from groundwire.errors import Unavailable
from groundwire.images import picture_of
from groundwire.mesh.state import default_home
from groundwire.status import MeshStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.mesh.local import ComponentStatus


def run(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="A picture file; a photo of a motorcycle when not given.")
    ] = "",
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question, in quotes. Needed with IMAGE.")
    ] = "",
    *,
    stakes: options.Stakes = "standard",
    out: options.Out = None,
    no_picture: options.NoPicture = False,
    as_json: options.Json = False,
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Start a mesh, ask, stop it again.

    A mesh that runs in this folder already (groundwire up) is used as it is, and left running.
    """
    if image and not question:
        raise typer.BadParameter("give a question too", param_hint="QUESTION")
    image = image or str(example.photo())
    asked = calls.Question(question or example.QUESTION, stakes)
    presentation = Presentation.of(image, as_json=as_json, out=out, no_picture=no_picture)
    picture_of(image)  # What is wrong with the file is said now, not after the models have loaded.

    def answer(at: Addresses) -> None:
        with connect.of(at, timeout) as client:
            present(client, presentation, lambda: watch(client, image, asked))

    there = connect.running()
    if there is not None:
        answer(connect.local_addresses(there))
        return
    with local.private() as mesh:
        answer(connect.local_addresses(mesh.state))


def up() -> None:
    """Start a mesh that stays.

    Its state is in .groundwire of this folder, or in $GROUNDWIRE_HOME. The command returns when every part is ready;
    a mesh that runs already is left as it is.
    """
    if connect.running() is None:
        local.start(free_ports=False)
        consoles.messages().print(Text(f"The mesh is ready; its state is in {default_home()}."))
    else:
        consoles.messages().print(Text(f"A mesh is running in {default_home()} already."))
    consoles.output().print(components_table(local.components()))


def down() -> None:
    """Stop the mesh of this folder.

    Its answers are kept.
    """
    if connect.running() is None:
        consoles.messages().print(Text(f"No mesh is running in {default_home()}."))
        return
    local.stop(local.attach())
    consoles.messages().print(Text("The mesh has stopped."))


def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")] = False,
    address: options.Address = "",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Deadline for each service.")
    ] = calls.HEALTH_TIMEOUT_S,
) -> None:
    """Show how the mesh is.

    Every service with its health, and which capabilities are bound to which models.
    Exit status 0 when every service serves, 1 otherwise.
    """
    components = local.components() if connect.meant_here(address) else ()
    with connect.client(address, timeout) as client:
        seen = client.status(timeout_s=timeout)
    if as_json:
        typer.echo(json.dumps(_plain_data(seen, components), indent=2))
    else:
        _print(seen, components)
    if not seen.serving:
        _tell_what_is_missing(seen)
        raise typer.Exit(FAILED)


def _print(seen: MeshStatus, components: "Sequence[ComponentStatus]") -> None:
    console = consoles.output()
    console.print(components_table(components) if components else services_table(seen))
    if seen.capabilities:
        console.print(capabilities_table(seen.capabilities))


def _tell_what_is_missing(seen: MeshStatus) -> None:
    problems = [service.problem for service in seen.services if service.problem is not None]
    waiting = [service.name for service in seen.services if service.state.value == "not serving"]
    if problems:
        tell(problems[0])
    elif waiting:
        tell(Unavailable(f"not serving: {', '.join(waiting)}", remedy="wait, or see the log of what they stand on"))


def _plain_data(seen: MeshStatus, components: "Sequence[ComponentStatus]") -> dict[str, Any]:
    services = [
        {
            "name": service.name,
            "address": service.address,
            "state": service.state.name,
            "problem": str(service.problem) if service.problem is not None else "",
        }
        for service in seen.services
    ]
    processes = [
        {
            "name": component.name,
            "address": component.address,
            "pid": component.process.pid,
            "state": component.process.state,
            "ready": component.health.ready,
            "detail": component.health.detail,
            "log": str(component.log),
        }
        for component in components
    ]
    capabilities = [json_format.MessageToDict(capability) for capability in seen.capabilities]
    return {"services": services, "components": processes, "capabilities": capabilities}
