"""The file that says which model serves which capability and tier: written here, read by perception at every look."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from groundwire.models.errors import BadBinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE: Final = "bindings.json"
TIERS: Final = ("fast", "accurate")
CAPABILITIES: Final = ("read_text", "detect", "segment", "embed_text", "embed_image", "find_private", "depth")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a model can be bound.

    Attributes:
        capability: One of `CAPABILITIES`.
        tier: One of `TIERS`.

    Raises:
        BadBinding: There is no such place.
    """

    capability: str
    tier: str

    def __post_init__(self) -> None:
        for word, allowed, kind in ((self.capability, CAPABILITIES, "capability"), (self.tier, TIERS, "tier")):
            if word not in allowed:
                raise BadBinding(f"{word!r} is no {kind}", remedy=f"name one of {', '.join(allowed)}")

    def __str__(self) -> str:
        return f"{self.capability} {self.tier}"


class BindingsFile:
    """The file of a mesh's home.

    Args:
        home: The folder of the mesh's state.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def read(self) -> dict[Place, str]:
        """Triton's model by place; empty where nothing was ever bound.

        Raises:
            BadBinding: The file cannot be read.
        """
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                Place(capability, tier): str(model)
                for capability, models in said.items()
                for tier, model in models.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, BadBinding) as error:
            raise BadBinding(
                f"{self.path} cannot be read: {error}", remedy=f"mend it, or remove it and bind anew: {self.path}"
            ) from error

    def write(self, bound: Mapping[Place, str]) -> None:
        """Put a table in place of what there was: readers see the one or the other."""
        said: dict[str, dict[str, str]] = {}
        for place in sorted(bound):
            said.setdefault(place.capability, {})[place.tier] = bound[place]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f".{FILE}.unfinished")
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(json.dumps(said, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the table while it changes; another process that wants to change it waits."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{FILE}.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
