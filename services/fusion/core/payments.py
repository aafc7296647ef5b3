"""How it was paid, where no printed key says so: the lines of a receipt that give an amount for a means of payment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.common.claims import Candidate
from services.fusion.core import layout, pool
from services.fusion.core.field_lexicon import FILLERS
from services.fusion.core.values import amount_in, amount_value, payment_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.regions import Region

FIT: Final = 0.85

_WORD: Final = re.compile(r"[^\W\d_]+")
_WITH: Final = FILLERS | {"payment", "paid", "by", "tender", "card"}
"""Words beside a means of payment that change nothing: "cash received". Beside others, "cash bill", it is none."""


def candidates(page: Sequence[Region]) -> list[Candidate]:
    """Means of payment with an amount of their own, which helps to see that they are."""
    found = []
    for region in layout.reading_order(page):
        means = payment_in(region.text)
        rest = {word.casefold() for word in _WORD.findall(region.text.replace(means, " ", 1))} if means else set()
        if not means or rest - _WITH:
            continue
        beside = [region, *layout.right_of(region, page)]
        paid = next((each for each in beside if (amount_value(amount_in(each.text) or "0") or 0) > 0), None)
        if paid is not None:
            context = () if paid is region else (paid.id,)
            found.append(Candidate(region.id, FIT * pool.score(region), means, context))
    return found
