"""Which of the answers at hand are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ABSTAINED: Final = "abstained"

VERDICTS: Final = ("supported", "contradicted", "unverified", ABSTAINED)

PERIODS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
)


@dataclass(frozen=True, slots=True)
class Line:
    """An answer in one line, as much of it as is asked for. `verdicts` are words; `text` is what is searched."""

    text: str
    time: datetime
    verdicts: Sequence[str] = ()
    abstentions: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for. Empty fields ask for nothing.

    Attributes:
        text: Words that must all occur, in any order and case.
        verdict: A word of `VERDICTS` that one of the answer's outcomes must be.
        period: A key of `PERIODS`: how far back.
    """

    text: str = ""
    verdict: str = ""
    period: str = ""
    words: Sequence[str] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if self.verdict and self.verdict not in VERDICTS:
            raise InvalidField("verdict", "there is no such verdict", remedy=f"one of {', '.join(VERDICTS)}")
        if self.period and self.period not in PERIODS:
            raise InvalidField("period", "there is no such period", remedy=f"one of {', '.join(PERIODS)}")
        object.__setattr__(self, "words", tuple(self.text.casefold().split()))

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.words or self.verdict or self.period)

    def takes(self, line: Line, now: datetime) -> bool:
        """Whether the answer is asked for. `now` is aware of its zone."""
        haystack = line.text.casefold()
        if not all(word in haystack for word in self.words):
            return False
        if self.period and line.time.astimezone(UTC) < now - PERIODS[self.period]:
            return False
        if self.verdict == ABSTAINED:
            return line.abstentions > 0
        return not self.verdict or self.verdict in line.verdicts
