"""The commands around models: list, pull, add, fetch, bind, unbind, bench, remove."""

import json
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from groundwire.cli import consoles
from groundwire.cli.failures import LocalMesh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire.cli.models_parts import Parts

app = typer.Typer(
    name="models",
    help="Get vision models and have them serve.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Stored = Annotated[str, typer.Argument(metavar="NAME", help="A model's name in the store.")]
Capability = Annotated[
    str, typer.Argument(metavar="CAPABILITY", help="detect, segment, embed_text, embed_image or depth.")
]
Tier = Annotated[str, typer.Argument(metavar="TIER", help="fast or accurate.")]


@app.command("list")
def list_models(*, as_json: Json = False) -> None:
    """Show what is in the store and where it is bound, and what can be pulled by name."""
    with _parts() as parts:
        from groundwire.cli import models_view  # noqa: PLC0415 - as in _parts

        cards, bound = parts.store.cards(), parts.bound()
        if as_json:
            typer.echo(json.dumps(models_view.plain_data(cards, bound), indent=2))
            return
        console = consoles.output()
        if cards:
            console.print(models_view.stored_table(cards, bound))
        else:
            _say("The store is empty.")
        console.print(models_view.known_table(cards))


@app.command()
def pull(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A name that groundwire models list shows, or a hub id: organisation/name."
        ),
    ],
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it in the store.")] = "",
    revision: Annotated[
        str, typer.Option("--revision", metavar="REV", help="A branch, tag or commit of it. If not given: main.")
    ] = "",
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Take it under any licence, not just Apache-2.0 or MIT.")
    ] = False,
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Take pickled weights where there are no others. They can run code.")
    ] = False,
) -> None:
    """Get a model from the hub into the store.

    HF_ENDPOINT names a mirror, HF_TOKEN opens what is gated, HF_HUB_OFFLINE forbids to ask, and proxies are those of
    the environment. A pull that was interrupted goes on where it was; one of what is there already costs nothing.
    """
    with _parts() as parts:
        from groundwire.models.pulling import Wanted  # noqa: PLC0415 - as in _parts

        wanted = Wanted(
            model, name=name, revision=revision or None, allow_pickle=allow_pickle, accept_licence=accept_licence
        )
        pulled = parts.pull(wanted)
    card = pulled.card
    how = "has been pulled" if pulled.fresh else "is in the store already"
    _say(f"{card.name} {how}: {card.source} at {card.revision[:12]}, licence {card.licence}.")
    _say_how_to_bind(card.name, list(card.runners))


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it in the store.")],
    onnx: Annotated[Path, typer.Argument(metavar="ONNX", help="The detector's ONNX file.")],
    descriptor: Annotated[Path, typer.Argument(metavar="DESCRIPTOR", help="TOML: what goes in, what comes out.")],
) -> None:
    """Put an ONNX detector of your own into the store."""
    with _parts() as parts:
        card = parts.add(name, onnx, descriptor)
    _say(f"{card.name} is in the store: {card.source}, licence {card.licence}.")
    _say_how_to_bind(card.name, list(card.runners))


@app.command()
def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="s3://bucket/prefix, gs://…, az://… or file:///…")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where Triton looks for models.")],
) -> None:
    """Copy Triton model folders from an object store, as the chart does before it starts Triton."""
    with _parts():
        from groundwire.models.fetching import fetch as fetched  # noqa: PLC0415 - as in _parts

        count, size = fetched(url, folder)
    _say(f"{count} files, {size / 1e6:.1f} MB.")


@app.command()
def bind(capability: Capability, tier: Tier, name: Stored) -> None:
    """Have a model serve a capability on a tier, in place of what does.

    A running mesh swaps without a restart, and loses no request. Without one, the next start loads the model.
    """
    with _parts() as parts:
        place = parts.place(capability, tier)
        with consoles.messages().status(f"loading {name}…"):
            model = parts.binder.bind(place, name)
        running = parts.binder.server is not None
    _say(f"{place} is served by {model}{'' if running else ' from the next start on: no mesh is running'}.")


@app.command()
def unbind(capability: Capability, tier: Tier) -> None:
    """Take a model from a place. What served there before anything was bound serves again."""
    with _parts() as parts:
        place = parts.place(capability, tier)
        model = parts.binder.unbind(place)
    _say(f"{place} is served by {model} no more.")


@app.command()
def bench(
    name: Stored,
    *,
    capability: Annotated[
        str, typer.Option("--capability", metavar="CAPABILITY", help="What to measure, of a model that does several.")
    ] = "",
    image: Annotated[
        Path | None, typer.Option("--image", metavar="PATH", help="A picture to ask about; a drawn one if not given.")
    ] = None,
    phrase: Annotated[
        list[str] | None, typer.Option("--phrase", metavar="WORDS", help="What to find; may be given several times.")
    ] = None,
    calls: Annotated[int, typer.Option("--calls", min=1, max=10_000, help="Calls that each caller makes.")] = 20,
    as_json: Json = False,
) -> None:
    """Measure a model on the running mesh: latency and throughput, for one caller and for four.

    A model that is not bound is loaded for as long as it takes.
    """
    with _parts() as parts:
        from groundwire.cli import models_view  # noqa: PLC0415 - as in _parts

        with consoles.messages().status(f"measuring {name}…"):
            benched = parts.bench(name, capability, image, phrase or ["person"], calls)
        if as_json:
            typer.echo(json.dumps(asdict(benched), indent=2))
        else:
            consoles.output().print(models_view.bench_table(benched))


@app.command()
def remove(name: Stored) -> None:
    """Remove a model from the store. One that is bound stays."""
    with _parts() as parts:
        freed = parts.binder.remove(name)
    _say(f"{name} has been removed: {freed / 1e6:.1f} MB.")


@contextmanager
def _parts() -> "Iterator[Parts]":
    """What the commands work with, of this folder's home; the launcher's errors as ours."""
    try:
        # Not in a client's installation, and half a second.
        from groundwire.cli.models_parts import Parts  # noqa: PLC0415
        from groundwire.mesh.errors import LaunchError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise LocalMesh(
            f"models cannot be handled from this installation: {error.name} is missing",
            remedy="install what the mesh needs: pip install 'groundwire[mesh]', or make setup in a checkout",
            reason="MESH_NOT_INSTALLED",
        ) from error
    try:
        yield Parts.of_this_folder()
    except LaunchError as error:
        raise LocalMesh(error.message, remedy=error.remedy) from error
    except OSError as error:
        raise LocalMesh(
            f"the store cannot be used: {error}", remedy="see to the disk, or give another home with GROUNDWIRE_HOME"
        ) from error


def _say_how_to_bind(name: str, capabilities: list[str]) -> None:
    for capability in capabilities:
        _say(f"  groundwire models bind {capability} fast {name}")


def _say(line: str) -> None:
    consoles.messages().print(Text(line))
