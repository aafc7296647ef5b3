"""Real photos through the whole mesh: real Triton, real PostgreSQL, separate processes."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from groundwire import AsyncClient, Client, DeadlineExceeded, InvalidRequest, NotFound
from groundwire.v1 import answer_pb2, claim_pb2, region_pb2
from services.common.geometry import Box, iou
from services.fusion.core.values import amount_value
from tests.mesh.conftest import SHARED

if TYPE_CHECKING:
    from pathlib import Path

    from groundwire import Answer
    from groundwire.mesh.local import Mesh

BRAND = "What brand is written on the motorcycle?"
LETTERING = (Box(356, 329, 382, 342), Box(400, 190, 444, 214))  # engine cover, tank
RECEIPTS = ("000.jpg", "035.jpg", "263.jpg")

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the labelled photos (shared/data) are not at hand")


@pytest.fixture(scope="module")
def yamaha(client: Client, motorcycle: Path) -> Answer:
    return client.ask(motorcycle, BRAND)


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width, height), 255).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_brand_is_read_cited_and_supported(yamaha: Answer) -> None:
    (claim,) = yamaha.claims
    cited = yamaha.regions_of(claim)[0]
    box = Box(cited.box.x_min, cited.box.y_min, cited.box.x_max, cited.box.y_max)
    assert claim.predicate.field.value == "YAMAHA"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert max(iou(box, place) for place in LETTERING) >= 0.5


def test_the_fast_tier_was_not_believed(yamaha: Answer) -> None:
    assert [e.reason for e in yamaha.proto.escalations] == [answer_pb2.ESCALATION_REASON_LOW_SCORE]
    fast = {r.text for r in yamaha.regions if r.source.tier == region_pb2.TIER_FAST}
    assert "YAMAHA" not in fast
    assert "YAMARA" in fast


def test_the_chain_leads_from_the_question_to_the_pixels(client: Client, yamaha: Answer) -> None:
    chain = client.explain(yamaha.id, "c1")
    assert chain.question == BRAND
    assert chain.target.text_field == yamaha.plan.targets[0].text_field
    assert chain.cited_regions[0].image_digest == yamaha.image.digest
    assert len(chain.cited_regions[0].source.weights_digest) == 64
    assert "YAMARA" in {region.text for region in chain.rival_regions}
    assert chain.claim == yamaha.claims[0]


def test_what_is_read_back_is_what_was_answered(client: Client, yamaha: Answer) -> None:
    kept = client.get_answer(yamaha.id).proto
    given = answer_pb2.Answer.FromString(yamaha.proto.SerializeToString())
    assert given.timings[-1].step == "record"
    del given.timings[-1]
    assert kept == given


def test_the_same_picture_is_held_once_and_found_by_its_digest(client: Client, yamaha: Answer) -> None:
    again = client.ask(yamaha.image, 'Is there the word "YAMAHA"?')
    assert again.image.digest == yamaha.image.digest
    assert again.claims[0].predicate.WhichOneof("kind") == "exists"
    assert again.record.index > yamaha.record.index


def test_all_lettering_is_read_with_its_places(client: Client, motorcycle: Path) -> None:
    answer = client.read(motorcycle)
    assert "YAMAHA" in {claim.predicate.reading.text for claim in answer.claims}
    assert all(answer.regions_of(claim) for claim in answer.claims)


def test_phrases_get_a_claim_or_a_typed_rejection(client: Client, motorcycle: Path) -> None:
    answer = client.ground(motorcycle, ['"YAMAHA"', '"HONDA"', "helmet"])
    assert [claim.predicate.target_id for claim in answer.claims] == ["t1"]
    assert {a.target_id: a.reason for a in answer.abstentions} == {
        "t2": claim_pb2.ABSTENTION_REASON_ABSENT,
        "t3": claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE,
    }


async def test_an_asynchronous_caller_is_told_each_step(mesh: Mesh, motorcycle: Path) -> None:
    async with AsyncClient(mesh.addresses["fusion"]) as client:
        kinds = [type(event).__name__ async for event in client.ask_stream(motorcycle, BRAND, timeout_s=120)]
    assert kinds == ["Admitted", "Planned", "Looked", "Escalated", "Looked", "Checked", "Answered"]


@needs_shared
@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_s_total_is_read_and_cited(client: Client, name: str) -> None:
    truth = {row["image"]: row["fields"]["total"] for row in json.loads((SHARED / "receipts/truth.json").read_text())}
    answer = client.ask(SHARED / "receipts" / name, "What is the total?")
    (claim,) = answer.claims
    assert amount_value(claim.predicate.field.value) == amount_value(truth[name])
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert claim.predicate.field.value in answer.regions_of(claim)[0].text


@pytest.mark.parametrize("question", ["Was steht auf dem Motorrad?", "¿Qué marca es?", "colourless green ideas"])
def test_a_question_that_is_not_understood_is_abstained_from(client: Client, motorcycle: Path, question: str) -> None:
    answer = client.ask(motorcycle, question)
    assert not answer.claims
    assert [a.reason for a in answer.abstentions] == [claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "UNREADABLE_IMAGE"),
        (b"This is a text file, whatever its name says.\n" * 10, "UNREADABLE_IMAGE"),
        (png(100, 100)[:-30], "UNREADABLE_IMAGE"),
        (png(1, 1), "IMAGE_TOO_SMALL"),
        (png(8000, 5000), "IMAGE_TOO_LARGE"),
    ],
    ids=["empty", "text", "truncated", "1x1", "40-megapixel"],
)
def test_what_is_no_picture_is_refused_with_a_reason_and_a_remedy(client: Client, content: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.ask(content, BRAND)
    assert caught.value.reason == reason
    assert caught.value.remedy


@pytest.mark.parametrize("question", ["", "   ", "word " * 10_000])
def test_a_question_of_no_or_too_many_words_is_refused(client: Client, motorcycle: Path, question: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.ask(motorcycle, question)
    assert caught.value.metadata["field"] == "question"


def test_a_deadline_that_cannot_be_kept_is_an_error_and_leaves_no_record(client: Client, motorcycle: Path) -> None:
    before = client.list_answers(page_size=1).answers[0].record.index
    with pytest.raises(DeadlineExceeded):
        client.ask(motorcycle, BRAND, timeout_s=0.02)
    assert client.list_answers(page_size=1).answers[0].record.index == before


def test_an_unknown_answer_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound):
        client.explain("01900000-0000-7000-8000-000000000000", "c1")
