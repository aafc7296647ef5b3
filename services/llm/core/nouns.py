"""Nouns in the singular: a table of irregular ones, and the endings of the rest."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.llm.core.lexicon import entries

if TYPE_CHECKING:
    from collections.abc import Mapping

_IRREGULAR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "persons": "person",
        "people": "person",
        "men": "man",
        "children": "child",
        "feet": "foot",
        "teeth": "tooth",
        "geese": "goose",
        "mice": "mouse",
        "oxen": "ox",
        "knives": "knife",
        "wives": "wife",
        "lives": "life",
        "leaves": "leaf",
        "shelves": "shelf",
        "bookshelves": "bookshelf",
        "loaves": "loaf",
        "wolves": "wolf",
        "calves": "calf",
        "halves": "half",
        "scarves": "scarf",
        "thieves": "thief",
        "hooves": "hoof",
        "elves": "elf",
        "cacti": "cactus",
        "shoes": "shoe",
        "horseshoes": "horseshoe",
        "toes": "toe",
        "canoes": "canoe",
        "pies": "pie",
        "ties": "tie",
        "movies": "movie",
        "cookies": "cookie",
        "zombies": "zombie",
        "hoodies": "hoodie",
        "selfies": "selfie",
        "smoothies": "smoothie",
        "buses": "bus",
        "gases": "gas",
        "lenses": "lens",
        "axes": "axe",
        "quizzes": "quiz",
    }
)
"""Plurals that no ending tells."""

_PLURALS: Final = MappingProxyType({one: many for many, one in _IRREGULAR.items()})

_SAME: Final = frozenset(
    entries(
        "glasses, sunglasses, scissors, trousers, jeans, pants, shorts, goggles, clothes, binoculars, tweezers, pliers,"
        " headphones, earphones, pyjamas, pajamas, tights, leggings, series, species, news, tennis, chess, its, this,"
        " specimen, omen, abdomen, ramen, stamen, semen, men's, women's, chaos, christmas, canvas, atlas, gas, lens,"
        " always, perhaps, mathematics, physics, gymnastics, kudos, thermos, albatross, rhinoceros, hippopotamus"
    )
)
"""Words that look like plurals and are not, or that have no singular."""

_ENDINGS: Final = (
    ("men", "man"),
    ("ies", "y"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("oes", "o"),
    ("s", ""),
)
"""Plural ending and what it becomes; the first that fits counts."""

_NOT_PLURAL: Final = ("ss", "us", "is", "'s")
"""Endings in s that are no plurals."""


def singular(noun: str) -> str:
    """The noun phrase with its head in the singular. Words that it does not know as plurals stay as they are.

    >>> singular("bottles of water")
    'bottle of water'
    """
    head, of, rest = noun.partition(" of ")
    front, space, last = head.rpartition(" ")
    return f"{front}{space}{_singular_word(last)}{of}{rest}"


def plural(noun: str) -> str:
    """The noun phrase with its head in the plural.

    >>> plural("bottle of water")
    'bottles of water'
    """
    head, of, rest = noun.partition(" of ")
    front, space, last = head.rpartition(" ")
    return f"{front}{space}{_plural_word(last)}{of}{rest}"


def _plural_word(word: str) -> str:
    if word in _PLURALS:
        return _PLURALS[word]
    if word in _SAME:
        return word
    if word.endswith(("s", "x", "sh", "ch")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word.removesuffix('man')}men" if word.endswith("man") and word != "human" else f"{word}s"


def _singular_word(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _SAME or word.endswith(_NOT_PLURAL):
        return word
    for plural, ending in _ENDINGS:
        if word.endswith(plural) and len(word) > len(plural) + 1:
            return word.removesuffix(plural) + ending
    return word
