"""Is it really not there?

That both tiers found nothing is silence, and silence is a witness only where the picture was seen well. So:

* things: the accurate tier searched the whole picture for the noun, and no tier found one, however faintly. Where an
  attribute is what is missing ("a red cup"), every cup that was found is measured again and clearly is not red.
* lettering: the accurate tier read the whole picture, and nothing that either tier read comes near. What was read
  badly, and could be the word or a piece of it, is read again; while it stays unreadable, nothing is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.claims import Absent, Check, CheckKind, CheckOutcome, Count, InconclusiveReason
from services.common.regions import Capability, Tier
from services.fusion.core import phrases, pool, traits
from services.fusion.core.checks.case import inconclusive
from services.fusion.core.checks.citation import states_absence
from services.fusion.core.checks.color import FAILS_BELOW, fit_again, measuring
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.forms import Form, form_of
from services.fusion.core.lettering import NEAR, normalised, presence

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.plans import Target
    from services.common.regions import Region
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry

STIRS_FROM: Final = 0.1
"""Score from which a thing that was found speaks against its absence: far below what is considered for a claim.

With a weak detector (FastestDet) on 50 everyday photos (COCO), four of the five things that it overlooked had stirred
from here up; of 147 things that are not there, some ten had.
"""

WELL_READ: Final = 0.8
"""Score from which a reading is taken for what is written there."""

_WITH_FIGURES: Final = frozenset({Form.AMOUNT, Form.DATE, Form.TIME, Form.PHONE, Form.CODE, Form.RATE, Form.NUMBER})

MOST_READ_AGAIN: Final = 6
"""Pieces of badly read lettering that are read again; where there are more, nothing is decided."""

LETTERS_SHARED: Final = 1 / 3
"""Part of a badly read piece's different letters that it shares with a word which it may be, or be a piece of.

