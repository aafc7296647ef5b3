"""Values of a page: the total, the date, the telephone number, whatever stands beside a printed key.

1. Keys: lettering that names the field, with a strength from the lexicon.
2. Values: for each key, lettering of the right form: in the same region, to its right, or beneath it.
3. Without a key, a value of the right form fits weakly by itself, where the form says enough (all but totals).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.common.claims import Candidate
from services.common.plans import TextField
from services.fusion.core import layout, pool
from services.fusion.core.field_lexicon import (
    COMPANY_ENDINGS,
    KEYS,
    REGISTRATION,
    SPOILERS,
    TAX_INCLUDED,
    TAXES,
    TITLES,
    WEAKENERS,
)
from services.fusion.core.lettering import normalised, similarity
from services.fusion.core.values import FINDERS, amount_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.plans import Target
    from services.common.regions import Region

_WORD: Final = re.compile(r"[a-z/]+")
_KEY_NEAR: Final = 0.85
"""Similarity from which a printed key is the one that was asked for."""

BELOW_DISCOUNT: Final = 0.9
"""A value beneath its key is less sure to belong to it than one beside it."""

UNKEYED_FIT: Final = 0.75
"""Fit of a value that stands alone, before its reading's score."""

LARGEST_BONUS: Final = 0.03
"""Among equally named totals the largest amount is the whole."""

ROUNDING: Final = 0.05
"""Cash totals are rounded by at most this much, in the printed currency; the rounded one is printed last."""

TOP_OF_PAGE: Final = 0.2
"""Share of the page's height in which a firm prints its name."""


@dataclass(frozen=True, slots=True)
class _Key:
    region: Region
    strength: float
    rest: str


def field_candidates(target: Target, regions: Sequence[Region]) -> list[Candidate]:
    """Regions that may hold the target's value, best first.

    Args:
        target: What is asked; its `text_field` is not ANY.
        regions: Lettering of the page.
    """
    if target.text_field is TextField.BRAND:
        return _repeated_lettering(regions)
    if target.text_field is TextField.COMPANY:
        found = _firm_names(regions)
    else:
        found = _keyed(target, regions) or _unkeyed(target, regions)
    if target.text_field is TextField.TOTAL:
        found = _favouring_largest(found, regions)
    return sorted(_best_of_each(found), key=lambda c: (-c.fit, c.region_id))


def _keyed(target: Target, regions: Sequence[Region]) -> list[Candidate]:
    candidates = []
    for key in _keys(target, regions):
        value = _value_of(key, target.text_field, regions)
        if value is not None:
            candidates.append(value)
    return candidates


def _keys(target: Target, regions: Sequence[Region]) -> list[_Key]:
    table = KEYS.get(target.text_field) or {target.noun: 0.9}
    keys = []
    for region in regions:
        strength, rest = _key_strength(region.text, table, SPOILERS.get(target.text_field, frozenset()))
        if strength > 0:
            keys.append(_Key(region, strength, rest))
    return keys


def _key_strength(text: str, table: Mapping[str, float], spoilers: frozenset[str]) -> tuple[float, str]:
    """How surely the text is one of the table's keys, and what follows the key in the text."""
    label, colon, after = text.partition(":")
    words = _WORD.findall(label.casefold())
    tax_is_fine = TAX_INCLUDED.search(" ".join(words)) is not None
    spoiled = (spoilers - TAXES if tax_is_fine else spoilers) & set(words)
    if spoiled:
        return 0.0, ""
    best, rest = 0.0, ""
    for key, strength in table.items():
        size = len(key.split())
        for start in range(len(words) - size + 1):
            if similarity(" ".join(words[start : start + size]), key) >= _KEY_NEAR and strength > best:
                best, rest = strength, after if colon else _after(text, words[start + size - 1])
    weakest = min((WEAKENERS[word] for word in words if word in WEAKENERS), default=1.0)
    return best * weakest, rest.strip()


def _after(text: str, word: str) -> str:
    position = text.casefold().find(word)
    return text[position + len(word) :] if position >= 0 else ""


