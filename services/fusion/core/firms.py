"""Signs, apart from its place on the page, that lettering is a firm's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.fusion.core import layout
from services.fusion.core.field_lexicon import COMPANY_ENDINGS, LEGAL_FORMS, TITLES
from services.fusion.core.lettering import normalised, presence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.regions import Region

_REGISTERED: Final = re.compile(
    r"\b(?:co|company|reg|registration|roc)\b.{0,12}\d{4,}|\(?\b\d{5,}\s?-\s?[A-Z]\b\)?", re.IGNORECASE
)
"""A company's registration number, as it is printed behind or beneath its name."""

NAMED_AGAIN: Final = 0.9
"""Likeness from which a line names the firm once more."""

LEAST_LETTERS: Final = 4
"""A shorter name stands inside too many words to be found again."""


def sign_of(value: str, cited: Sequence[Region], page: Sequence[Region]) -> str:
    """What says that `value`, read in the `cited` regions, is a firm's name, in words; empty where nothing does."""
    if LEGAL_FORMS.search(value):
        return "it ends as firms' names do"
    beside = [*cited, *(other for region in cited for other in layout.below(region, page)[:1])]
    if any(_REGISTERED.search(region.text) for region in beside):
        return "a registration number is printed with it"
    ids = {region.id for region in cited}
    elsewhere = [region for region in page if region.id not in ids]
    if any(_names(value, region.text) for region in elsewhere):
        return "the page names it once more"
    return ""


def _names(value: str, text: str) -> bool:
    core = " ".join(word for word in value.split() if not COMPANY_ENDINGS.fullmatch(word.strip(".,()")))
    name = normalised(core)
    if len(name) < LEAST_LETTERS or TITLES.issuperset(core.casefold().split()):
        return False
    return name in normalised(text) or presence(core, text) >= NAMED_AGAIN
