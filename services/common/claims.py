"""Claims, their checks, and what stands in their place. The numbers of the enums are those of the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.geometry import Box
    from services.common.plans import Aspect, RelationKind, TextField
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
    GEOMETRY = 6
    COLOR = 7
    AGREEMENT = 8
    JUDGE = 9
    QUOTE = 10


class CheckOutcome(IntEnum):
    """How a check ended. INCONCLUSIVE never counts as passed."""

    PASSED = 1
    FAILED = 2
    INCONCLUSIVE = 3


class InconclusiveReason(IntEnum):
    """Why a check could not tell."""

    UNSURE = 1
    NOT_BOUND = 2
    OVER_BUDGET = 3
    UNAVAILABLE = 4


@dataclass(frozen=True, slots=True)
class Search:
    """One search of an area."""

    area: Box
    source: Source


@dataclass(frozen=True, slots=True)
class Exists:
    """The target is in the picture."""

    label: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The target was searched for, by `queries`, and is not in the picture."""

    label: str
    queries: tuple[str, ...] = ()
    searches: tuple[Search, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Attribute:
    """The target looks so: `value` is the colour, size, shape … that `aspect` names."""

    label: str
    aspect: Aspect
    value: str


@dataclass(frozen=True, slots=True)
class State:
    """The target is, or with `negated` is not, in a condition."""

    label: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """The target lies so to another target. Only BETWEEN has a second object."""

    label: str
    kind: RelationKind
    object_id: str
    object_label: str
    second_object_id: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """The target has more, or with `least` less, of `aspect` than another target."""

    label: str
    aspect: Aspect
    least: bool
    other_id: str
    other_label: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A document says so, word for word."""

    quote: str


Statement = Exists | Absent | Located | Count | Reading | Field | Attribute | State | Related | Compared | Knowledge


@dataclass(frozen=True, slots=True)
class Document:
    """Text that the caller gave to be cited. It is data and is never obeyed."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `begin` to `end`, from 0, of a document."""

    document_id: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """One leg that a claim stands on: a region, or with `passage` a piece of a document (`region_id` is then empty)."""

    region_id: str
    role: CitationRole
    passage: Passage | None = None


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
    inconclusive_reason: InconclusiveReason | None = None


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
    searches: tuple[Search, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something derived of a candidate by code, for a claim to state; `strength` in [0, 1].

    `object_region_ids` are the other regions that it rests on: what it is measured against.
    """

    region_id: str
    statement: Statement
    strength: float
    object_region_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A region that fits a target, `fit` in [0, 1]. `value` is the part of its text that is meant, empty for all."""

    region_id: str
    fit: float
    value: str = ""
    context_region_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetEvidence:
    """What resolution found for one target: candidates best first, and whether it was searched for properly.

    `findings` are what attribute, state, relation and comparison claims state, best first.
    """

    target_id: str
    candidates: tuple[Candidate, ...]
    distinct: int
    searched: bool
    findings: tuple[Finding, ...] = ()
