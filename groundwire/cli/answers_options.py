"""Options by which answers are searched."""

from datetime import datetime
from typing import Annotated, TypeAlias

import typer

Since: TypeAlias = Annotated[
    datetime | None,
    typer.Option("--since", help="Admitted then (UTC) or later, such as 2026-11-23T10:00:00.", show_default=False),
]
Until: TypeAlias = Annotated[datetime | None, typer.Option("--until", help="Admitted before.", show_default=False)]
Verdicts: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--verdict",
        help="A claim is supported, contradicted or unverified; several may be given.",
        show_default=False,
    ),
]
Label: TypeAlias = Annotated[str, typer.Option("--label", help="In the label of a region.")]
Words: TypeAlias = Annotated[
    str, typer.Option("--text", help="In the question, a claim, a label or what was read, whatever the case.")
]
Model: TypeAlias = Annotated[str, typer.Option("--model", help="A model had a part in it: NAME or NAME@VERSION.")]
Degradations: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--degraded", help="It is degraded so: llm_rules, fast_only; several may be given.", show_default=False
    ),
]
Review: TypeAlias = Annotated[
    str, typer.Option("--review", help="What people made of it: unreviewed, correct, wrong, unsure.")
]
Slower: TypeAlias = Annotated[
    float | None, typer.Option("--slower", metavar="SECONDS", help="It took so long or longer.", show_default=False)
]
Faster: TypeAlias = Annotated[
    float | None, typer.Option("--faster", metavar="SECONDS", help="It took less.", show_default=False)
]
Image: TypeAlias = Annotated[str, typer.Option("--image", metavar="IMAGE", help="It is about this image, sha256:….")]
