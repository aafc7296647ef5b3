"""What an address asks for, as the console and as provenance understand it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2
from services.common.errors import InvalidField
from services.console.convert import filter_to, is_wanted
from services.console.core.filters import CHOICES, MOST_SECONDS, Filter

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_filter_that_asks_for_nothing_is_none() -> None:
    assert not Filter.of({"text": "  ", "page": "7", "unheard": "of"})
    assert filter_to(Filter(), NOW) == provenance_service_pb2.AnswerFilter()


def test_what_an_address_says_is_asked_and_can_be_shared() -> None:
    query = {
        "text": "brand",
        "label": "mug",
        "verdict": "contradicted",
        "model": "read_text@1",
        "degraded": "fast_only",
        "review": "wrong",
        "since": "2026-11-23T10:00",
        "until": "2026-11-23T13:00+02:00",
        "slower": "0.5",
        "faster": "2",
        "image": "a1" * 32,
    }
    wanted = Filter.of(query)
    asked = filter_to(wanted, NOW)
    assert wanted.query == query
    assert (asked.text, asked.label, asked.model, asked.image_digest) == ("brand", "mug", "read_text@1", "a1" * 32)
    assert list(asked.verdicts) == [claim_pb2.VERDICT_CONTRADICTED]
    assert list(asked.degradations) == [answer_pb2.DEGRADATION_FAST_ONLY]
    assert asked.review_state == provenance_service_pb2.REVIEW_STATE_WRONG
    assert asked.since.ToDatetime(UTC) == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert asked.until.ToDatetime(UTC) == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert (asked.min_latency.ToMilliseconds(), asked.max_latency.ToMilliseconds()) == (500, 2000)


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_every_choice_that_is_offered_can_be_asked(name: str) -> None:
    for word in CHOICES[name]:
        assert filter_to(Filter.of({name: word}), NOW) is not None


def test_of_a_period_and_a_time_the_later_counts() -> None:
    assert Filter(period="1h").begins(NOW) == NOW - timedelta(hours=1)
    assert Filter(period="1h", since="2026-11-23T11:30").begins(NOW) == NOW - timedelta(minutes=30)
    assert Filter(period="1h", since="2020-01-01").begins(NOW) == NOW - timedelta(hours=1)


def test_what_was_not_answered_is_sorted_out_here() -> None:
    wanted = Filter(verdict="abstained")
    summary = provenance_service_pb2.AnswerSummary
    assert not filter_to(wanted, NOW).verdicts
    assert [is_wanted(wanted, summary(abstention_count=count)) for count in (0, 1)] == [False, True]
    assert is_wanted(Filter(verdict="supported"), summary())


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "true"},
        {"period": "2y"},
        {"review": "good"},
        {"degraded": "always"},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00+23:00"},
        {"slower": "fast"},
        {"slower": "-1"},
        {"faster": "nan"},
        {"faster": str(2 * MOST_SECONDS)},
    ],
)
def test_a_filter_that_means_nothing_is_refused_with_what_would(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidField) as refused:
        Filter.of(wrong)
    assert refused.value.field == next(iter(wrong))
    assert refused.value.remedy
