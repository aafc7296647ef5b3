"""What the commands around models work with: the store of this folder's home, its bindings, its mesh if one runs."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageOps

from groundwire.cli import connect
from groundwire.errors import PictureFile
from groundwire.mesh import triton
from groundwire.mesh.errors import NotRunning
from groundwire.mesh.state import default_home
from groundwire.models import adding, bench, pulling
from groundwire.models.binding import Binder
from groundwire.models.bindings import BindingsFile, Place
from groundwire.models.deploying import Deployment, model_name
from groundwire.models.errors import BadBinding
from groundwire.models.hub import Hub
from groundwire.models.serving import ModelServer
from groundwire.models.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from groundwire.models.bench import Measured
    from groundwire.models.cards import ModelCard
    from groundwire.models.pulling import Pulled, Wanted

CALLERS: Final = (1, 4)
DRAWN_WH: Final = (640, 480)


@dataclass(frozen=True, slots=True)
class Benched:
    """What a bench measured, of which model, on a picture of which size."""

    model: str
    capability: str
    width: int
    height: int
    phrases: tuple[str, ...]
    runs: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts, wired.

    Attributes:
        store: Where models are kept.
        binder: What binds them.
    """

    store: Store
    binder: Binder

    @classmethod
    def of_this_folder(cls) -> Parts:
        """Those of the home that the environment names.

        Raises:
            PartMissing: There is no model repository.
        """
        home, roots = default_home(), (Path.cwd(), Path(__file__).parents[2])
        runners = triton.find_models(os.environ, roots)
        deployment = Deployment(home, runners, os.environ, roots, triton.bound_folder(home))
        mesh = connect.running()
        server = ModelServer(mesh.addresses["triton"]) if mesh and "triton" in mesh.addresses else None
        store = Store(home)
        return cls(store, Binder(store, BindingsFile(home), deployment, server))

    def place(self, capability: str, tier: str) -> Place:
        """A place to bind to.

        Raises:
            BadBinding: There is none of those words.
        """
        return Place(capability, tier)

    def bound(self) -> dict[str, tuple[Place, ...]]:
        """Where each stored model is bound, by its name."""
        return {card.name: self.binder.places(card) for card in self.store.cards()}

    def pull(self, wanted: Wanted) -> Pulled:
        """Pull a model from the hub that the environment names; see `pulling.pull`."""
        return pulling.pull(self.store, Hub(), wanted, now=datetime.now(UTC), replaceable=self.binder.check_free)

    def add(self, name: str, onnx: Path, descriptor: Path) -> ModelCard:
        """Add a detector; see `adding.add`."""
        now = datetime.now(UTC)
        return adding.add(self.store, name, onnx, descriptor, now=now, replaceable=self.binder.check_free)

    def bench(self, name: str, capability: str, image: Path | None, phrases: list[str], calls: int) -> Benched:
        """Measure a stored model on the running mesh.

        Raises:
            NotRunning: No mesh runs.
            BadName, NotStored, BadBinding: There is no such model, or it does not do that.
            PictureFile: The picture cannot be read.
            WrongDigest, NotLoaded: The model does not load, or does not answer.
        """
        card = self.store.card(name)
        capability = _one_of(card, capability)
        picture = _pixels(image) if image else bench.drawn(*DRAWN_WH)
        tensors = bench.inputs(capability, picture, phrases)
        with self._served(card, capability) as (address, model):
            runs = [bench.measure(address, model, tensors, callers=callers, calls=calls) for callers in CALLERS]
        height, width = picture.shape[:2]
        return Benched(model, capability, width, height, tuple(phrases), tuple(runs))

    @contextmanager
    def _served(self, card: ModelCard, capability: str) -> Iterator[tuple[str, str]]:
        """Triton's address, and its name of a model; of one that is not bound, for a while."""
        server, model = self.binder.server, model_name(card, capability)
        if server is None:
            raise NotRunning(default_home())
        with self.binder.table.changing():
            for_now = model not in self.binder.table.read().values()
            if for_now:
                self.binder.serve(card, capability)
            try:
                yield server.address, model
            finally:
                if for_now:
                    self.binder.drop(model)


def _one_of(card: ModelCard, capability: str) -> str:
    """What to measure: what was named, or the first thing that the model does."""
    capability = capability or next(iter(card.runners))
    if capability not in card.runners:
        raise BadBinding(f"{card.name} does not {capability}", remedy=f"name one of {', '.join(card.runners)}")
    return capability


def _pixels(path: Path) -> npt.NDArray[np.uint8]:
    """A picture's pixels, upright, (H, W, 3)."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureFile(f"{path} cannot be read as a picture: {error}", remedy="name another file") from error
