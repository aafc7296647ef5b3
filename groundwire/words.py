"""The contract's values in words for people, and text that is safe to show.

Questions and lettering are hostile until shown otherwise: a picture may carry terminal escapes, line breaks, or
characters that turn the reading direction around.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from groundwire.v1 import answer_pb2, claim_pb2, plan_pb2, region_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are never shown as they are: controls, formats, surrogates, unassigned, separators."""

DEGRADATIONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        answer_pb2.DEGRADATION_LLM_RULES: "the language model was out of reach: the rule engine planned or composed",
        answer_pb2.DEGRADATION_FAST_ONLY: "the accurate tier was out of reach: the fast tier stood alone",
    }
)


def plain(text: str, limit: int = 0) -> str:
    """`text` on one line, with nothing in it that a terminal or a page acts upon.

    Args:
        text: Any text.
        limit: Most characters to keep, the ellipsis included; 0 keeps all.
    """
    flat = " ".join(text.split())
    shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSAFE else c for c in flat)
    return shown if not limit or len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def _word(enum: EnumTypeWrapper, prefix: str, value: int) -> str:
    """A value's name without its prefix, in lower case; a value of a newer contract shows as its number."""
    try:
        name: str = enum.Name(value)
    except ValueError:
        return f"unknown ({value})"
    return name.removeprefix(prefix).lower().replace("_", " ")


def verdict(value: int) -> str:
    """Such as "supported"."""
    return _word(claim_pb2.Verdict, "VERDICT_", value)  # type: ignore[arg-type]  # one wrapper, many enums


def reason(value: int) -> str:
    """Such as "not checkable"."""
    return _word(claim_pb2.AbstentionReason, "ABSTENTION_REASON_", value)  # type: ignore[arg-type]


def role(value: int) -> str:
    """Such as "supports"."""
    return _word(claim_pb2.CitationRole, "CITATION_ROLE_", value)  # type: ignore[arg-type]


def check(value: int) -> str:
    """Such as "text"."""
    return _word(claim_pb2.CheckKind, "CHECK_KIND_", value)  # type: ignore[arg-type]


def outcome(value: int) -> str:
    """Such as "passed"."""
    return _word(claim_pb2.CheckOutcome, "CHECK_OUTCOME_", value)  # type: ignore[arg-type]


def tier(value: int) -> str:
    """Such as "fast"."""
    return _word(region_pb2.Tier, "TIER_", value)  # type: ignore[arg-type]


def capability(value: int) -> str:
    """The design's spelling, such as "read_text"."""
    return _word(region_pb2.Capability, "CAPABILITY_", value).replace(" ", "_")  # type: ignore[arg-type]


def task(value: int) -> str:
    """Such as "read"."""
    return _word(plan_pb2.Task, "TASK_", value)  # type: ignore[arg-type]


def text_field(value: int) -> str:
    """Such as "brand"."""
    return _word(plan_pb2.TextField, "TEXT_FIELD_", value)  # type: ignore[arg-type]


def relation(value: int) -> str:
    """Such as "left of"."""
    return _word(plan_pb2.RelationKind, "RELATION_KIND_", value)  # type: ignore[arg-type]


def escalation(value: int) -> str:
    """Such as "low score"."""
    return _word(answer_pb2.EscalationReason, "ESCALATION_REASON_", value)  # type: ignore[arg-type]


def stakes(value: int) -> str:
    """Such as "standard"."""
    return _word(answer_pb2.Stakes, "STAKES_", value)  # type: ignore[arg-type]


def degradation(value: int) -> str:
    """One clause: what did not work, and what was done instead."""
    return DEGRADATIONS.get(value, f"degraded: unknown ({value})")


def credibility(claim: claim_pb2.Claim) -> str:
    """The calibrated probability where there is one, else the raw evidence score, said to be raw."""
    if claim.HasField("confidence"):
        return f"{claim.confidence:.2f}"
    return f"raw {claim.evidence_score:.2f}"


def score(region: region_pb2.Region) -> str:
    """The source's own score; a dash where it gave none, which is not the same as 0."""
    return f"{region.score:.2f}" if region.HasField("score") else "\N{EN DASH}"


def box(region: region_pb2.Region) -> str:
    """Whole pixels, xyxy."""
    corners = region.box
    return f"[{corners.x_min:.0f} {corners.y_min:.0f} {corners.x_max:.0f} {corners.y_max:.0f}]"


def content(region: region_pb2.Region) -> str:
    """What was found there: lettering in quotation marks, or the phrase that the region answers."""
    if region.text:
        return f"\N{LEFT DOUBLE QUOTATION MARK}{plain(region.text)}\N{RIGHT DOUBLE QUOTATION MARK}"
    return plain(region.label)


def target(message: plan_pb2.Target) -> str:
    """A target as a person would say it, such as "brand lettering on “motorcycle”"."""
    parts = [*message.attributes, message.noun]
    if message.literal_text:
        parts.append(f"\N{LEFT DOUBLE QUOTATION MARK}{message.literal_text}\N{RIGHT DOUBLE QUOTATION MARK}")
    phrase = plain(" ".join(filter(None, parts)))
    if not message.is_text:
        return phrase
    kind = text_field(message.text_field) if message.text_field else "any"
    return f"{phrase} (lettering: {kind})" if phrase else f"lettering: {kind}"


def milliseconds(seconds: float) -> str:
    """A duration with the digits that matter: "0.4 ms", "12 ms", "1.25 s"."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.1f} ms"  # noqa: PLR2004 - 10 ms
