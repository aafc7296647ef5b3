"""Which answers are asked for: what an address says, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping

ABSTAINED: Final = "abstained"

CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "verdict": ("supported", "contradicted", "unverified", ABSTAINED),
        "review": ("unreviewed", "correct", "wrong", "unsure"),
        "degraded": ("llm_rules", "fast_only"),
        "period": ("15m", "1h", "24h", "7d"),
    }
)
"""What each field can be."""

PERIODS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
)

MOST_SECONDS: Final = 365 * 86400.0
"""No answer takes longer."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for, as an address says it; empty fields ask for nothing.

    Attributes:
        text: In the question, a claim, a label or the lettering of a region, whatever the case.
        label: In the label of a region, whatever the case.
        verdict: One of its outcomes.
        model: Had a part in it: "name", or "name@version".
        degraded: What did not work as it should.
        review: What people made of it.
        period: How far back, from now.
        since: Admitted then or later, ISO 8601; without a zone it is UTC.
        until: Admitted before.
        slower: It took so long or longer, seconds.
        faster: It took less, seconds.
        image: SHA-256 of its image.
    """

    text: str = ""
    label: str = ""
    verdict: str = ""
    model: str = ""
    degraded: str = ""
    review: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    slower: str = ""
    faster: str = ""
    image: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filter:
        """The fields that an address names; what else it says is none of this."""
        return cls(**{each.name: query.get(each.name, "").strip() for each in fields(cls)})

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        for name, known in CHOICES.items():
            said = getattr(self, name)
            if said and said not in known:
                raise InvalidField(name, f"there is no such {name}", remedy=f"one of {', '.join(known)}")
        for name in ("since", "until"):
            _moment(name, getattr(self, name))
        for name in ("slower", "faster"):
            _seconds(name, getattr(self, name))

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.query)

    @property
    def query(self) -> Mapping[str, str]:
        """As an address says it: a link with it shows the same."""
        return {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name)}

    @property
    def searches_contents(self) -> bool:
        """Whether it looks for what is encrypted, so that a page may come with fewer answers than there are."""
        return bool(self.text or self.label)

    def begins(self, now: datetime) -> datetime | None:
        """The later of the time given and the period's beginning; `now` is aware of its zone."""
        given = _moment("since", self.since)
        back = now - PERIODS[self.period] if self.period else None
        return max(filter(None, (given, back)), default=None)

    @property
    def ends(self) -> datetime | None:
        """The time before which answers were admitted."""
        return _moment("until", self.until)

    @property
    def least_s(self) -> float | None:
        """The least time that an answer took, seconds."""
        return _seconds("slower", self.slower)

    @property
    def most_s(self) -> float | None:
        """The time that an answer took less than, seconds."""
        return _seconds("faster", self.faster)


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidField(name, f"{name} is no time", remedy="such as 2026-11-23T10:00, which is UTC") from error


def _seconds(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MOST_SECONDS:
        raise InvalidField(name, f"{name} is no time that an answer takes", remedy="seconds, such as 2.5")
    return seconds
