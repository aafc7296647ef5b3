"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from groundwire import calls

Image: TypeAlias = Annotated[
    str, typer.Argument(metavar="IMAGE", help="A picture file, or sha256:… of an image that the mesh holds.")
]

Address: TypeAlias = Annotated[
    str,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Where fusion listens. If not given: the mesh that runs in this folder's .groundwire "
        "(or $GROUNDWIRE_HOME), else $GROUNDWIRE_ADDRESS, else 127.0.0.1:50051.",
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
