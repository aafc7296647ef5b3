"""The parameters of a model's config.pbtxt, with their types. Their defaults stand there and nowhere else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTES_PER_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Parameters:
    """What `parameters` of a config.pbtxt says.

    Attributes:
        texts: The values as they are written, by name.
    """

    texts: Mapping[str, str]

    @classmethod
    def of(cls, model_config: str) -> Parameters:
        """Those of a model configuration, in the JSON in which Triton hands it to the model."""
        given = json.loads(model_config).get("parameters", {})
        return cls({name: value["string_value"].strip() for name, value in given.items()})

    def text(self, name: str) -> str:
        """A parameter as it is written; empty where nothing is.

        Raises:
            ValueError: It is not there.
        """
        if name not in self.texts:
            raise ValueError(f"config.pbtxt has no parameter {name}")
        return self.texts[name]

    def number(self, name: str, low: float, high: float) -> float:
        """A number in [low, high].

        Raises:
            ValueError: It is not that.
        """
        text = self.text(name)
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise ValueError(f"parameter {name} must be a number from {low:g} to {high:g}, not {text!r}")
        return number

    def count(self, name: str, low: int = 1, high: int = 1_000_000) -> int:
        """A whole number in [low, high]; a ValueError where it is not that."""
        number = self.number(name, low, high)
        if number != int(number):
            raise ValueError(f"parameter {name} must be a whole number, not {number:g}")
        return int(number)

    def mebibytes(self, name: str) -> int:
        """A size that is written in MiB, in bytes; a ValueError where it is no number from 0 on."""
        return int(self.number(name, 0, 2**20) * BYTES_PER_MIB)

    def choice(self, name: str, *allowed: str) -> str:
        """One of `allowed`; a ValueError where it is something else."""
        text = self.text(name)
        if text not in allowed:
            raise ValueError(f"parameter {name} must be one of {', '.join(allowed)}, not {text!r}")
        return text

    def pattern(self, name: str) -> re.Pattern[str]:
        """A regular expression; a ValueError where it is none."""
        try:
            return re.compile(self.text(name))
        except re.error as error:
            raise ValueError(f"parameter {name} is no regular expression: {error}") from error

    def flag(self, name: str) -> bool:
        """`true` or `false`; a ValueError where it is something else."""
        return self.choice(name, "true", "false") == "true"
