"""Records, bundles and audits without a server: what commits to what, and everything that must be refused."""

from __future__ import annotations

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from groundwire.proofs import merkle, notes, parts, records, tree
from groundwire.proofs.audit import Audit, Signed
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import Checkpoint, PublicKey
from groundwire.proofs.outcomes import Outcome
from groundwire.proofs.proved import Proved
from groundwire.proofs.records import AnswerRecord, ErasureRecord, Opening
from groundwire.v1 import answer_pb2, provenance_service_pb2

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PublicKey("test.local/log", KEY.public_key().public_bytes_raw())
SALTS = st.binary(min_size=32, max_size=32)


def opening(number: int, question: str = "What?", salt: bytes = b"s" * 32) -> Opening:
    answer = answer_pb2.Answer(id=f"{number:032x}", question=question, trace_id=f"{number:032x}")
    answer.image.digest = "a1" * 32
    answer.claims.add(id="c1", text="It says EXIT.")
    return Opening(salt, answer.SerializeToString())


def record(number: int) -> bytes:
    return AnswerRecord.of(opening(number), time="2026-01-01T00:00:00Z").encoded


@given(st.text(), SALTS)
def test_an_answers_record_comes_back_and_fits_its_opening_alone(question: str, salt: bytes) -> None:
    shown = opening(1, question, salt)
    made = AnswerRecord.of(shown, time="2026-01-01T00:00:00Z")
    assert records.parse(made.encoded) == made
    assert made.check(shown).question == question
    for other in (opening(1, question + "x", salt), Opening(salt[::-1] + b"", shown.content + b"\xfa\x3e\x01x")):
        with pytest.raises(ProofError):
            made.check(other)


@given(st.lists(st.integers(0, 2**62)), st.text(), st.text())
def test_an_erasures_record_comes_back(indexes: list[int], time: str, reason: str) -> None:
    made = ErasureRecord(tuple(indexes), time, reason)
    assert records.parse(made.encoded) == made


def test_equal_values_under_other_names_or_salts_commit_to_something_else() -> None:
    values = {parts.commitment(salt, name, b"v") for salt in (b"1" * 32, b"2" * 32) for name in ("a", "b")}
    assert len(values) == 4


def test_a_record_names_nothing_personal() -> None:
    assert not any(word in record(1) for word in (b"What?", b"EXIT", b"a1" * 32))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"kind":"other"}',
        b'{"kind":[]}',
        b"\xff",
        record(1) + b" ",
        record(1).replace(b'":"', b'": "', 1),
        record(1).replace(b'"version":2', b'"version":3'),
        record(1).replace(b'"version":2', b'"version":true'),
        record(1).replace(b'"trace"', b'"extra":1,"trace"'),
        ErasureRecord((1,), "t", "r").encoded.replace(b"[1]", b"[true]"),
        ErasureRecord((1,), "t", "r").encoded.replace(b"[1]", b"1"),
        b"[" * 100_000,
    ],
)
def test_what_is_no_record_in_its_one_spelling_is_refused(content: bytes) -> None:
    with pytest.raises(ProofError):
        records.parse(content)


def test_a_short_salt_is_refused() -> None:
    made = AnswerRecord.of(opening(1), time="t")
    with pytest.raises(ProofError, match="salt"):
        made.check(Opening(b"s" * 31, opening(1).content))


def a_log(*entries: bytes) -> tuple[list[bytes], str]:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    checkpoint = Checkpoint("test.local/log", len(leaves), merkle.root(leaves))
    return leaves, notes.sign(checkpoint.text, "test.local/log", KEY)


def proved(index: int, *entries: bytes) -> Proved:
    leaves, _ = a_log(*entries)
    return Proved(index, entries[index], tuple(merkle.inclusion_proof(leaves, index)))


ENTRIES = (record(0), record(1), ErasureRecord((1,), "2026-01-02T00:00:00Z", "asked").encoded)
NOTE = a_log(*ENTRIES)[1]


def test_a_bundle_tells_the_four_outcomes_apart() -> None:
    first, second, erasure = (proved(i, *ENTRIES) for i in range(3))
    young = Proved(3, record(3), ())
    cases = [
        (Bundle(first, opening(0), None, NOTE, "", "c1"), Outcome.VALID),
        (Bundle(second, None, erasure, NOTE, ""), Outcome.ERASED),
        (Bundle(young, opening(3), None, "", ""), Outcome.UNANCHORED),
        (Bundle(second, None, Proved(3, ENTRIES[2], ()), NOTE, ""), Outcome.UNANCHORED),
        (Bundle(first, None, None, NOTE, ""), Outcome.INVALID),
        (Bundle(first, None, erasure, NOTE, ""), Outcome.INVALID),
        (Bundle(second, opening(1), erasure, NOTE, ""), Outcome.INVALID),
        (Bundle(first, opening(1), None, NOTE, ""), Outcome.INVALID),
        (Bundle(first, opening(0), None, NOTE, "", "c9"), Outcome.INVALID),
        (Bundle(erasure, None, None, NOTE, ""), Outcome.INVALID),
        (Bundle(young, opening(3), None, NOTE, ""), Outcome.INVALID),
        (Bundle(first, opening(0), None, "no note", ""), Outcome.INVALID),
    ]
    for bundle, outcome in cases:
        finding = bundle.verify(PUBLIC)
        assert finding.outcome is outcome, finding.detail
        assert finding.detail
        assert Bundle.parse(bundle.text) == bundle


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_any_json_that_is_no_bundle_is_refused_in_words(said: object) -> None:
    with pytest.raises(ProofError):
        Bundle.parse(json.dumps(said))


