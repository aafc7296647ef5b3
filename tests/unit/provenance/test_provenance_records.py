"""Where records get their place in the log."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import InvalidField
from services.provenance.core.records import AnswerRecord, Box, Finding, Known, Receipt, digest_of, place


def record(number: int, content: bytes = b"") -> AnswerRecord:
    content = content or str(number).encode()
    finding = Finding(UUID(int=number), datetime(2026, 1, 1, tzinfo=UTC), (), 0, "b" * 32)
    return AnswerRecord(content, digest_of(content), finding, content, b"", Box("key", b""), Box("key", b""))


def known_as(number: int, index: int) -> dict[UUID, Known]:
    first = record(number)
    return {UUID(int=number): Known(Receipt(index, first.digest), first.fingerprint)}


def test_an_empty_batch_has_no_outcome() -> None:
    placement = place([], {}, 7)
    assert placement.outcomes == ()
    assert placement.appended == ()


def test_the_digest_is_sha_256_over_the_bytes() -> None:
    assert digest_of(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_new_records_follow_one_another_from_the_next_index() -> None:
    batch = [record(1), record(2), record(3)]
    placement = place(batch, {}, 7)
    assert placement.outcomes == tuple(Receipt(7 + i, r.digest) for i, r in enumerate(batch))
    assert [r for _, r in placement.appended] == batch


def test_a_known_answer_gets_its_first_receipt_and_takes_no_index() -> None:
    # It was sealed anew, so its record has other bytes; the answer is the same.
    again = dataclasses.replace(record(1), record=b"sealed anew", digest=digest_of(b"sealed anew"))
    placement = place([again, record(2)], known_as(1, 3), 7)
    assert placement.outcomes == (Receipt(3, record(1).digest), Receipt(7, record(2).digest))
    assert [receipt.index for receipt, _ in placement.appended] == [7]


def test_other_bytes_under_a_known_id_are_refused_and_spoil_nobody() -> None:
    refused, receipt = place([record(1, b"other"), record(2)], known_as(1, 3), 7).outcomes
    assert isinstance(refused, InvalidField)
    assert (refused.field, refused.metadata["index"]) == ("answer.id", "3")
    assert receipt == Receipt(7, record(2).digest)


def test_the_same_answer_twice_in_one_batch_is_appended_once() -> None:
    first, second, third = place([record(1), record(1), record(1, b"other")], {}, 0).outcomes
    assert first == second == Receipt(0, record(1).digest)
    assert isinstance(third, InvalidField)


def test_an_erased_answer_does_not_come_back() -> None:
    erased = {UUID(int=1): Known(Receipt(3, "d" * 64), None)}
    (refused,) = place([record(1)], erased, 7).outcomes
    assert isinstance(refused, InvalidField)
    assert "erased" in refused.message


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([b"x", b"y"])), max_size=20),
    st.integers(0, 2**40),
    st.integers(1, 7),
)
def test_how_a_stream_is_cut_into_batches_makes_no_difference(
    stream: list[tuple[int, bytes]], start: int, batch_size: int
) -> None:
    records = [record(number, content) for number, content in stream]
    known: dict[UUID, Known] = {}
    piecewise: list[Receipt | str] = []
    next_index = start
    for i in range(0, len(records), batch_size):
        placement = place(records[i : i + batch_size], known, next_index)
        known |= {r.finding.answer_id: Known(receipt, r.fingerprint) for receipt, r in placement.appended}
        next_index += len(placement.appended)
        piecewise += [o if isinstance(o, Receipt) else o.message for o in placement.outcomes]
    whole = place(records, {}, start)
    assert piecewise == [o if isinstance(o, Receipt) else o.message for o in whole.outcomes]
    assert [receipt.index for receipt, _ in whole.appended] == list(range(start, next_index))
