"""How a verification ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What was found."""

    VALID = "VALID"
    """It is in the signed log, as it was recorded."""
    ERASED = "ERASED"
    """Its record is in the signed log, and so is the record that its content was erased."""
    INVALID = "INVALID"
    """Something is not what was recorded or signed."""
    UNANCHORED = "UNANCHORED"
    """Nothing speaks against it, but no signed checkpoint reaches it yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome, and what it rests on or what failed, in a sentence."""

    outcome: Outcome
    detail: str

    @property
    def holds(self) -> bool:
        """Whether it can be relied on: VALID or ERASED."""
        return self.outcome in (Outcome.VALID, Outcome.ERASED)
