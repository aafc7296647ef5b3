"""Small words of other languages: a question that holds one is in none that the grammar reads.

Nouns of other languages pass for nouns that a detector may know, and German "hat" and "was" are English words too: "Was
hat die Frau in der Hand?" reads as a question after a hat. Words that English has as well are not in the list, nor are
those that are likely slips of the finger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.llm.core.lexicon import entries

if TYPE_CHECKING:
    from services.common.plans import Plan

_SMALL_WORDS: Final = frozenset(
    entries(
        # German, Dutch, Scandinavian
        "der, das, des, ein, eine, einen, und, ist, sind, wie, wer, wann, welche, welcher, welches, wieviel, wieviele,"
        " steht, auf, nicht, viele, gibt, het, een, hoeveel, waar, zijn, det, och, är, hvad, hvor, hur, många,"
        # French
        " le, la, les, une, du, sont, quel, quelle, quels, quelles, combien, où, dans, qui, que, avec,"
        # Spanish, Portuguese, Italian
        " el, los, las, una, uma, es, está, cuál, cual, cuánto, cuántos, cuántas, cuanto, cuantos, qué, dónde, donde,"
        " del, qual, quanto, quantos, quantas, onde, há, il, gli, quale, quanti, quante, cosa, che, sono, della, nel,"
        # Polish, Turkish
        " jest, ile, gdzie, jaka, jaki, nedir, kaç, nerede"
    )
)
_QUOTED: Final = re.compile(r'"[^"]*"')


def is_foreign(text: str, plan: Plan) -> bool:
    """Whether a question in canonical form, planned as English, has a small word of another language.

    Quotations and lettering that is asked for word for word may be in any. A capital within a question begins a name,
    as in "the El Paso sign".
    """
    words = _QUOTED.sub(" ", text).split()
    asked_for = {word for target in plan.targets for word in target.literal_text.split()}
    said = (word.lower() if place == 0 else word for place, word in enumerate(words) if word not in asked_for)
    return any(word in _SMALL_WORDS for word in said)
