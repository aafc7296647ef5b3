"""Printed keys: which lettering names a field, how surely, and what stands behind the key in the same lettering.

The fields that the contract knows have tables of keys (`field_lexicon.KEYS`), and lettering that holds one names the
field. A key in the question's own words is matched more strictly: the whole label must be that key, give or take words
that say nothing ("amount", "paid"), so that a heading "TAX INVOICE" is no tax and a "CASH BILL" no cash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from services.common.plans import TextField
from services.fusion.core.field_lexicon import (
    FILLERS,
    KEYS,
    SAME_WORDS,
    SPOILERS,
    TAX_INCLUDED,
    TAXES,
    WEAKENERS,
)
from services.fusion.core.lettering import similarity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.common.plans import Target
    from services.common.regions import Region

NEAR: Final = 0.85
"""Similarity from which a printed key is the one that was asked for."""

OWN_STRENGTH: Final = 0.9
"""How surely lettering that is the key in the question's words gives its value."""

_WORD: Final = re.compile(r"[a-z/]+")
_LABEL: Final = re.compile(r"(?:[^\s\d:=]+(?=[\s:=]|\Z)\s*)+|[^\W\d_]+")
"""Words before the first with a figure, and before a colon; of one word that runs into figures, its letters."""

_NUMBER_SIGN: Final = re.compile(r"#")


@dataclass(frozen=True, slots=True)
class Key:
    """Lettering that names a field: how surely, in [0, 1], and what stands behind the key in it."""

    region: Region
    strength: float
    rest: str


def keys_of(target: Target, regions: Sequence[Region]) -> list[Key]:
    """The keys of a target on a page."""
    if target.text_field is TextField.KEYED:
        return list(_own(wordings(target.noun), regions))
    table = KEYS.get(target.text_field, {})
    spoilers = SPOILERS.get(target.text_field, frozenset())
    found = ((region, *_listed(region.text, table, spoilers)) for region in regions)
    return [Key(region, strength, rest) for region, strength, rest in found if strength > 0]


def wordings(noun: str) -> tuple[str, ...]:
    """How a page may print a key that was asked for by `noun`.

    >>> wordings("cashier name")
    ('cashier name', 'cashier')
    """
    words = noun.casefold().replace("sub total", "subtotal").replace("sub-total", "subtotal").split()
    shorter = [words[:-1]] if len(words) > 1 and words[-1] in ("name", "amount") else []
    if len(words) > 1 and words[0] in TAXES and words[-1] in SAME_WORDS["number"]:
        # A firm's number for a tax is printed in as many ways as there are tills.
        shorter += [
            [words[0], *rest] for rest in (["id", "no"], ["id"], ["reg", "no"], ["registration", "no"], ["reg"])
        ]
    if "payment" in words and len(words) > 1 and words[-1] != "date":
        shorter += [["payment", kind] for kind in ("method", "mode", "type")]
        shorter += [["method", "of", "payment"], ["mode", "of", "payment"]]
    spelled = [product(*(SAME_WORDS.get(word, (word,)) for word in each)) for each in ([words, *shorter])]
    return tuple(dict.fromkeys(" ".join(each) for group in spelled for each in group))


def _own(keys: tuple[str, ...], regions: Sequence[Region]) -> Iterator[Key]:
    for region in regions:
        text = _NUMBER_SIGN.sub(" no ", region.text)
        label = _LABEL.match(text)
        end = label.end() if label is not None else 0
        words = [word for word in _WORD.findall(text[:end].casefold().replace("sub-total", "subtotal")) if word != "/"]
        if any(_is_key(words, key) for key in keys):
            yield Key(region, OWN_STRENGTH, text[end:].lstrip(" :=").strip())


def _is_key(label: Sequence[str], key: str) -> bool:
    """Whether a label is a key, but for words that say nothing."""
    own = set(key.split())
    bare = [word for word in label if word in own or word not in FILLERS]
    return bool(bare) and similarity(" ".join(bare), key) >= NEAR


def _listed(text: str, table: Mapping[str, float], spoilers: frozenset[str]) -> tuple[float, str]:
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
            if similarity(" ".join(words[start : start + size]), key) >= NEAR and strength > best:
                best, rest = strength, after if colon else _after(text, words[start + size - 1])
    weakest = min((WEAKENERS[word] for word in words if word in WEAKENERS), default=1.0)
    return best * weakest, rest.strip()


def _after(text: str, word: str) -> str:
    position = text.casefold().find(word)
    return text[position + len(word) :] if position >= 0 else ""
