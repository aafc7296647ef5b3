"""Pages of a list that grows at its head: where one ends, and the token that says so."""

from __future__ import annotations

import base64
import struct
from typing import Final

from services.common.errors import InvalidField

DEFAULT_SIZE: Final = 20
"""Answers on a page when the caller does not say."""
MAX_SIZE: Final = 100
"""Most answers on a page."""

_LAYOUT: Final = struct.Struct(">Bq4sxx")  # Fifteen bytes: base64 without padding, one spelling for each token.
_VERSION: Final = 2


def size(asked: int) -> int:
    """How many answers a page holds.

    Raises:
        InvalidField: `asked` is negative or over the limit.
    """
    if not 0 <= asked <= MAX_SIZE:
        raise InvalidField("page_size", f"page_size is {asked}", remedy=f"1 to {MAX_SIZE}; 0 for {DEFAULT_SIZE}")
    return asked or DEFAULT_SIZE


def token(last_index: int, of: bytes) -> str:
    """The token of the page after the one that ends with `last_index`, in the list that four bytes tell from others.

    It names a place in the log, not a number of answers to skip: records that arrive between two pages move nothing.
    """
    return base64.urlsafe_b64encode(_LAYOUT.pack(_VERSION, last_index, of)).decode()


def before(page_token: str, of: bytes) -> int | None:
    """The index that every answer of the page lies below; None for the first page.

    Raises:
        InvalidField: No page of that list ever gave this token.
    """
    if not page_token:
        return None
    try:
        _, index, listed = _LAYOUT.unpack(base64.urlsafe_b64decode(page_token))
    except (ValueError, struct.error) as error:
        raise _unknown_token() from error
    # The decoder forgives what it does not know; a token has one spelling.
    if index < 0 or token(index, listed) != page_token:
        raise _unknown_token()
    if listed != of:
        raise InvalidField(
            "page_token", "page_token is of a list with another filter", remedy="send the filter of the page before"
        )
    return int(index)


def _unknown_token() -> InvalidField:
    return InvalidField(
        "page_token",
        "page_token is not one that a list gave",
        remedy="send next_page_token of the page before as it came; leave it empty for the first page",
    )
