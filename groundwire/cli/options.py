"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from groundwire import calls
from groundwire.images import Box

Image: TypeAlias = Annotated[
    str, typer.Argument(metavar="IMAGE", help="A picture file, or sha256:… of an image that the mesh holds.")
]

Address: TypeAlias = Annotated[
    str,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Where fusion listens. If not given: the mesh that runs in this folder's .groundwire "
        "(or $GROUNDWIRE_HOME), else $GROUNDWIRE_ADDRESS, else 127.0.0.1:50051. The other services of a mesh elsewhere "
        "are looked for on the same host at ports 50052 to 50054, or where $GROUNDWIRE_PERCEPTION_ADDRESS, "
        "$GROUNDWIRE_LLM_ADDRESS and $GROUNDWIRE_PROVENANCE_ADDRESS say.",
        show_default=False,
    ),
]

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print protobuf JSON, and nothing else, on stdout.")]

Stakes: TypeAlias = Annotated[
    calls.StakesWord,
    typer.Option(
        "--stakes",
        help="What a wrong answer would cost: a nuisance (casual), time (standard), money or safety (critical).",
    ),
]

Document: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--document",
        metavar="FILE",
        help="A text file (UTF-8, at most 20,000 characters) that claims may cite, by its name without ending. "
        "Repeat for up to 8.",
        show_default=False,
    ),
]

Conversation: TypeAlias = Annotated[
    str,
    typer.Option(
        "--conversation",
        metavar="NAME",
        help='What the question continues or opens: "it" then means what the turn before, about the same picture, was '
        "about.",
        show_default=False,
    ),
]

Relevance: TypeAlias = Annotated[
    bool,
    typer.Option("--relevance", help="Also tint, in the annotated picture, where models responded: no evidence."),
]

Store: TypeAlias = Annotated[
    calls.StoreWord,
    typer.Option(
        "--store",
        help="What may be kept of the answer: what the tenant's policy says, all (if the policy allows it), or none: "
        "nothing but commitments, so that it cannot be explained or shown again.",
    ),
]

Redact: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--redact",
        metavar="X0,Y0,X1,Y1",
        help="A box, in pixels of the upright picture, to paint over before anything is stored or looked at. Repeat "
        "for up to 64. For picture files only.",
        show_default=False,
    ),
]

Timeout: TypeAlias = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="Deadline.")]

Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="PATH",
        help="Where to write the annotated picture; its ending is its format. If not given: IMAGE's name with "
        ".groundwire.png, in this folder; with --json, nowhere.",
        show_default=False,
    ),
]

NoPicture: TypeAlias = Annotated[bool, typer.Option("--no-picture", help="Write no annotated picture.")]


def boxes(given: list[str] | None) -> tuple[Box, ...]:
    """The boxes that --redact gave, as numbers; whether they can be boxes, the client checks.

    Raises:
        typer.BadParameter: One is not four numbers.
    """
    return tuple(_box(each) for each in given or ())


def _box(given: str) -> Box:
    try:
        x_min, y_min, x_max, y_max = map(float, given.split(","))
    except ValueError as error:
        hint = "--redact"
        raise typer.BadParameter(f"{given!r} is not X0,Y0,X1,Y1: four numbers, in pixels", param_hint=hint) from error
    return x_min, y_min, x_max, y_max
