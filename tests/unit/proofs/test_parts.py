"""The parts of an answer, and bundles that prove one claim and tell nothing of the others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from groundwire.proofs import fields, merkle, notes, parts
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.claim_bundles import ClaimBundle, bundle_in
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import Checkpoint, PublicKey
from groundwire.proofs.outcomes import Outcome
from groundwire.proofs.parts import Parts
from groundwire.proofs.proved import bytes_of, text_of
from groundwire.proofs.records import AnswerRecord, Opening
from groundwire.v1 import answer_pb2, claim_pb2, plan_pb2, provenance_service_pb2, region_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PublicKey("test.local/log", KEY.public_key().public_bytes_raw())
SALT = b"s" * 32


def an_answer() -> answer_pb2.Answer:
    """Two claims on regions of their own, both seen by one model, one of them looked at again by another."""
    answer = answer_pb2.Answer(id="a", question="Which signs are there?", trace_id="ab" * 16)
    answer.image.digest = "a1" * 32
    answer.plan.task = plan_pb2.TASK_READ
    answer.plan.engine.name = answer.composer.name = "qwen"
    answer.composer.prompt_digest, answer.composer.temperature = "cd" * 32, 0.5
    for i, text in enumerate(("EXIT", "ENTRY"), 1):
        region = answer.regions.add(id=f"r{i}", image_digest="a1" * 32, text=text, score=0.9)
        region.box.x_max, region.box.y_max = 10.0 * i, 5.0
        region.transform.scale_x = region.transform.scale_y = 2.0
        region.source.model, region.source.version, region.source.weights_digest = "read_text", "1", "ef" * 32
        claim = answer.claims.add(id=f"c{i}", text=f"It says {text}.", verdict=claim_pb2.VERDICT_SUPPORTED)
        claim.span_id = f"{i:016x}"
        claim.citations.add(region_id=f"r{i}", role=claim_pb2.CITATION_ROLE_SUPPORTS)
        check = claim.checks.add(kind=claim_pb2.CHECK_KIND_TEXT, outcome=claim_pb2.CHECK_OUTCOME_PASSED)
        check.source.model = "read_again"
    answer.abstentions.add(reason=claim_pb2.ABSTENTION_REASON_ABSENT, detail="no third sign")
    return answer


def a_proof(content: bytes) -> provenance_service_pb2.GetInclusionProofResponse:
    """What a log of two records says of the second, the answer's."""
    record = AnswerRecord.of(Opening(SALT, content), time="t").encoded
    leaves = [merkle.leaf_hash(b"other"), merkle.leaf_hash(record)]
    checkpoint = Checkpoint("test.local/log", 2, merkle.root(leaves))
    proof = provenance_service_pb2.GetInclusionProofResponse(
        index=1,
        record=record,
        hashes=merkle.inclusion_proof(leaves, 1),
        checkpoint=notes.sign(checkpoint.text, "test.local/log", KEY),
    )
    proof.opening.salt, proof.opening.content = SALT, content
    return proof


CONTENT = an_answer().SerializeToString()
PROOF = a_proof(CONTENT)


@given(st.binary(max_size=60))
def test_what_is_cut_into_fields_is_put_together_again_or_refused(message: bytes) -> None:
    try:
        places = fields.places_of(message)
    except ProofError:
        return
    assert b"".join(message[place.start : place.end] for place in places) == message
    assert all(place.start < place.value <= place.end for place in places)


def test_fields_are_found_as_the_parser_finds_them() -> None:
    answer = an_answer()
    rest, regions = fields.parted(CONTENT, answer_pb2.Answer.REGIONS_FIELD_NUMBER)
    assert regions == [region.SerializeToString() for region in answer.regions]
    assert not answer_pb2.Answer.FromString(rest).regions
    twice = answer_pb2.Answer(question="x").SerializeToString() + CONTENT
    images = fields.values_of(CONTENT)[answer_pb2.Answer.IMAGE_FIELD_NUMBER]
    assert images == [answer.image.SerializeToString()]
    assert Parts(twice, SALT).all[0].content == b"Which signs are there?"


