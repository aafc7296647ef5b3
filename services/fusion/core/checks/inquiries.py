"""What a test may want to know of the pixels, and what comes back.

A test is pure: it names its inquiries beforehand, fusion makes them, and the test then judges by the replies. An
inquiry that could not be made has an `InconclusiveReason` for its reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.common.claims import InconclusiveReason
from services.common.regions import Appearance, Region, Tier

if TYPE_CHECKING:
    from services.common.geometry import Box
    from services.common.plans import Engine
    from services.common.regions import Mask


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What does the accurate tier read at this place? The reply is its regions."""

    place: Box


@dataclass(frozen=True, slots=True)
class FindAgain:
    """What of these does a tier find at this place? The reply is its regions."""

    place: Box
    phrases: tuple[str, ...]
    tier: Tier = Tier.ACCURATE


@dataclass(frozen=True, slots=True)
class MeasureAgain:
    """How do these pixels look? The reply is their appearance."""

    place: Box
    mask: Mask | None


@dataclass(frozen=True, slots=True)
class AskJudge:
    """Is this true of these places? The reply is a judgement."""

    statement: str
    places: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a statement is, in [0, 1], by a model's own token probabilities, and who judged."""

    probability: float
    engine: Engine


Inquiry = ReadAgain | FindAgain | MeasureAgain | AskJudge
Reply = tuple[Region, ...] | Appearance | Judgement | InconclusiveReason
