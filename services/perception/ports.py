"""What perception needs from outside, as small protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from services.common.geometry import Floats
    from services.perception.core.outputs import Found, Outlined

    Pixels = npt.NDArray[np.uint8]
    """(H, W, 3) uint8, RGB, upright, read-only."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """Whether a model can be called, and which version answers; the version is empty while it cannot."""

    ready: bool
    version: str


class Models(Protocol):
    """The models that capabilities are bound to.

    Every method raises `PartUnavailable` where the server, or the model on it, is out of reach, and
    `DeadlineExceeded` where the current call's deadline passes; the looks raise `ModelOutput` where a model fails or
    breaks its contract. `model` is the model's name.
    """

    async def live(self) -> None:
        """Return when the server answers."""

    async def state(self, model: str) -> ModelState:
        """How the model is; one that does not exist is not ready."""

    async def read_text(self, model: str, image_rgb: Pixels) -> Found:
        """Lettering in a picture."""

    async def detect(self, model: str, image_rgb: Pixels, phrases: tuple[str, ...]) -> Found:
        """What phrases name in a picture."""

    async def segment(self, model: str, image_rgb: Pixels, boxes_xyxy: Floats) -> Outlined:
        """Masks of what boxes (N, 4) hold."""


class Objects(Protocol):
    """Bytes by key, written once. Every method raises `PartUnavailable` where the store is out of reach."""

    async def get(self, key: str) -> bytes | None:
        """The bytes; None where there are none under this key."""

    async def put(self, key: str, content: bytes) -> None:
        """Keep the bytes under a key; what is there already stays as it is."""

    async def writable(self) -> None:
        """Return when the store takes writes."""