def test_an_answer_has_a_part_of_every_kind_and_a_claim_reaches_all_that_it_rests_on() -> None:
    answer = Parts(CONTENT, SALT)
    assert [part.kind for part in answer.all] == [
        *("question", "image", "prompt", "prompt", "plan", "model", "region", "region"),
        *("model", "check", "claim", "check", "claim", "abstention"),
    ]
    said = [json.loads(part.encoded) for part in answer.all]
    claim = said[answer.claims["c1"]]
    assert claim["facts"] == {
        "citations": [["r1", claim_pb2.CITATION_ROLE_SUPPORTS]],
        "id": "c1",
        "span": "0" * 15 + "1",
        "target": "",
        "verdict": claim_pb2.VERDICT_SUPPORTED,
    }
    by_hash = {part.hash: fact for part, fact in zip(answer.all, said, strict=True)}
    region = by_hash[claim["links"]["region/r1"]]
    assert region["facts"] == {"id": "r1"}
    model = by_hash[region["links"]["model"]]["facts"]
    assert model["weights"] == "ef" * 32
    assert "thresholds" not in model  # as it was before they were told
    assert by_hash[claim["links"]["prompt"]]["facts"] == {
        "engine": "qwen",
        "version": "",
        "template": "cd" * 32,
        "temperature": 0.5,
        "seed": None,
    }
    assert by_hash[by_hash[claim["links"]["check/0"]]["links"]["model"]]["facts"]["model"] == "read_again"


def test_no_part_says_anything_personal_in_the_clear() -> None:
    words = (b"EXIT", b"ENTRY", b"signs", b"third", b"a1a1")
    assert not [word for part in Parts(CONTENT, SALT).all for word in words if word in part.encoded]


def test_the_same_under_another_salt_has_no_hash_in_common() -> None:
    one, other = Parts(CONTENT, SALT), Parts(CONTENT, b"t" * 32)
    assert not {part.hash for part in one.all} & {part.hash for part in other.all}


def test_a_field_that_this_version_does_not_know_is_committed_to_as_it_stands() -> None:
    region = region_pb2.Region(id="r1").SerializeToString() + b"\xfa\x3e\x01x"
    odd = answer_pb2.Answer(id="a", trace_id="ab" * 16).SerializeToString() + b"\x2a" + bytes([len(region)]) + region
    made = AnswerRecord.of(Opening(SALT, odd), time="t")
    assert made.check(Opening(SALT, odd)).id == "a"
    assert next(part for part in Parts(odd, SALT).all if part.kind == "region").content.endswith(b"\xfa\x3e\x01x")


@pytest.mark.parametrize("with_question", [False, True])
def test_a_claims_bundle_proves_it_and_tells_nothing_of_the_others(with_question: bool) -> None:  # noqa: FBT001
    made = ClaimBundle.of(PROOF, "c1", with_question=with_question)
    finding = made.verify(PUBLIC)
    assert finding.outcome is Outcome.VALID, finding.detail
    assert "claim c1 of answer a" in finding.detail
    read = bundle_in(made.text)
    assert read == made
    assert read.verify(PUBLIC) == finding
    assert (read.claim.text, [check.kind for check in read.checks]) == ("It says EXIT.", [claim_pb2.CHECK_KIND_TEXT])
    assert [(region.id, run.weights_digest) for region, run in read.regions] == [("r1", "ef" * 32)]
    told = b"".join(part.content for part in made.shown)
    assert (b"EXIT" in told, b"ENTRY" in told, b"third" in told) == (True, False, False)
    assert (b"Which signs" in told) is with_question
    (region,) = (part.content for part in made.shown if part.kind == parts.REGION)
    assert region_pb2.Region.FromString(region).box.x_max == 10
    # The salt that would open the rest is not in it either.
    assert SALT.hex() not in made.text