def _value_of(key: _Key, field: TextField, regions: Sequence[Region]) -> Candidate | None:
    finder = FINDERS.get(field, str.strip)
    within = finder(key.rest)
    if normalised(within):
        return Candidate(key.region.id, key.strength * pool.score(key.region), within)
    beside = [(region, 1.0) for region in layout.right_of(key.region, regions)]
    beneath = [(region, BELOW_DISCOUNT) for region in layout.below(key.region, regions)]
    # The amount of a line stands at its end, whatever else is printed between.
    if field in (TextField.TOTAL, TextField.PRICE):
        beside.reverse()
    for region, factor in (*beside, *beneath):
        value = finder(region.text)
        if normalised(value):
            fit = key.strength * factor * pool.score(region)
            return Candidate(region.id, fit, value, (key.region.id,))
    return None


def _unkeyed(target: Target, regions: Sequence[Region]) -> list[Candidate]:
    finder = FINDERS.get(target.text_field)
    # An amount without a key may be anything; only a price may stand alone.
    if finder is None or target.text_field is TextField.TOTAL:
        return []
    found = [(region, finder(region.text)) for region in layout.reading_order(regions)]
    return [Candidate(region.id, UNKEYED_FIT * pool.score(region), value) for region, value in found if value]


def _firm_names(regions: Sequence[Region]) -> list[Candidate]:
    """Lettering at the top of the page, better the more it is written like a firm's name."""
    top = [r for r in layout.reading_order(regions) if layout.depth(r, regions) <= TOP_OF_PAGE]
    candidates = []
    for place, region in enumerate(top):
        if not _mostly_letters(region.text) or TITLES.issuperset(_WORD.findall(region.text.casefold())):
            continue
        name = REGISTRATION.sub("", region.text)
        rest: tuple[str, ...] = ()
        # A long name goes on beneath: the ending alone is no name.
        for below in layout.below(region, top)[:1]:
            if COMPANY_ENDINGS.match(below.text) and len(below.text.split()) <= 2:  # noqa: PLR2004
                name, rest = f"{name} {REGISTRATION.sub('', below.text)}", (below.id,)
        fit = 0.95 if COMPANY_ENDINGS.search(name) and len(name.split()) > 2 else 0.7 - 0.05 * place  # noqa: PLR2004
        candidates.append(Candidate(region.id, max(0.1, fit) * pool.score(region), name, rest))
    return candidates


def _mostly_letters(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters >= 3 and letters >= 0.5 * len(normalised(text))  # noqa: PLR2004


def _repeated_lettering(regions: Sequence[Region]) -> list[Candidate]:
    """A maker's name: one word or two in letters, surest where the same lettering is found again elsewhere.

    Near readings back one another up (a logo is read twice, once well and once badly); the best read one stands for
    them all, and its fit is its own score, lowered the less of all lettering is on its side.
    """
    names = [r for r in regions if _may_be_name(r.text)]
    candidates = []
    for region in names:
        backing = sum(pool.score(other) * similarity(region.text, other.text) ** 2 for other in names)
        rivals = sum(pool.score(other) for other in names)
        share = backing / rivals if rivals else 0.0
        candidates.append(Candidate(region.id, pool.score(region) * (0.7 + 0.3 * share), region.text))
    return sorted(candidates, key=lambda c: (-c.fit, c.region_id))


def _may_be_name(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters >= 3 and len(text.split()) <= 3 and letters >= 0.7 * len(normalised(text))  # noqa: PLR2004


def _favouring_largest(candidates: list[Candidate], regions: Sequence[Region]) -> list[Candidate]:
    """The candidates with the largest amount lifted; of amounts that differ by rounding alone, the last printed."""
    worth = {c.region_id: amount_value(c.value) or 0.0 for c in candidates}
    lines = {region.id: region.box.center[1] for region in regions}
    largest = max(worth.values(), default=0.0)
    if largest <= 0:
        return candidates
    nearly = [c for c in candidates if largest - worth[c.region_id] <= ROUNDING]
    last = max(nearly, key=lambda c: (lines[c.region_id], c.region_id))
    lifted = {last.region_id: max(c.fit for c in nearly) + LARGEST_BONUS}
    return [
        replace(c, fit=min(1.0, lifted.get(c.region_id, c.fit) + LARGEST_BONUS * worth[c.region_id] / largest))
        for c in candidates
    ]


def _best_of_each(candidates: Sequence[Candidate]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        held = best.get(candidate.region_id)
        if held is None or candidate.fit > held.fit:
            best[candidate.region_id] = candidate
    return list(best.values())
