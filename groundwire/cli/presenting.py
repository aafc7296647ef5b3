"""What becomes of an answer: JSON or tables, and a picture on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from PIL import Image
from rich.text import Text

from groundwire.cli import consoles
from groundwire.cli.answer_view import answer_view
from groundwire.cli.failures import CannotWrite

if TYPE_CHECKING:
    from groundwire.answers import Answer
    from groundwire.client import Client


@dataclass(frozen=True, slots=True)
class Presentation:
    """How the caller wants an answer.

    Attributes:
        image: What was asked about, as on the command line.
        as_json: Whether standard output gets protobuf JSON alone.
        picture: Where the annotated picture goes; None for nowhere.
    """

    image: str
    as_json: bool
    picture: Path | None

    @classmethod
    def of(cls, image: str, *, as_json: bool, out: Path | None, no_picture: bool) -> Presentation:
        """Decide where the picture goes, before anything is asked.

        Raises:
            CannotWrite: It cannot go there.
        """
        if no_picture and out is not None:
            raise typer.BadParameter("--out and --no-picture contradict each other")
        if no_picture or (as_json and out is None):
            return cls(image, as_json, None)
        if out is None:
            return cls(image, as_json, Path(f"{_stem(image)}.groundwire.png"))
        _check_writable(out, image)
        return cls(image, as_json, out)

    def show(self, answer: Answer, client: Client, took_s: float) -> None:
        """Print the answer and write the picture.

        Raises:
            CannotWrite: The picture could not be written; the answer has been printed all the same.
        """
        problem = None
        written = ""
        try:
            written = self._write(answer, client)
        except CannotWrite as error:
            problem = error
        if self.as_json:
            typer.echo(answer.to_json())
            if written:
                consoles.messages().print(Text(f"picture: {written}"))
        else:
            consoles.output().print(answer_view(answer, picture=written, took_s=took_s))
        if problem is not None:
            raise problem

    def _write(self, answer: Answer, client: Client) -> str:
        if self.picture is None:
            return ""
        drawn = answer.draw(answer.picture() or client.crop(answer.image))
        try:
            drawn.save(self.picture)
        except (OSError, ValueError) as error:
            raise CannotWrite(
                f"the annotated picture could not be written to {self.picture}: {error}",
                remedy="give another place with --out, or --no-picture",
            ) from error
        return str(self.picture)


def _stem(image: str) -> str:
    """A file's name without its ending; the first digits of a digest."""
    return image.removeprefix("sha256:")[:12] if image.startswith("sha256:") else Path(image).stem


def _check_writable(out: Path, image: str) -> None:
    if out.suffix.lower() not in Image.registered_extensions():
        raise CannotWrite(f"{out} has no ending of a picture format", remedy="end it in .png, .jpg or .webp")
    if not out.parent.is_dir():
        raise CannotWrite(f"there is no folder {out.parent}", remedy="make it, or give another place with --out")
    if out.exists() and Path(image).exists() and out.samefile(image):
        raise CannotWrite(f"{out} is the picture itself", remedy="give another place with --out")
