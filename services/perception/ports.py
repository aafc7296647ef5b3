"""What perception needs from outside, as small protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from services.common.errors import PartUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from services.common.geometry import Floats
    from services.perception.core.bindings import Bindings
    from services.perception.core.outputs import Depth, Found, Outlined

    Pixels = npt.NDArray[np.uint8]
    """(H, W, 3) uint8, RGB, upright, read-only."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """Whether a model can be called, and which version answers; the version is empty while it cannot."""

    ready: bool
    version: str


class ModelMissing(PartUnavailable):
    """The server has no model of that name, or not any more."""


class BindingTable(Protocol):
    """Which model serves what; it may change between two looks."""

    def current(self) -> Bindings:
        """The table now."""

    def required(self) -> frozenset[str]:
        """The models of it without which the service is not ready."""


class Models(Protocol):
    """The models that capabilities are bound to.

    Every method raises `PartUnavailable` where the server, or the model on it, is out of reach (`ModelMissing` where
    the server has no such model), and `DeadlineExceeded` where the current call's deadline passes; the looks raise
    `ModelOutput` where a model fails or breaks its contract. `model` is the model's name.
    """

    async def live(self) -> None:
        """Return when the server answers."""

    async def state(self, model: str) -> ModelState:
        """How the model is; one that does not exist is not ready."""

    async def read_text(self, model: str, image_rgb: Pixels) -> Found:
        """Lettering in a picture."""

    async def detect(self, model: str, image_rgb: Pixels, phrases: tuple[str, ...]) -> Found:
        """What phrases name in a picture."""

    async def find_private(self, model: str, image_rgb: Pixels, kinds: tuple[str, ...]) -> Found:
        """Faces, plates and the like in a picture; of the given kinds, those that it does not look for are said."""

    async def segment(self, model: str, image_rgb: Pixels, boxes_xyxy: Floats) -> Outlined:
        """Masks of what boxes (N, 4) hold."""

    async def depth(self, model: str, image_rgb: Pixels) -> Depth:
        """How near every pixel of a picture is."""


class Objects(Protocol):
    """Bytes by key, written once. Every method raises `PartUnavailable` where the store is out of reach."""

    async def get(self, key: str) -> bytes | None:
        """The bytes; None where there are none under this key."""

    async def put(self, key: str, content: bytes) -> None:
        """Keep the bytes under a key; what is there already stays as it is."""

    async def exists(self, key: str) -> bool:
        """Whether there are bytes under a key."""

    async def delete(self, key: str) -> bool:
        """Keep nothing under a key; whether there was something."""

    async def writable(self) -> None:
        """Return when the store takes writes."""


class SharedContexts(Protocol):
    """What was seen in images, shared between replicas: contents by image ("tenant/digest") and name.

    Only `forget` raises (`PartUnavailable`); else a store that is out of reach holds nothing.
    """

    async def get(self, image: str, names: Sequence[str]) -> Sequence[bytes | None]:
        """What is kept under each name; None for what is not."""

    async def put(self, image: str, contents: Mapping[str, bytes]) -> None:
        """Keep contents by name."""

    async def forget(self, image: str) -> None:
        """Keep nothing of an image."""
