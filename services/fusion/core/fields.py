"""Values of a page: the total, the date, the telephone number, whatever stands beside a printed key.

1. Keys: lettering that names the field (`keys`), each with a strength.
2. Values: for each key, lettering of the value's form: in the same region, to its right, or beneath it.
3. Without a key, a value of the right form fits weakly by itself, where the form says enough (all but totals).

How well a value was read is no sign that it is the one that is meant: values that are meant equally fit equally, and
where they differ, the question has no one answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import Candidate
from services.common.plans import TextField
from services.fusion.core import addresses, firms, hours, layout, payments, pool
from services.fusion.core.forms import FINDERS, Form, form_of
from services.fusion.core.keys import Key, keys_of
from services.fusion.core.lettering import normalised, similarity
from services.fusion.core.values import amount_value, lone_phone_in, own_site_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from services.common.plans import Target
    from services.common.regions import Region

BELOW_DISCOUNT: Final = 0.9
"""A value beneath its key is less sure to belong to it than one beside it."""

UNKEYED_FIT: Final = 0.75
"""Fit of a value that stands alone, before its reading's score."""

TIMED_BONUS: Final = 0.04

LARGEST_BONUS: Final = 0.03
"""Among equally named totals the largest amount is the whole."""

ROUNDING: Final = 0.05
"""Cash totals are rounded by at most this much, in the printed currency; the rounded one is printed last."""

_ALONE: Final = frozenset({Form.DATE, Form.TIME, Form.PHONE, Form.MAIL, Form.SITE})
"""Forms that say what the value is, without a key. So does an amount where a price is asked for."""

_LONE: Final[Mapping[Form, Callable[[str], str]]] = MappingProxyType(
    {Form.PHONE: lone_phone_in, Form.SITE: own_site_in}
)
"""How to find what says by its looks alone that it is the value. A link to a social network is no site of a shop."""


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A value that may be the field's: `meant` says how surely, apart from how well it was read."""

    region: Region
    meant: float
    value: str
    key_id: str = ""

    @property
    def candidate(self) -> Candidate:
        context = (self.key_id,) if self.key_id else ()
        return Candidate(self.region.id, self.meant * pool.score(self.region), self.value, context)


def field_candidates(target: Target, regions: Sequence[Region]) -> list[Candidate]:
    """Regions that may hold the target's value, best first.

    Args:
        target: What is asked; its `text_field` is not ANY.
        regions: Lettering of the page.
    """
    form = form_of(target.text_field, target.noun)
    by_layout = _of_field(target.text_field) if form is not Form.HOURS else hours.candidates
    if by_layout is not None:
        return _best_of_each(by_layout(regions))
    found = list(_keyed(target, regions)) or _unkeyed(target, regions)
    if form is Form.PAYMENT and not found:
        return _best_of_each(payments.candidates(regions))
    if target.text_field is TextField.TOTAL:
        return _best_of_each(_favouring_largest([each.candidate for each in found], regions))
    if target.text_field is TextField.DATE:
        found = [_dated(each, regions) for each in found]
    return _best_of_each(_evened(found))


def _of_field(field: TextField) -> Callable[[Sequence[Region]], list[Candidate]] | None:
    """What finds the values of a field that no printed key tells; None for the others."""
    match field:
        case TextField.BRAND:
            return _repeated_lettering
        case TextField.COMPANY:
            return firms.candidates
        case TextField.ADDRESS:
            return addresses.candidates
        case _:
            return None


def _keyed(target: Target, regions: Sequence[Region]) -> Iterator[_Fitting]:
    form = form_of(target.text_field, target.noun)
    for key in keys_of(target, regions):
        if target.text_field is TextField.TOTAL:
            yield from _total_of(key, regions)
        else:
            yield from _values_of(key, form, regions)


def _values_of(key: Key, form: Form, regions: Sequence[Region]) -> Iterator[_Fitting]:
    """The value of a key: in its own lettering, else beside it, else beneath it, where a column gives several."""
    finder = FINDERS.get(form, str.strip)
    within = finder(key.rest)
    if normalised(within):
        yield _Fitting(key.region, key.strength, within)
        return
    beside = [region for region in layout.right_of(key.region, regions) if normalised(region.text)]
    if beside:
        region = _end_of_line(beside) if form is Form.AMOUNT else beside[0]
        value = finder(region.text)
        if normalised(value):
            yield _Fitting(region, key.strength, value, key.region.id)
            return
    for region in layout.column(key.region, regions):
        value = finder(region.text)
        if not normalised(value):
            return
        yield _Fitting(region, key.strength * BELOW_DISCOUNT, value, key.region.id)


def _end_of_line(beside: Sequence[Region]) -> Region:
    """The amount of a line stands at its end, whatever else is printed between: the last lettering with a figure."""
    return next((r for r in reversed(beside) if any(c.isdecimal() for c in r.text)), beside[0])


def _total_of(key: Key, regions: Sequence[Region]) -> Iterator[_Fitting]:
    finder = FINDERS[Form.AMOUNT]
    within = finder(key.rest)
    if normalised(within):
        yield _Fitting(key.region, key.strength, within)
        return
    beside = [(region, 1.0) for region in reversed(layout.right_of(key.region, regions))]
    beneath = [(region, BELOW_DISCOUNT) for region in layout.below(key.region, regions)]
    for region, factor in (*beside, *beneath):
        value = finder(region.text)
        if normalised(value):
            yield _Fitting(region, key.strength * factor, value, key.region.id)
            return


def _dated(each: _Fitting, regions: Sequence[Region]) -> _Fitting:
    """A date, surer where the time of day is printed with it: then it is when the page was made."""
    beside = [each.region, *(r for r in regions if layout.on_one_line(each.region.box, r.box))]
    timed = any(FINDERS[Form.TIME](region.text) for region in beside)
    return replace(each, meant=min(1.0, each.meant + TIMED_BONUS)) if timed else each


def _unkeyed(target: Target, regions: Sequence[Region]) -> list[_Fitting]:
    form = form_of(target.text_field, target.noun)
    # An amount without a key may be anything; only a price may stand alone.
    if form not in _ALONE and target.text_field is not TextField.PRICE:
        return []
    if target.text_field is TextField.KEYED and form not in (Form.MAIL, Form.SITE):
        return []
    finder: Callable[[str], str] = _LONE.get(form, FINDERS[form])
    found = [(region, finder(region.text)) for region in layout.reading_order(regions)]
    return [_Fitting(region, UNKEYED_FIT, value) for region, value in found if value]


def _evened(found: Sequence[_Fitting]) -> list[Candidate]:
    """Candidates whose fits differ by what is meant alone; of those meant as surely, the best read first."""
    best = max((pool.score(each.region) for each in found), default=0.0)
    ordered = sorted(found, key=lambda each: -pool.score(each.region))
    return [replace(each.candidate, fit=each.meant * best) for each in ordered]


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
    """Best first; of equal ones, in the order given."""
    best: dict[str, Candidate] = {}
    for candidate in candidates:
        held = best.get(candidate.region_id)
        if held is None or candidate.fit > held.fit:
            best[candidate.region_id] = candidate
    return sorted(best.values(), key=lambda c: -c.fit)
