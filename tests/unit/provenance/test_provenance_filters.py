"""Filters, reviews and policies: plain rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from services.common.claims import Verdict
from services.common.errors import MeshError
from services.provenance.core.filters import AnswerFilter, agrees, mentions
from services.provenance.core.policies import Policies, Policy, Store
from services.provenance.core.records import Finding, Summary
from services.provenance.core.reviews import Judgement, ReviewState, state
from services.provenance.policy_file import read_policies

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FOUND = Finding(
    answer_id=UUID(int=1),
    create_time=NOON,
    verdicts=(Verdict.SUPPORTED, Verdict.UNVERIFIED),
    abstention_count=0,
    trace_id="ab" * 16,
    models=("detect@2", "rules"),
    degradations=(1,),
    latency=timedelta(seconds=2),
)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({}, True),
        ({"tenant": "clinic"}, False),
        ({"since": NOON}, True),
        ({"since": NOON + SECOND}, False),
        ({"until": NOON}, False),
        ({"until": NOON + SECOND}, True),
        ({"verdicts": (Verdict.UNVERIFIED, Verdict.CONTRADICTED)}, True),
        ({"verdicts": (Verdict.CONTRADICTED,)}, False),
        ({"model": "detect"}, True),
        ({"model": "detect@2"}, True),
        ({"model": "rules"}, True),
        ({"model": "detect@3"}, False),
        ({"model": "det"}, False),
        ({"degradations": (2, 1)}, True),
        ({"degradations": (2,)}, False),
        ({"review_state": ReviewState.WRONG}, True),
        ({"review_state": ReviewState.CORRECT}, False),
        ({"min_latency": 2 * SECOND}, True),
        ({"min_latency": 3 * SECOND}, False),
        ({"max_latency": 2 * SECOND}, False),
        ({"max_latency": 3 * SECOND, "min_latency": SECOND, "model": "detect"}, True),
    ],
)
def test_what_is_not_personal_agrees_or_does_not(asked: dict[str, Any], is_found: bool) -> None:  # noqa: FBT001
    wanted = replace(AnswerFilter("default"), **asked)
    assert agrees(wanted, FOUND, ReviewState.WRONG) is is_found
    assert not wanted.reads


@pytest.mark.parametrize(
    ("label", "text", "is_found"),
    [
        ("", "", True),
        ("CAR", "", True),
        ("yamaha", "", False),
        ("", "yamaha", True),
        ("", "which", True),
        ("", "red car", True),
        ("", "stra\N{LATIN SMALL LETTER SHARP S}e", True),
        ("car", "blue", False),
    ],
)
def test_what_is_personal_is_looked_for_whatever_the_case(label: str, text: str, is_found: bool) -> None:  # noqa: FBT001
    summary = Summary("Which brand?", "a1" * 32, ("Red car",), ("It says YAMAHA.", "STRASSE 5"))
    wanted = AnswerFilter("default", label=label, text=text)
    assert mentions(wanted, summary) is is_found
    assert wanted.reads is bool(label or text)


def test_filters_are_told_apart_and_whose_they_are_is_not() -> None:
    one, other = AnswerFilter("default", text="a"), AnswerFilter("default", label="a")
    assert one.digest != other.digest
    assert one.digest == AnswerFilter("clinic", text="a").digest


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ([], ReviewState.UNREVIEWED),
        ([("c1", Judgement.CORRECT)], ReviewState.CORRECT),
        ([("c1", Judgement.CORRECT), ("c2", Judgement.UNSURE)], ReviewState.UNSURE),
        ([("c1", Judgement.WRONG), ("c2", Judgement.UNSURE)], ReviewState.WRONG),
        ([("c1", Judgement.WRONG), ("c1", Judgement.CORRECT)], ReviewState.CORRECT),
        ([("c1", Judgement.CORRECT), ("c1", Judgement.WRONG)], ReviewState.WRONG),
    ],
)
def test_the_last_judgement_of_each_claim_counts(judged: list[tuple[str, Judgement]], expected: ReviewState) -> None:
    assert state(judged) is expected


def test_less_may_be_asked_to_be_kept_than_the_policy_says_and_never_more() -> None:
    everything, nothing = Policy(), Policy(Store.NONE)
    assert [everything.stores(asked) for asked in (None, Store.ALL, Store.NONE)] == [True, True, False]
    assert [nothing.stores(asked) for asked in (None, Store.ALL, Store.NONE)] == [False, False, False]


def test_policies_come_from_a_file_and_are_everybodys_without_one(tmp_path: Path) -> None:
    assert read_policies(None) == Policies()
    assert Policies().of("anybody").keeps_since(NOON) is None
    file = tmp_path / "policies.toml"
    file.write_text('[others]\nretention_days = 365\n[tenants.clinic]\nstore = "none"\nretention_days = 0.5\n')
    policies = read_policies(file)
    assert policies.of("clinic") == Policy(Store.NONE, timedelta(hours=12))
    assert policies.of("default") == Policy(Store.ALL, timedelta(days=365))
    assert policies.of("clinic").keeps_since(NOON) == NOON - timedelta(hours=12)


@pytest.mark.parametrize(
    "text",
    [
        "[other]\n",
        "[others]\nretention_days = 0\n",
        '[others]\nretention_days = "long"\n',
        '[tenants.clinic]\nstore = "some"\n',
        "[tenants.clinic]\ndays = 3\n",
        "not toml",
    ],
)
def test_a_policy_file_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policies.toml"
    file.write_text(text)
    with pytest.raises(MeshError, match="policy file"):
        read_policies(file)
    with pytest.raises(MeshError, match="policy file"):
        read_policies(tmp_path / "missing.toml")