On 40 street photos (ICDAR 2015), asked for a word that is there and one that is not: none of the words that both tiers
overlooked was called absent and supported, and 27 of 39 true absences were. Without this limit it was 12.
"""

LONGER_BY: Final = 1.5
"""A badly read piece that is longer than a word by this factor is another one."""


class AbsenceTest:
    """The accurate tier searched the whole picture, and nothing that was found may be it."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:  # noqa: ARG002 - the statement decides
        """For absences, and for counts of zero."""
        return states_absence(draft)

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """Another reading of what was read badly; another measurement of things that lack the attribute."""
        target = case.target(draft.target_id)
        if target is not None and not target.is_text:
            return tuple(measuring(thing) for thing in _stirring(target, case) if traits.colors(target))
        unsure = doubtful(_queries(draft, target), case)
        return tuple(ReadAgain(region.box) for region in unsure) if len(unsure) <= MOST_READ_AGAIN else ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Inconclusive without a careful search, or where something may be it; failed where it plainly is there."""
        target = case.target(draft.target_id)
        if target is not None and not target.is_text:
            return _no_thing(target, case)
        if target is not None and not target.literal_text:
            return _no_value(target, case)
        return _no_lettering(_queries(draft, target), case)


def _no_value(target: Target, case: Case) -> Check:
    """A value may be printed in a form or beside a key that nobody here knows: only a page without figures has none."""
    if not case.sought(Capability.READ_TEXT, Tier.ACCURATE):
        return _unsearched()
    written = [region.text for region in pool.written(case.regions.values()) if region.text]
    figures = sum(any(c.isdecimal() for c in text) for text in written)
    formed = form_of(target.text_field, target.noun) in _WITH_FIGURES
    if written and (figures or not formed):
        detail = (
            f"none was found, but some of {len(written)} pieces of lettering may be a {target.words} in another form"
        )
        return _unsure(detail, {"readings": float(len(written))})
    detail = f"the accurate tier read the whole picture: no lettering in it can be a {target.words}"
    return Check(CheckKind.ABSENCE, CheckOutcome.PASSED, detail, {"readings": float(len(written))})


def _no_thing(target: Target, case: Case) -> Check:
    tried = [name for name in phrases.queries(target) if case.sought(Capability.DETECT, Tier.ACCURATE, name)]
    if not tried:
        return _unsearched()
    stirring = _stirring(target, case)
    nearest = max((pool.score(thing) * _fit(target, thing, case) for thing in stirring), default=0.0)
    figures = {"nearest": round(nearest, 4), "found": float(len(stirring))}
    if nearest >= STIRS_FROM:
        detail = f"the accurate tier searched the whole picture, and something there may be {target.words}"
        return _unsure(detail, figures)
    detail = f"the accurate tier searched the whole picture for {', '.join(tried)}; nothing found is {target.words}"
    return Check(CheckKind.ABSENCE, CheckOutcome.PASSED, detail, figures)


def _stirring(target: Target, case: Case) -> list[Region]:
    """Every thing of the kind that was found, however faintly."""
    found = pool.distinct(pool.labelled(case.regions.values(), phrases.queries(target)))
    return [thing for thing in found if pool.score(thing) >= STIRS_FROM]


def _fit(target: Target, thing: Region, case: Case) -> float:
    """How well the thing may be the target, measured again; 0 where one of its attributes is refuted."""
    again = [fit_again(color, thing, case) for color in traits.colors(target)]
    fits = [1.0 if isinstance(each, InconclusiveReason) else each[0] for each in again]
    return 0.0 if min(fits, default=1.0) < FAILS_BELOW else 1.0


def _no_lettering(queries: tuple[str, ...], case: Case) -> Check:
    if not case.sought(Capability.READ_TEXT, Tier.ACCURATE):
        return _unsearched()
    texts = [region.text for region in pool.written(case.regions.values()) if region.text]
    unread = 0
    for region in doubtful(queries, case):
        again = case.found(ReadAgain(region.box))
        fresh = [] if isinstance(again, InconclusiveReason) else pool.at_place(region.box, list(again))
        texts += [each.text for each in fresh]
        unread += not any(pool.score(each) >= WELL_READ for each in fresh)
    nearest = max((presence(query, text) for query in queries for text in texts), default=0.0)
    figures = {"nearest": round(nearest, 4), "readings": float(len(texts)), "unread": float(unread)}
    found = f"the accurate tier searched the whole picture; the nearest lettering is similar by {nearest:.2f}"
    if nearest >= NEAR:
        return _unsure(found, figures)
    if unread:
        return _unsure(f"{found}, but {unread} pieces of lettering that could be it cannot be read", figures)
    return Check(CheckKind.ABSENCE, CheckOutcome.PASSED, found, figures)


def doubtful(queries: tuple[str, ...], case: Case) -> list[Region]:
    """Standing lettering that was read badly and could be one of the queries, worst read first."""
    standing = pool.standing(pool.written(case.regions.values()))
    badly = [region for region in standing if pool.score(region) < WELL_READ]
    may = [region for region in badly if any(_could_be(region.text, query) for query in queries)]
    return sorted(may, key=lambda r: (pool.score(r), r.id))


def _could_be(text: str, query: str) -> bool:
    seen, wanted = normalised(text), normalised(query)
    shared = set(seen) & set(wanted)
    return bool(shared) and len(seen) <= LONGER_BY * len(wanted) and len(shared) >= LETTERS_SHARED * len(set(seen))


def _queries(draft: ClaimDraft, target: Target | None) -> tuple[str, ...]:
    if target is not None and target.literal_text:
        return (target.literal_text,)
    if isinstance(draft.statement, Absent):
        return draft.statement.queries
    return (draft.statement.label,) if isinstance(draft.statement, Count) else ()


def _unsearched() -> Check:
    what = "the accurate tier did not search the whole picture"
    return inconclusive(CheckKind.ABSENCE, InconclusiveReason.UNAVAILABLE, what)


def _unsure(detail: str, figures: dict[str, float]) -> Check:
    reason = InconclusiveReason.UNSURE
    return Check(CheckKind.ABSENCE, CheckOutcome.INCONCLUSIVE, detail, figures, inconclusive_reason=reason)
