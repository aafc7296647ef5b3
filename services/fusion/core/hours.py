"""When a shop is open: lines that hold two times of day, where the lettering says that they are its hours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.common.claims import Candidate
from services.fusion.core import layout, pool
from services.fusion.core.values import hours_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.regions import Region

FIT: Final = 0.85

_SAID: Final = re.compile(
    r"\b(?:open(?:ing)?|(?:business|office|store|shop|trading|operating|operation) hours?|hours|daily|every ?day|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?)\b",
    re.IGNORECASE,
)
"""Words that make times the hours of a place: that it is open, and on which days."""

_OF_ELSE: Final = re.compile(
    r"\b(?:happy|breakfast|brunch|lunch|dinner|delivery|deliveries|parking|valid|offer|promo\w*|sale|class|course|mass|"
    r"service|collection|tour|show|event|kitchen|last|no|except|closed?)\b",
    re.IGNORECASE,
)
"""Words that make them the hours of something else, or the reverse."""


def candidates(page: Sequence[Region]) -> list[Candidate]:
    """The hours that a page gives, all lines of one list together, its further lines for context."""
    found = []
    group: list[list[Region]] = []
    above = ""
    for line in layout.lines(page):
        text = _text(line)
        if hours_in(text) and not _OF_ELSE.search(text):
            if not group and not (_SAID.search(text) or (_SAID.search(above) and not _OF_ELSE.search(above))):
                above = text
                continue
            group.append(line)
        elif group:
            found.append(_candidate(group))
            group = []
        above = text
    return [*found, _candidate(group)] if group else found


def _candidate(group: Sequence[Sequence[Region]]) -> Candidate:
    regions = [region for line in group for region in line]
    read = min(pool.score(region) for region in regions)
    value = " ".join(_text(line) for line in group).strip(" :.-")
    return Candidate(regions[0].id, FIT * read, value, tuple(region.id for region in regions[1:]))


def _text(line: Sequence[Region]) -> str:
    return " ".join(region.text.strip() for region in line)
