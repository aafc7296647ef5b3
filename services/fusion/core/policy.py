"""What the stakes buy: one row a level."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stakes(IntEnum):
    """How much is at stake. The numbers are those of the contract."""

    CASUAL = 1
    STANDARD = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """How careful an answer must be.

    Attributes:
        accurate_always: Ask the accurate tier whether or not the fast one is sure.
        believe_from: Score from which a fast reading is believed, in [0, 1].
        second_looks: How many places may be looked at again, to check claims.
        withhold_unverified: Turn claims that are not supported into abstentions.
    """

    accurate_always: bool
    believe_from: float
    second_looks: int
    withhold_unverified: bool


POLICIES: Final[Mapping[Stakes, Policy]] = MappingProxyType(
    {
        Stakes.CASUAL: Policy(accurate_always=False, believe_from=0.80, second_looks=0, withhold_unverified=False),
        Stakes.STANDARD: Policy(accurate_always=False, believe_from=0.95, second_looks=16, withhold_unverified=False),
        Stakes.CRITICAL: Policy(accurate_always=True, believe_from=1.00, second_looks=64, withhold_unverified=True),
    }
)

TIE_MARGIN: Final = 0.02
"""Two candidates whose fits differ by less, and whose values differ, are a tie."""

CREDIBLE_FROM: Final = 0.5
"""A best candidate whose fit is lower is not claimed."""
