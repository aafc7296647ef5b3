"""How a command ends: 0 answered, 1 a typed error, 2 wrong usage, 130 interrupted. Abstaining is answering."""

from __future__ import annotations

from typing import Any

import grpc
import typer
from rich.text import Text
from typer.core import TyperGroup

from groundwire.cli import consoles
from groundwire.errors import GroundwireError
from groundwire.words import plain

FAILED = 1


class LocalMesh(GroundwireError):
    """The mesh on this machine could not be started, found or stopped."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "LOCAL_MESH"


class CannotWrite(GroundwireError):
    """A file could not be written on this machine."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "CANNOT_WRITE"


class Commands(TyperGroup):
    """The commands, with typed errors told to people: what was wrong, what to do, the reason. No traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except GroundwireError as error:
            tell(error)
            raise typer.Exit(FAILED) from error


def tell(error: GroundwireError) -> None:
    """Print an error on standard error."""
    console = consoles.messages()
    console.print(Text.assemble(("error: ", "bold red"), plain(error.message), (f" [{plain(error.reason)}]", "dim")))
    for line in error.remedy.splitlines():
        console.print(Text.assemble(("  ", ""), plain(line)))
    if trace_id := error.metadata.get("trace_id"):
        console.print(Text(f"  trace {plain(trace_id)}", style="dim"))
