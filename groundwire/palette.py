"""The colours of verdicts and citations, the same on pictures, in notebooks and on terminals."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from groundwire.v1 import claim_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

Rgb = tuple[int, int, int]

VERDICTS: Final[Mapping[int, Rgb]] = MappingProxyType(
    {
        claim_pb2.VERDICT_SUPPORTED: (21, 128, 61),
        claim_pb2.VERDICT_CONTRADICTED: (196, 30, 36),
        claim_pb2.VERDICT_UNVERIFIED: (180, 83, 9),
    }
)
"""White lettering on each has a contrast of at least 4.5 (WCAG AA)."""

CONTEXT: Final[Rgb] = (51, 92, 166)
"""Regions that help to understand a claim and carry nothing."""

UNKNOWN: Final[Rgb] = (82, 82, 91)
"""Verdicts of a newer contract, and abstentions."""

TERMINAL: Final[Mapping[int, str]] = MappingProxyType(
    {
        claim_pb2.VERDICT_SUPPORTED: "bold green",
        claim_pb2.VERDICT_CONTRADICTED: "bold red",
        claim_pb2.VERDICT_UNVERIFIED: "bold yellow",
    }
)


def citation(verdict: int, role: int) -> Rgb:
    """Colour of a region that a claim with that verdict cites in that role."""
    if role == claim_pb2.CITATION_ROLE_CONTEXT:
        return CONTEXT
    if role == claim_pb2.CITATION_ROLE_CONTRADICTS:
        return VERDICTS[claim_pb2.VERDICT_CONTRADICTED]
    return VERDICTS.get(verdict, UNKNOWN)


def css(colour: Rgb) -> str:
    """As CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
