"""From checks to a verdict, and to a score by which claims are ranked.

A verdict is a function of the checks and of nothing else:

1. a check failed: CONTRADICTED;
2. every check passed, and one of those that look at the evidence for such a statement is among them: SUPPORTED;
3. anything else: UNVERIFIED. A check that could not tell never counts as passed.

Which checks bear on a claim is each test's own `applies`:

| statement         | looks at the evidence | and, where it applies                                          |
|-------------------|-----------------------|----------------------------------------------------------------|
| reading           | text                  | geometry (what the lettering is on)                            |
| field             | text                  | format (amounts, dates, …; a firm's second sign), geometry     |
| exists, located   | text or agreement     | geometry (relations, rank, size), color, judge (other traits)  |
| count, 1 and more | text or agreement     | count (the other tier's too), geometry, color, judge           |
| absent, count 0   | absence               |                                                                |
| attribute         | agreement or text     | color, geometry or judge, by its aspect                        |
| state             | judge                 | agreement                                                      |
| related           | agreement or text     | geometry, or color for likeness of colour                      |
| compared          | agreement             | geometry                                                       |
| knowledge         | quote                 |                                                                |

Citation bears on every claim. Asked under casual stakes, nothing is looked at again, and so little is supported.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import (
    Absent,
    Attribute,
    CheckKind,
    CheckOutcome,
    CitationRole,
    Compared,
    Count,
    Exists,
    Field,
    Knowledge,
    Located,
    Reading,
    Related,
    State,
    Verdict,
)
from services.fusion.core import pool
from services.fusion.core.checks.citation import states_absence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.claims import Check, ClaimDraft, Statement
    from services.common.regions import Region

_SEEN: Final = frozenset({CheckKind.TEXT, CheckKind.AGREEMENT})

LOOKS_AT_EVIDENCE: Final[Mapping[type[Statement], frozenset[CheckKind]]] = MappingProxyType(
    {
        Reading: frozenset({CheckKind.TEXT}),
        Field: frozenset({CheckKind.TEXT}),
        Exists: _SEEN,
        Located: _SEEN,
        Count: _SEEN,
        Absent: frozenset({CheckKind.ABSENCE}),
        Attribute: _SEEN,
        State: frozenset({CheckKind.JUDGE}),
        Related: _SEEN,
        Compared: frozenset({CheckKind.AGREEMENT}),
        Knowledge: frozenset({CheckKind.QUOTE}),
    }
)
"""The checks of which one must have passed for a statement to be supported: the table's second column."""


def verdict(draft: ClaimDraft, checks: Sequence[Check]) -> Verdict:
    """The verdict, by the module's three rules."""
    outcomes = {check.outcome for check in checks}
    if CheckOutcome.FAILED in outcomes:
        return Verdict.CONTRADICTED
    kinds = frozenset({CheckKind.ABSENCE}) if states_absence(draft) else LOOKS_AT_EVIDENCE[type(draft.statement)]
    looked = any(check.kind in kinds for check in checks)
    return Verdict.SUPPORTED if outcomes == {CheckOutcome.PASSED} and looked else Verdict.UNVERIFIED


_STRENGTHS: Final = ("similarity", "strength", "fit", "probability")
"""Figures of checks that say how well the claim stood, in [0, 1]."""


def evidence_score(draft: ClaimDraft, checks: Sequence[Check], regions: Mapping[str, Region]) -> float:
    """The weakest link: the lowest score of a supporting region, or the lowest strength that a check found.

    In [0, 1]; a ranking score, not a probability. A region without a score counts as `pool.score` says; an absence
    starts at 1, and so does a quotation.
    """
    cited = (regions.get(c.region_id) for c in draft.citations if c.role is CitationRole.SUPPORTS)
    scores = [pool.score(region) for region in cited if region is not None]
    strengths = [check.figures[name] for check in checks for name in _STRENGTHS if name in check.figures]
    nearest = [1.0 - check.figures["nearest"] for check in checks if "nearest" in check.figures]
    quoted = [1.0 for check in checks if check.kind is CheckKind.QUOTE and check.outcome is CheckOutcome.PASSED]
    return max(0.0, min((*scores, *strengths, *nearest, *quoted), default=0.0))