def entry(
    index: int, content: bytes, shown: Opening | None, kind: str = "answer"
) -> provenance_service_pb2.ReadRecordsResponse:
    message = provenance_service_pb2.ReadRecordsResponse(kind=kind, record=content)
    message.receipt.index = index
    message.receipt.digest = hashlib.sha256(content).hexdigest()
    if shown is not None:
        message.opening.salt, message.opening.content = shown.salt, shown.content
    return message


def audit(*entries: provenance_service_pb2.ReadRecordsResponse, note: str = NOTE) -> Audit:
    made = Audit([Signed(notes.checkpoint_of(note, PUBLIC), "the copy")])
    for each in kept(*entries):
        made.take(each)
    return made


def kept(*entries: provenance_service_pb2.ReadRecordsResponse) -> list[provenance_service_pb2.ReadRecordsResponse]:
    """The same, each with the hashes that a log keeps beside it."""
    frontier: list[bytes] = []
    whole = []
    for position, each in enumerate(entries):
        frontier, completed = tree.append(frontier, position, merkle.leaf_hash(each.record))
        whole.append(provenance_service_pb2.ReadRecordsResponse(nodes=completed))
        whole[-1].MergeFrom(each)
    return whole


WHOLE = (entry(0, ENTRIES[0], opening(0)), entry(1, ENTRIES[1], None), entry(2, ENTRIES[2], None, "erasure"))


def test_an_audit_of_a_whole_log_counts_what_it_saw() -> None:
    finding = audit(*WHOLE).finish()
    assert (finding.outcome, finding.detail) == (Outcome.VALID, "3 records, 1 of them erased, 1 checkpoints")
    more = audit(*WHOLE, entry(3, record(3), opening(3))).finish()
    assert (more.outcome, "younger" in more.detail) == (Outcome.VALID, True)
    unsigned = Audit([]).finish()
    assert unsigned.outcome is Outcome.UNANCHORED


def test_a_content_that_was_read_before_its_erasure_is_looked_at_again() -> None:
    made = audit(WHOLE[0], entry(1, ENTRIES[1], opening(1)), WHOLE[2])
    assert made.contested == {1}
    assert made.finish().outcome is Outcome.INVALID
    made = audit(WHOLE[0], entry(1, ENTRIES[1], opening(1)), WHOLE[2])
    made.take_again(WHOLE[1])
    assert made.finish().outcome is Outcome.VALID


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (WHOLE[:2], "3 records were signed, and 2 are here"),
        ((WHOLE[1], WHOLE[0], WHOLE[2]), "it begins at 1"),
        ((WHOLE[0], WHOLE[0], WHOLE[2]), "after record 0 comes record 0"),
        ((entry(0, ENTRIES[0], opening(1)), *WHOLE[1:]), "not what the record commits to"),
        ((entry(0, ENTRIES[0], None), *WHOLE[1:]), "content of record 0 is missing"),
        ((entry(0, record(7), opening(7)), *WHOLE[1:]), "the copy: the first 3 records are not those"),
        ((entry(0, ENTRIES[0], opening(0), "erasure"), *WHOLE[1:]), "kept as 'erasure'"),
        ((entry(0, b"{}", None), *WHOLE[1:]), "no record that this version knows"),
    ],
)
def test_an_audit_names_what_is_wrong(
    entries: tuple[provenance_service_pb2.ReadRecordsResponse, ...], why: str
) -> None:
    finding = audit(*entries).finish()
    assert finding.outcome is Outcome.INVALID
    assert why in finding.detail


@pytest.mark.parametrize("nodes", [[], [bytes(32)], [merkle.leaf_hash(ENTRIES[1]), bytes(32)]])
def test_hashes_that_are_kept_for_proofs_and_are_not_those_of_the_records_are_found(nodes: list[bytes]) -> None:
    entries = kept(*WHOLE)
    entries[1].nodes[:] = nodes
    made = Audit([Signed(notes.checkpoint_of(NOTE, PUBLIC), "the copy")])
    for each in entries:
        made.take(each)
    finding = made.finish()
    assert finding.outcome is Outcome.INVALID
    assert "record 1: the hashes kept with it" in finding.detail


def test_what_is_anothers_or_was_never_kept_is_counted_and_may_be_erased() -> None:
    unkept = AnswerRecord.of(opening(1), time="t", is_stored=False).encoded
    log = (ENTRIES[0], unkept, ErasureRecord((0, 1), "t", "asked").encoded)
    theirs = entry(0, log[0], None)
    theirs.withheld = True
    finding = audit(theirs, entry(1, log[1], None), entry(2, log[2], None, "erasure"), note=a_log(*log)[1]).finish()
    assert finding.outcome is Outcome.VALID
    assert finding.detail == "3 records, 2 of them erased, 1 checkpoints, 1 of other tenants and not looked into"


def test_an_audit_of_a_ruin_stays_readable() -> None:
    ruin = [entry(i * 2, b"x", None) for i in range(100)]
    finding = audit(*ruin).finish()
    assert finding.detail.endswith(" more")
    assert len(finding.detail) < 5000
