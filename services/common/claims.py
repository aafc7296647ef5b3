"""Claims, their checks, and what stands in their place. The numbers of the enums are those of the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.plans import TextField
    from services.common.regions import Capability, Source


class Verdict(IntEnum):
    """What the checks made of a claim."""

    SUPPORTED = 1
    CONTRADICTED = 2
    UNVERIFIED = 3


class AbstentionReason(IntEnum):
    """Why nothing is claimed of a target."""

    ABSENT = 1
    AMBIGUOUS = 2
    NOT_CHECKABLE = 3
    LOW_CONFIDENCE = 4
    OVER_BUDGET = 5


class CitationRole(IntEnum):
    """How a region bears on a claim."""

    SUPPORTS = 1
    CONTRADICTS = 2
    CONTEXT = 3


class CheckKind(IntEnum):
    """What a check tests."""

    CITATION = 1
    TEXT = 2
    COUNT = 3
    FORMAT = 4
    ABSENCE = 5


class CheckOutcome(IntEnum):
    """How a check ended. INCONCLUSIVE never counts as passed."""

    PASSED = 1
    FAILED = 2
    INCONCLUSIVE = 3


@dataclass(frozen=True, slots=True)
class Exists:
    """The target is in the picture."""

    label: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The target was searched for, by `queries`, and is not in the picture."""

    label: str
    queries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """The target is at the cited place."""

    label: str


@dataclass(frozen=True, slots=True)
class Count:
    """The target is there `value` times."""

    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Lettering at the cited place, verbatim."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A value, as printed, that the page gives for a key."""

    field: TextField
    key: str
    value: str


Statement = Exists | Absent | Located | Count | Reading | Field


@dataclass(frozen=True, slots=True)
class Citation:
    """One leg that a claim stands on."""

    region_id: str
    role: CitationRole


@dataclass(frozen=True, slots=True)
class ClaimDraft:
    """A claim as composed, before anything has tested it. It has no room for a verdict.

    `target_id` is empty when the statement is about the whole picture.
    """

    text: str
    target_id: str
    statement: Statement
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One independent test of a claim, with the figures that decided."""

    kind: CheckKind
    outcome: CheckOutcome
    detail: str
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A draft, tested. `evidence_score` in [0, 1] ranks; it is no probability. `confidence` is None uncalibrated."""

    id: str
    draft: ClaimDraft
    checks: tuple[Check, ...]
    verdict: Verdict
    evidence_score: float
    confidence: float | None = None
    span_id: str = ""


@dataclass(frozen=True, slots=True)
class Abstention:
    """Why nothing is claimed of a target; `target_id` is empty when the whole question is meant."""

    reason: AbstentionReason
    detail: str
    target_id: str = ""
    capability: Capability | None = None
    near_region_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A region that fits a target, `fit` in [0, 1]. `value` is the part of its text that is meant, empty for all."""

    region_id: str
    fit: float
    value: str = ""
    context_region_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetEvidence:
    """What resolution found for one target: candidates best first, and whether it was searched for properly."""

    target_id: str
    candidates: tuple[Candidate, ...]
    distinct: int
    searched: bool
