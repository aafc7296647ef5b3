"""Words that mean something in a plan, and what they mean there. A new word is a new entry, and nothing else.

A row is a meaning and the words or fixed phrases for it: lower case, separated by commas.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from services.common.plans import RelationKind, TextField

if TYPE_CHECKING:
    from collections.abc import Mapping

V = TypeVar("V")


def entries(text: str) -> tuple[str, ...]:
    """The words and phrases of a class."""
    return tuple(" ".join(entry.split()) for entry in text.split(",") if entry.strip())


def _table(rows: Mapping[V, str]) -> Mapping[str, V]:
    return MappingProxyType({entry: value for value, text in rows.items() for entry in entries(text)})


RELATIONS: Final = _table(
    {
        RelationKind.LEFT_OF: "left of, to the left of, on the left of, on the left side of, at the left of, left from",
        RelationKind.RIGHT_OF: "right of, to the right of, on the right of, on the right side of, at the right of",
        RelationKind.ABOVE: "above, over",
        RelationKind.BELOW: "below, under, underneath, beneath",
        RelationKind.ON: "on, on top of, on the top of, onto, upon, on the front of, on the side of, on the back of,"
        " across, at the top of, at the bottom of, on the bottom of, at the end of, on the edge of, at the edge of,"
        " stuck to, attached to, fixed to, taped to, pinned to, glued to, mounted on, hanging from",
        RelationKind.INSIDE: "in, inside, inside of, within, into, contained in, in the middle of, in the centre of,"
        " in the center of, in the corner of",
        RelationKind.NEAR: "near, close to, around, near to, nearby, in the vicinity of",
        RelationKind.NEXT_TO: "next to, beside, besides, by, alongside, adjacent to, right next to, at the side of",
        RelationKind.IN_FRONT_OF: "in front of, before, ahead of",
        RelationKind.BEHIND: "behind, in back of, at the back of, right behind",
        RelationKind.OVERLAPPING: "overlapping, overlapping with, that overlaps, which overlaps, that overlaps with,"
        " which overlaps with, partly covering",
        RelationKind.SAME_COLOR: "of the same colour as, of the same color as, with the same colour as,"
        " with the same color as, in the same colour as, in the same color as, the same colour as, the same color as,"
        " that has the same colour as, that has the same color as, which has the same colour as,"
        " which has the same color as, that have the same colour as, that have the same color as",
        RelationKind.LARGER_THAN: "larger than, bigger than",
        RelationKind.SMALLER_THAN: "smaller than",
    }
)
"""Phrases that place one thing by another. BETWEEN, which takes two others, is a rule of the grammar."""

FIELDS: Final = _table(
    {
        TextField.BRAND: "brand, brand name, manufacturer, logo, trademark",
        TextField.TOTAL: "total, total amount, grand total, amount due, total due, amount payable, sum total,"
        " total amount due, total sum, total price, total cost, final amount, amount paid, total paid, balance due,"
        " amount to pay, total to pay, total payable, final total, total bill, net total, overall total,"
        " bill amount, final price",
        TextField.DATE: "date, purchase date, date of purchase, transaction date, receipt date, bill date, issue date,"
        " date of issue, printing date",
        TextField.PRICE: "price, cost, unit price",
        TextField.COMPANY: "company name, shop name, store name, business name, restaurant name, merchant name,"
        " vendor name, seller name, supplier name",
        TextField.ADDRESS: "address, street address, postal address, shop address, store address, company address,"
        " mailing address, business address",
        TextField.PHONE: "phone number, telephone number, telephone no, phone no, tel number, contact number,"
        " mobile number, phone numbers, telephone numbers",
        TextField.TIME: "time, time of day",
    }
)
"""Lettering of a kind, by the nouns that ask for it, wherever they stand."""

FIELD_NOUNS: Final = MappingProxyType(
    {
        TextField.BRAND: "brand",
        TextField.TOTAL: "total",
        TextField.DATE: "date",
        TextField.PRICE: "price",
        TextField.COMPANY: "company",
        TextField.ADDRESS: "address",
        TextField.PHONE: "phone number",
        TextField.TIME: "time",
    }
)
"""What a plan calls a field, however it was asked for. Keys are called as they are printed."""

LOOSE_FIELDS: Final = _table(
    {
        TextField.BRAND: "make, maker",
        TextField.TOTAL: "amount, sum, bill",
        TextField.DATE: "day",
        TextField.COMPANY: "company, shop, store, seller, merchant, vendor, supplier, issuer, retailer, business",
        TextField.PHONE: "phone, telephone, tel, mobile, contact",
    }
)
"""The same for nouns that mean lettering only where reading is asked for: "the phone" elsewhere is a thing."""

TERMS: Final = _table({"due date": "due, payable by", "expiry date": "expire, expires, run out, go off"})
"""Keys of dates, by the words that ask when."""

DIMENSIONS: Final = _table(
    {
        "colour": "colour, color, colours, colors",
        "size": "size",
        "height": "height",
        "length": "length",
        "width": "width",
        "shape": "shape",
        "material": "material, fabric",
        "pattern": "pattern",
        "texture": "texture",
        "age": "age",
        "depth": "depth",
        "weight": "weight",
        "thickness": "thickness",
        "orientation": "orientation",
        "kind": "kind, type, sort, breed, species, style",
    }
)
"""What can be asked of a thing, by the nouns that ask."""

HOW_DIMENSIONS: Final = _table(
    {
        "size": "how big, how large, how small",
        "height": "how tall, how high",
        "length": "how long",
        "width": "how wide",
        "depth": "how deep",
        "weight": "how heavy",
        "thickness": "how thick",
        "age": "how old",
        "nearness": "how far away, how far, how near, how close",
    }
)
"""The same by the questions that ask."""

PROPERTIES: Final = _table(
    {
        "colour": "red, green, blue, yellow, orange, purple, violet, pink, brown, black, white, grey, gray, beige, tan,"
        " golden, gold, silver, turquoise, teal, maroon, navy, cyan, magenta, crimson, dark, bright, pale,"
        " light blue, light green, light brown, light grey, light gray, dark blue, dark green, dark red, dark brown,"
        " dark grey, dark gray, navy blue, colourful, colorful, blond, blonde, multicoloured",
        "size": "big, small, large, little, tiny, huge, tall, short, long, wide, narrow, thick, thin, giant, fat,"
        " medium, medium-sized, enormous, heavy, high, low",
        "shape": "round, square, rectangular, circular, oval, triangular, flat, curved, straight",
        "material": "wooden, metal, plastic, glass, leather, paper, stone, steel, brick, ceramic, cardboard, concrete,"
        " rubber, cotton, wool, metallic, wood",
        "pattern": "striped, spotted, checkered, plaid, dotted, patterned, plain, floral",
        "age": "old, new, young, modern, antique, ancient, elderly",
        "state": "open, opened, closed, shut, empty, full, broken, clean, dirty, wet, dry, asleep, awake, lit, unlit,"
        " parked, locked, unlocked, ripe, rotten, damaged, intact, torn, folded, cracked, occupied, crowded, dead,"
        " alive, sharp, dull, hot, cold, switched on, switched off, turned on, turned off, barefoot, naked, dressed,"
        " happy, sad, angry, tired, standing up, sitting down, lying down, upright, upside down, blank,"
        " transparent, opaque, shiny, rusty, bare, raised, painted, filled, covered, finished, sealed,"
        " half full, half empty, blurry, blurred, lit up, bent, stuck, frozen, loose, tight, missing, complete,"
        " free, taken, available, vacant, busy, worn, plugged in, unplugged, up, down, ajar, wide open, in place, safe,"
        " tidy, messy, clear, idle, offline, online, ready, fresh, raw, burnt, overgrown",
    }
)
"""Adjectives, by what they are a value of."""

EXCLUSIVES: Final = tuple(
    frozenset(entries(row))
    for row in (
        "open, opened, wide open, ajar, closed, shut",
        "full, empty, half full, half empty, filled",
        "on, off, switched on, switched off, turned on, turned off",
        "locked, unlocked",
        "plugged in, unplugged",
        "lit, unlit",
        "clean, dirty",
        "wet, dry",
        "hot, cold",
        "asleep, awake, sleeping",
        "dead, alive",
        "broken, damaged, intact",
        "up, down, raised, lowered",
        "upright, upside down",
        "free, taken, occupied, vacant, available, busy",
        "sitting, standing, lying, kneeling, sitting down, standing up, lying down",
        "moving, parked, stopped, standing still",
        "running, stopped, idle",
        "online, offline",
        "ripe, unripe, rotten",
    )
)
"""States of which a thing has one at most."""

SUPERLATIVES: Final = _table(
    {
        "left": "left",
        "right": "right",
        "leftmost": "leftmost, left-most, furthest left, farthest left, left-hand,"
        " furthest to the left, farthest to the left",
        "rightmost": "rightmost, right-most, furthest right, farthest right, right-hand,"
        " furthest to the right, farthest to the right",
        "top": "top, upper",
        "topmost": "topmost, uppermost, highest",
        "bottom": "bottom, lower",
        "bottommost": "bottommost, lowest, lowermost",
        "front": "front",
        "back": "back, rear",
        "middle": "middle, central, centre, center",
        "largest": "largest, biggest",
        "smallest": "smallest",
        "tallest": "tallest",
        "shortest": "shortest",
        "nearest": "nearest, closest",
        "farthest": "farthest, furthest, farthest away, furthest away",
    }
)
"""Superlatives that pick one of several, in one wording each; `ranks` says which of them stand for an order."""

CORNERS: Final = _table(
    {
        "left": "on the left, to the left, at the left, on the left side, on the left hand side, on the far left,"
        " in the left, at the far left, on the left-hand side",
        "right": "on the right, to the right, at the right, on the right side, on the right hand side,"
        " on the far right, in the right, at the far right, on the right-hand side",
        "top": "at the top, on the top, on top, at the very top, in the top, in the upper part, in the upper half",
        "bottom": "at the bottom, on the bottom, at the very bottom, in the bottom, in the lower part,"
        " in the lower half",
        "middle": "in the middle, in the centre, in the center, at the centre, at the center",
        "top left": "in the top left, in the top left corner, at the top left, in the upper left,"
        " in the upper left corner, in the top left-hand corner",
        "top right": "in the top right, in the top right corner, at the top right, in the upper right,"
        " in the upper right corner, in the top right-hand corner",
        "bottom left": "in the bottom left, in the bottom left corner, at the bottom left, in the lower left,"
        " in the lower left corner",
        "bottom right": "in the bottom right, in the bottom right corner, at the bottom right, in the lower right,"
        " in the lower right corner",
        "background": "in the background, in the distance",
        "foreground": "in the foreground",
        "corner": "in the corner",
    }
)
"""Where in the picture a thing lies, by itself."""

TEXT_NOUNS: Final = MappingProxyType({"word": "word", "words": "word", "letters": "letter", "lines of text": "line"})
"""Nouns for any lettering that is counted in pieces; the rest are "text"."""

INDEFINITES: Final = _table(
    {
        "person": "anyone, anybody, someone, somebody, everyone, everybody",
        "object": "anything, something",
    }
)
"""Pronouns that stand for a noun."""
