"""Latencies, boxes in addresses, foreign requests, proofs."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.datastructures import Headers

from groundwire.proofs import merkle, notes, records
from groundwire.v1 import answer_pb2, provenance_service_pb2
from services.common.errors import InvalidField, PartUnavailable
from services.common.geometry import Box
from services.console.core.latency import by_step
from services.console.guard import is_foreign
from services.console.pictures import box_of
from services.console.proving import proof_of


def test_latencies_by_step() -> None:
    assert by_step([]) == ()
    answers = [{"admit": seconds / 100} for seconds in range(1, 101)] + [{"check": 2.0}]
    admit, check = by_step(answers)
    assert (admit.step, admit.count, admit.p50, admit.p95, admit.worst) == ("admit", 100, 0.5, 0.95, 1.0)
    assert (check.count, check.p50, check.p95, check.worst) == (1, 2.0, 2.0, 2.0)


def test_a_box_in_an_address() -> None:
    assert box_of("") is None
    assert box_of("1,2,3.5,4") == Box(1, 2, 3.5, 4)


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,x", "3,2,1,4", "1,1,1,1", "nan,0,1,1", "0,0,inf,1", "1,2,3,4,5"])
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match="no box"):
        box_of(text)


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://here:8080"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"origin": "http://elsewhere"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://here:9090"}, True),
        ({"origin": "http://here:8080"}, False),
    ],
)
def test_what_a_foreign_page_sends_is_told_apart(headers: dict[str, str], *, foreign: bool) -> None:
    assert is_foreign(Headers({"host": "here:8080", **headers})) is foreign


class SignedLog:
    """Three records under a signed checkpoint; the middle one, of an answer, is asked for."""

    def __init__(self) -> None:
        answer = answer_pb2.Answer(id="a", question="What?", trace_id="t")
        opening = records.Opening(bytes(records.SALT_BYTES), answer.SerializeToString())
        entries = [b"first", records.AnswerRecord.of(opening, time="2026-11-23T12:00:00Z").encoded, b"third"]
        leaves = [merkle.leaf_hash(entry) for entry in entries]
        key = Ed25519PrivateKey.generate()
        checkpoint = notes.Checkpoint("log", 3, merkle.root(leaves))
        self.receipt = answer_pb2.RecordReceipt(index=1, digest=hashlib.sha256(entries[1]).hexdigest())
        self.response = provenance_service_pb2.GetInclusionProofResponse(
            index=1,
            record=entries[1],
            checkpoint=notes.sign(checkpoint.text, "log", key),
            hashes=merkle.inclusion_proof(leaves, 1),
            public_key=str(notes.PublicKey("log", key.public_key().public_bytes_raw())),
            opening=provenance_service_pb2.Opening(salt=opening.salt, content=opening.content),
        )


def test_a_record_in_the_signed_log_is_valid() -> None:
    log = SignedLog()
    proof = proof_of(log.receipt, log.response)
    assert (proof.state, proof.tone, proof.key) == ("valid", "supported", log.response.public_key)


def test_a_record_that_no_checkpoint_reaches_is_unanchored() -> None:
    log = SignedLog()
    log.response.checkpoint = ""
    assert proof_of(log.receipt, log.response).state == "unanchored"


@pytest.mark.parametrize("part", ["record", "hashes", "checkpoint", "public_key", "no key", "index", "content"])
def test_whatever_was_tampered_with_the_proof_is_invalid(part: str) -> None:
    log = SignedLog()
    if part == "record":
        log.response.record = b"rewritten"
    elif part == "hashes":
        log.response.hashes[0] = bytes(32)
    elif part == "checkpoint":
        log.response.checkpoint = log.response.checkpoint.replace("\n3\n", "\n4\n")
    elif part == "public_key":
        log.response.public_key = SignedLog().response.public_key
    elif part == "no key":
        log.response.public_key = "nobody"
    elif part == "index":
        log.response.index = 2
    else:
        log.response.opening.content = answer_pb2.Answer(id="a", question="Which?", trace_id="t").SerializeToString()
    assert proof_of(log.receipt, log.response).state == "invalid"


def test_where_no_proof_is_to_be_had_the_reason_is_told() -> None:
    proof = proof_of(answer_pb2.RecordReceipt(), PartUnavailable("provenance is out of reach"))
    assert (proof.state, "out of reach" in proof.detail) == ("not known", True)
