"""What the stakes buy: one row a level; and the thresholds that hold at every level.

| stakes   | first look | a fast finding is believed from | inquiries to check claims | unverified claims |
|----------|------------|---------------------------------|---------------------------|-------------------|
| casual   | fast       | 0.80                            | none                      | given, as such    |
| standard | fast       | 0.95                            | 24                        | given, as such    |
| critical | accurate   | never                           | 96                        | withheld          |

A fast finding that is not believed is looked for again on the accurate tier, and every such escalation is recorded with
its reason. At every level the deadline is kept: what there is no time to look at is not claimed, what there is no time
to check is unverified, both as OVER_BUDGET.
"""

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
        believe_from: Score from which a fast finding is believed, in [0, 1]; above 1 for never.
        inquiries: How many looks, measurements and judgements may be asked for, to check an answer's claims.
        withhold_unverified: Turn claims that are not supported into abstentions.
    """

    accurate_always: bool
    believe_from: float
    inquiries: int
    withhold_unverified: bool


POLICIES: Final[Mapping[Stakes, Policy]] = MappingProxyType(
    {
        Stakes.CASUAL: Policy(accurate_always=False, believe_from=0.80, inquiries=0, withhold_unverified=False),
        Stakes.STANDARD: Policy(accurate_always=False, believe_from=0.95, inquiries=24, withhold_unverified=False),
        Stakes.CRITICAL: Policy(accurate_always=True, believe_from=1.01, inquiries=96, withhold_unverified=True),
    }
)

TIE_MARGIN: Final = 0.02
"""Two candidates whose fits differ by less, and whose values differ, are a tie."""

CREDIBLE_FROM: Final = 0.5
"""A best candidate whose fit is lower is not claimed."""

UNSCORED: Final = 0.5
"""What a region counts as whose source gave no score: just credible, and never believed without a careful look."""

OBJECT_TIE_MARGIN: Final = 0.1
"""Two things whose fits differ by less fit a description equally well: detectors' scores are no finer than that."""
