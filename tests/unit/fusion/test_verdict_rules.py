"""The verdict is a function of the checks: its table."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.claims import (
    Absent,
    Check,
    CheckKind,
    CheckOutcome,
    Count,
    Exists,
    Knowledge,
    Reading,
    State,
    Statement,
    Verdict,
)
from services.fusion.core.verdicts import LOOKS_AT_EVIDENCE, verdict
from tests.unit.fusion.cases import draft

P, F, I = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.INCONCLUSIVE  # noqa: E741 - columns of a table
K = CheckKind


def checks(**outcomes: CheckOutcome) -> list[Check]:
    return [Check(CheckKind[kind], outcome, "") for kind, outcome in outcomes.items()]


@pytest.mark.parametrize(
    ("statement", "outcomes", "expected"),
    [
        (Exists("cup"), {"CITATION": P, "AGREEMENT": P}, Verdict.SUPPORTED),
        (Exists("cup"), {"CITATION": P, "TEXT": P}, Verdict.SUPPORTED),
        (Exists("cup"), {"CITATION": P}, Verdict.UNVERIFIED),
        (Exists("cup"), {"CITATION": P, "COLOR": P}, Verdict.UNVERIFIED),
        (Exists("cup"), {"CITATION": P, "AGREEMENT": P, "JUDGE": I}, Verdict.UNVERIFIED),
        (Exists("cup"), {"CITATION": P, "AGREEMENT": P, "COLOR": F}, Verdict.CONTRADICTED),
        (Exists("cup"), {"CITATION": F, "AGREEMENT": I}, Verdict.CONTRADICTED),
        (Count("cup", 0), {"CITATION": P, "ABSENCE": P}, Verdict.SUPPORTED),
        (Count("cup", 0), {"CITATION": P, "COUNT": P}, Verdict.UNVERIFIED),
        (Absent("cup"), {"CITATION": P, "ABSENCE": I}, Verdict.UNVERIFIED),
        (Reading("EXIT"), {"CITATION": P, "AGREEMENT": P}, Verdict.UNVERIFIED),
        (State("door", "open"), {"CITATION": P, "AGREEMENT": P}, Verdict.UNVERIFIED),
        (State("door", "open"), {"CITATION": P, "AGREEMENT": P, "JUDGE": P}, Verdict.SUPPORTED),
        (Knowledge("x"), {"CITATION": P, "QUOTE": P}, Verdict.SUPPORTED),
        (Exists("cup"), {}, Verdict.UNVERIFIED),
    ],
)
def test_the_table(statement: Statement, outcomes: dict[str, CheckOutcome], expected: Verdict) -> None:
    assert verdict(draft(statement), checks(**outcomes)) is expected


def test_every_statement_has_its_row() -> None:
    assert set(LOOKS_AT_EVIDENCE) == set(get_args(Statement))


OUTCOMES = st.dictionaries(st.sampled_from([kind.name for kind in CheckKind]), st.sampled_from(list(CheckOutcome)))


@given(outcomes=OUTCOMES, kind=st.sampled_from([kind.name for kind in CheckKind]))
def test_a_check_more_that_cannot_tell_never_supports(outcomes: dict[str, CheckOutcome], kind: str) -> None:
    with_more = {**outcomes, kind: CheckOutcome.INCONCLUSIVE}
    assert verdict(draft(Exists("cup")), checks(**with_more)) is not Verdict.SUPPORTED


@given(outcomes=OUTCOMES, kind=st.sampled_from([kind.name for kind in CheckKind]))
def test_one_failure_contradicts(outcomes: dict[str, CheckOutcome], kind: str) -> None:
    assert verdict(draft(Exists("cup")), checks(**{**outcomes, kind: F})) is Verdict.CONTRADICTED
