"""What the benches of a whole mesh share: starting one, a client of it, pictures that were never seen before."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from groundwire import AsyncClient, Credentials
from groundwire.cli import example
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEADLINE_S = 600.0

WORDS = ("COFFEE", "SUGAR", "RICE", "PASTA", "FLOUR", "HONEY", "OLIVES", "COCOA", "LENTILS", "BISCUITS")


NOBODY_REFUSED = {"GROUNDWIRE_FUSION_MAX_CALLS_IN_FLIGHT": "64"}
"""Fusion answers few questions at once, and refuses casual ones before that. A bench's callers are all served."""


def end_cleanly() -> None:
    """Have SIGTERM end this process as any exception does: what was started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a bench's processes: this one's, and what a bench asks for besides."""
    return {**NOBODY_REFUSED, **os.environ, **environ}


@contextmanager
def a_mesh(environ: Mapping[str, str] | None = None) -> Iterator[Mesh]:
    """A mesh of one's own on free ports, stopped at the end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends the bench ends the mesh
    with (
        tempfile.TemporaryDirectory() as home,
        Mesh.start(Path(home), ports=free_ports(COMPONENTS), environ=surroundings(environ or {})) as mesh,
    ):
        yield mesh


CALLER = """
[[callers]]
certificate = "spiffe://groundwire/bench"
methods = ["groundwire.v1.*"]
tenants = ["default"]
"""


@contextmanager
def guarded_mesh() -> Iterator[tuple[Mesh, Credentials]]:
    """A mesh under mutual TLS, and what a caller shows it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for arguments in (("make", str(folder)), ("issue", str(folder), "bench")):
            command = [sys.executable, "-m", "groundwire", "certs", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
        with (folder / "policy.toml").open("a") as policy:
            policy.write(CALLER)
        # Whoever waits for a mesh to be well goes by the process's own environment.
        os.environ["GROUNDWIRE_CERTS"] = str(folder)
        stack.callback(os.environ.pop, "GROUNDWIRE_CERTS", None)
        own = folder / "bench"
        yield stack.enter_context(a_mesh()), Credentials(own / "ca.crt", own / "tls.crt", own / "tls.key")


def client_of(mesh: Mesh, credentials: Credentials | None = None) -> AsyncClient:
    """A client that waits long."""
    return client_at(mesh.addresses, credentials)


def client_at(addresses: Mapping[str, str], credentials: Credentials | None = None) -> AsyncClient:
    """A client of the services at these addresses, by name, that waits long."""
    return AsyncClient(
        addresses["fusion"],
        perception_address=addresses["perception"],
        llm_address=addresses["llm"],
        provenance_address=addresses["provenance"],
        timeout_s=DEADLINE_S,
        credentials=credentials,
    )


class Pictures:
    """Pictures that were never seen before, as JPEG files.

    Args:
        folder: Where they lie.
        drawn: What one looks like, by its number; the marked photo when not given.
    """

    def __init__(self, folder: Path, drawn: Callable[[int], Image.Image] | None = None) -> None:
        self._folder = folder
        self._drawn = drawn or _marked

    def prepare(self, count: int) -> None:
        """Write so many, before anything is measured."""
        for number in range(count):
            self.made(number)

    def made(self, number: int) -> Path:
        """The file of that number, written now."""
        self._drawn(number).save(self.path(number), quality=92)
        return self.path(number)

    def path(self, number: int) -> Path:
        """A file that no other number has."""
        return self._folder / f"{number}.jpg"


def _marked(number: int) -> Image.Image:
    """The photo of `make run`, each time with another block pattern in its corner."""
    picture = _opened(example.photo())
    for bit in range(20):
        if number >> bit & 1:
            picture.paste((0, 0, 0), (8 * bit, 0, 8 * bit + 8, 8))
    return picture


def labelled(number: int) -> Image.Image:
    """A photo of its size, with a label whose lines say something else each time.

    The photo is scikit-image's, of a cup, and has no lettering of its own. The reader is sure of every line at first
    sight, so no mesh looks twice, and as much is looked at as by a reader alone.
    """
    picture = _opened(example.photo().with_name("coffee.png")).resize((741, 500))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, 330, 190), fill=(255, 255, 255))
    font = ImageFont.load_default(size=26)
    for line in range(4):
        said = f"{WORDS[(number + line) % len(WORDS)]} {10_000 + 7 * number + line}"
        draw.text((34, 30 + 40 * line), said, font=font, fill=(0, 0, 0))
    return picture


@cache
def _photo(path: Path) -> Image.Image:
    with Image.open(path) as photo:
        return photo.convert("RGB")


def _opened(path: Path) -> Image.Image:
    return _photo(path).copy()


def page(lines: int, size: tuple[int, int], seed: int) -> Image.Image:
    """White paper with so many lines of lettering, in two columns where one is full; each seed gives another page."""
    picture = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=20)
    rows = max(1, (size[1] - 20) // 32)
    for number in range(lines):
        at = (20 + 260 * (number // rows), 10 + 32 * (number % rows))
        draw.text(at, f"{WORDS[(number + seed) % len(WORDS)]} {1000 + number * 7 + seed}", font=font, fill=(0, 0, 0))
    return picture


def parser(name: str, text: str | None) -> argparse.ArgumentParser:
    """With the options that all benches have; `name` is the bench's."""
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--json", type=Path, default=Path(f"build/bench/{name}.json"), help="file for the figures")
    return made
