"""Pieces of the JSON schemas that hold what a language model writes, and how long that can get.

Every list and every string has an end. Strings are bounded by patterns alone, because that is the one bound that every
engine of constrained decoding holds; for the same reason nothing here asks for unique items.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Schema = dict[str, Any]

_UNPRINTABLE: Final = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
"""Control characters, line ends, and marks that turn the direction of writing."""
_REPEAT: Final = re.compile(r"\{0,(\d+)\}\$\Z")


def line(characters: int) -> Schema:
    """One printable line that does not begin with a space, 1 to `characters` long."""
    return {"type": "string", "pattern": f"^[^\\s{_UNPRINTABLE}][^{_UNPRINTABLE}]{{0,{characters - 1}}}$"}


def one_of(values: Iterable[str]) -> Schema:
    """One of the given words."""
    return {"type": "string", "enum": list(dict.fromkeys(values))}


def whole(*, least: int, most: int) -> Schema:
    """A whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def record(**properties: Schema) -> Schema:
    """An object with exactly these members, in this order."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(items: Schema, *, least: int, most: int) -> Schema:
    """A list with bounds."""
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def longest(schema: Schema) -> int:
    """Characters of the longest text, without white space, that a schema of this module admits."""
    if "anyOf" in schema:
        return max(longest(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return max(len(json.dumps(value, ensure_ascii=False)) for value in schema["enum"])
    return _LONGEST[schema["type"]](schema)


def _longest_record(schema: Schema) -> int:
    members = schema["properties"].items()
    return 1 + sum(len(json.dumps(name)) + 2 + longest(member) for name, member in members)


def _longest_list(schema: Schema) -> int:
    return 1 + int(schema["maxItems"]) * (longest(schema["items"]) + 1)


def _longest_line(schema: Schema) -> int:
    repeat = _REPEAT.search(schema["pattern"])
    if repeat is None:
        msg = f"no bound in {schema['pattern']!r}"
        raise ValueError(msg)
    return int(repeat[1]) + 3


def _longest_number(schema: Schema) -> int:
    return len(str(schema["maximum"]))


_LONGEST: Final[Mapping[str, Callable[[Schema], int]]] = {
    "object": _longest_record,
    "array": _longest_list,
    "string": _longest_line,
    "integer": _longest_number,
}