def test_a_bundle_that_no_checkpoint_reaches_is_unanchored_and_another_key_makes_it_invalid() -> None:
    made = ClaimBundle.of(PROOF, "c2")
    assert replace(made, checkpoint="").verify(PUBLIC).outcome is Outcome.UNANCHORED
    other = PublicKey("test.local/log", Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    assert made.verify(other).outcome is Outcome.INVALID


def _change_part(at: int, change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    return lambda said: change(said["parts"][at])


FORGERIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no parts": lambda said: said["parts"].clear(),
    "no claim first": lambda said: said["parts"].reverse(),
    "a region is gone": lambda said: said["parts"].pop(2),
    "another place": lambda said: said.update(place=said["place"] - 1),
    "no path": lambda said: said["path"].clear(),
    "another claim's path": lambda said: said.update(path=said["path"][::-1]),
    "a part too many": lambda said: said["parts"].append(
        {"kind": "question", "content": "", "salt": said["parts"][0]["salt"], "links": {}}
    ),
    "other text": _change_part(0, lambda part: part.update(content=part["content"].replace("S", "T", 1))),
    "other salt": _change_part(1, lambda part: part.update(salt="A" * 43 + "=")),
    "other links": _change_part(0, lambda part: part["links"].pop("region/r1")),
    "an unknown kind": _change_part(1, lambda part: part.update(kind="rumour")),
    "a short salt": _change_part(1, lambda part: part.update(salt="AAAA")),
    "a part that is none": lambda said: said.update(parts=[1]),
    "another record": lambda said: said["record"].update(index=0),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_bundle_is_refused(name: str) -> None:
    said = json.loads(ClaimBundle.of(PROOF, "c1").text)
    FORGERIES[name](said)
    try:
        finding = bundle_in(json.dumps(said)).verify(PUBLIC)
    except ProofError:
        return
    assert finding.outcome is Outcome.INVALID


@given(st.data())
def test_no_character_of_a_bundle_can_be_changed(data: st.DataObject) -> None:
    text = ClaimBundle.of(PROOF, "c1").text
    said = json.loads(text)
    at = data.draw(st.integers(0, len(said["parts"]) - 1))
    content = bytearray(bytes_of(said["parts"][at]["content"]))
    if not content:
        return
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    said["parts"][at]["content"] = text_of(bytes(content))
    try:
        finding = bundle_in(json.dumps(said)).verify(PUBLIC)
    except ProofError:
        return
    assert finding.outcome is Outcome.INVALID


def test_no_bundle_is_made_of_what_cannot_be_proved() -> None:
    with pytest.raises(ProofError, match="no claim c9"):
        ClaimBundle.of(PROOF, "c9")
    erased = provenance_service_pb2.GetInclusionProofResponse(record=PROOF.record)
    with pytest.raises(ProofError, match="not here"):
        ClaimBundle.of(erased, "c1")
    first = replace(AnswerRecord.of(Opening(SALT, CONTENT), time="t"), parts=None)
    first.commitments.update(
        {
            "content": parts.commitment(SALT, "content", CONTENT),
            "image": parts.commitment(SALT, "image", b"a1" * 32),
            "question": parts.commitment(SALT, "question", b"Which signs are there?"),
        }
    )
    assert first.check(Opening(SALT, CONTENT)).id == "a"
    old = provenance_service_pb2.GetInclusionProofResponse(record=first.encoded, opening=PROOF.opening)
    with pytest.raises(ProofError, match="recorded before"):
        ClaimBundle.of(old, "c1")
    assert isinstance(bundle_in(Bundle.of(old).text), Bundle)


def test_an_answer_that_cites_what_it_does_not_have_has_no_record() -> None:
    answer = an_answer()
    answer.claims[0].citations.add(region_id="r9")
    with pytest.raises(ProofError, match="r9"):
        AnswerRecord.of(Opening(SALT, answer.SerializeToString()), time="t")


def test_the_thresholds_of_a_model_are_among_its_facts() -> None:
    answer = an_answer()
    answer.regions[0].source.thresholds.add(name="text_score", value=0.5)
    models = [
        json.loads(part.encoded)["facts"]
        for part in Parts(answer.SerializeToString(), SALT).all
        if part.kind == "model"
    ]
    assert [model.get("thresholds") for model in models] == [{"text_score": 0.5}, None, None]
