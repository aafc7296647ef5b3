"""Answers over a real server, from a simulated picture."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from groundwire.v1 import (
    answer_pb2,
    claim_pb2,
    grounding_service_pb2,
    image_pb2,
    region_pb2,
)
from services.common import errors
from services.common.claims import Citation, CitationRole, ClaimDraft, Reading
from services.common.geometry import Box
from services.common.plans import Plan, Relation, RelationKind, Target, Task, TextField
from services.common.regions import Tier
from services.runtime import wire
from tests.fakes import asked
from tests.fakes.answers import Log
from tests.fakes.asked import PICTURE, ask, refused
from tests.fakes.language import ENGINE, ScriptedLanguage
from tests.fakes.scene import DIGEST, Lettering, Scene, sure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.fakes.asked import Stub

BRAND = "What brand is written on the motorcycle?"
SAYS_OPEN = "Is there the word OPEN?"
HOW_MANY_OPEN = "How many times is OPEN written?"
TOTAL = "What is the total?"
CUP = "Is there a cup?"

PLANS = {
    BRAND: Plan(
        Task.READ,
        ENGINE,
        (Target("t1", "brand", is_text=True, text_field=TextField.BRAND), Target("t2", "motorcycle")),
        (Relation("t1", RelationKind.ON, "t2"),),
    ),
    SAYS_OPEN: Plan(Task.EXISTS, ENGINE, (Target("t1", literal_text="OPEN", is_text=True),)),
    HOW_MANY_OPEN: Plan(Task.COUNT, ENGINE, (Target("t1", literal_text="OPEN", is_text=True),)),
    TOTAL: Plan(Task.READ, ENGINE, (Target("t1", "total", is_text=True, text_field=TextField.TOTAL),)),
    CUP: Plan(Task.EXISTS, ENGINE, (Target("t1", "cup"),)),
}

ENGINE_COVER = Box(356, 329, 382, 342)
MOTORCYCLE = [
    Lettering("YAMAHA", ENGINE_COVER, ("YAMARA", 0.90), ("YAMAHA", 0.99)),
    Lettering("YAMAHA", Box(400, 190, 444, 214), ("YAWANA", 0.85), ("YAWAHA", 0.79)),
    Lettering("VICE", Box(360, 350, 377, 360), None, ("YICE", 0.82)),
]


@asynccontextmanager
async def fusion(scene: Scene, log: Log | None = None, language: ScriptedLanguage | None = None) -> AsyncIterator[Stub]:
    async with asked.fusion(scene, language or ScriptedLanguage(PLANS), log) as stub:
        yield stub


async def test_the_fast_tier_is_not_believed_and_the_careful_reading_is_claimed() -> None:
    async with fusion(Scene(MOTORCYCLE)) as stub:
        answer = await ask(stub, BRAND)
    (claim,) = answer.claims
    cited = next(region for region in answer.regions if region.id == claim.citations[0].region_id)
    assert claim.predicate.field.value == "YAMAHA"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert wire.box_from(cited.box, "box") == ENGINE_COVER
    assert cited.source.tier == region_pb2.TIER_ACCURATE
    assert [e.reason for e in answer.escalations] == [answer_pb2.ESCALATION_REASON_LOW_SCORE]
    assert "YAMARA" in answer.escalations[0].detail
    assert "YAMARA" in {region.text for region in answer.regions}


async def test_what_cannot_be_checked_is_said_and_not_claimed() -> None:
    async with fusion(Scene(MOTORCYCLE)) as stub:
        answer = await ask(stub, BRAND)
    (abstention,) = answer.abstentions
    assert abstention.target_id == "t2"
    assert abstention.reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE
    assert abstention.capability == region_pb2.CAPABILITY_DETECT
    assert "GROUNDWIRE_PERCEPTION_BINDINGS" in abstention.detail


async def test_lettering_that_fast_is_sure_of_is_read_again_before_it_is_supported() -> None:
    scene = Scene([sure("OPEN", 100, 100)])
    async with fusion(scene) as stub:
        answer = await ask(stub, SAYS_OPEN)
    assert answer.claims[0].verdict == claim_pb2.VERDICT_SUPPORTED
    assert not answer.escalations
    assert [look.area is None for look in scene.looks] == [True, False]


async def test_casual_stakes_believe_the_fast_tier_and_say_that_nothing_was_checked() -> None:
    scene = Scene([sure("OPEN", 100, 100)])
    async with fusion(scene) as stub:
        answer = await ask(stub, SAYS_OPEN, answer_pb2.STAKES_CASUAL)
    assert len(scene.looks) == 1
    assert answer.claims[0].verdict == claim_pb2.VERDICT_UNVERIFIED


async def test_critical_stakes_begin_with_the_accurate_tier() -> None:
    scene = Scene([sure("OPEN", 100, 100)])
    async with fusion(scene) as stub:
        answer = await ask(stub, SAYS_OPEN, answer_pb2.STAKES_CRITICAL)
    assert {look.tier.name for look in scene.looks} == {"ACCURATE"}
    assert answer.escalations[0].reason == answer_pb2.ESCALATION_REASON_STAKES
    assert answer.claims[0].verdict == claim_pb2.VERDICT_SUPPORTED


async def test_critical_stakes_withhold_what_a_second_look_reads_otherwise() -> None:
    letters = Lettering("OPEN", Box(100, 100, 140, 120), None, ("OPEN", 0.99), again=("QUAY", 0.99))
    async with fusion(Scene([letters])) as stub:
        answer = await ask(stub, SAYS_OPEN, answer_pb2.STAKES_CRITICAL)
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_LOW_CONFIDENCE


async def test_a_second_look_that_reads_otherwise_contradicts() -> None:
    letters = Lettering("OPEN", Box(100, 100, 140, 120), ("OPEN", 0.99), None, again=("QUAY", 0.97))
    async with fusion(Scene([letters])) as stub:
        answer = await ask(stub, SAYS_OPEN)
    assert answer.claims[0].verdict == claim_pb2.VERDICT_CONTRADICTED


async def test_absence_is_claimed_only_after_both_tiers_searched() -> None:
    scene = Scene([sure("CLOSED", 100, 100)])
    async with fusion(scene) as stub:
        answer = await ask(stub, SAYS_OPEN)
    (claim,) = answer.claims
    assert claim.predicate.HasField("absent")
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert answer.escalations[0].reason == answer_pb2.ESCALATION_REASON_NOTHING_FOUND
    assert {look.tier.name for look in scene.looks} == {"FAST", "ACCURATE"}


async def test_a_count_cites_every_place() -> None:
    async with fusion(Scene([sure("OPEN", 100, 100), sure("OPEN", 100, 300)])) as stub:
        answer = await ask(stub, HOW_MANY_OPEN)
    (claim,) = answer.claims
    assert (claim.predicate.count.value, len(claim.citations)) == (2, 2)
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_a_total_cites_its_value_and_shows_its_key() -> None:
    lines = [sure("SUBTOTAL", 10, 10), sure("29.25", 300, 10), sure("TOTAL", 10, 40), sure("RM 31.00", 300, 40)]
    async with fusion(Scene(lines)) as stub:
        answer = await ask(stub, TOTAL)
    (claim,) = answer.claims
    texts = {region.id: region.text for region in answer.regions}
    assert claim.predicate.field.value == "RM 31.00"
    assert [texts[c.region_id] for c in claim.citations] == ["RM 31.00", "TOTAL"]
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_an_invented_citation_never_passes_as_supported() -> None:
    def inventing(*_: object) -> list[ClaimDraft]:
        cited = (Citation("r99", CitationRole.SUPPORTS),)
        return [ClaimDraft("it is there", "t1", Reading("OPEN"), cited)]

    async with fusion(Scene([sure("OPEN", 100, 100)]), language=ScriptedLanguage(PLANS, inventing)) as stub:
        answer = await ask(stub, SAYS_OPEN)
    assert answer.claims[0].verdict == claim_pb2.VERDICT_CONTRADICTED
    assert "r99" in answer.claims[0].checks[0].detail


async def test_objects_abstain_while_no_detector_is_bound() -> None:
    async with fusion(Scene()) as stub:
        answer = await ask(stub, CUP)
    assert not answer.claims
    assert answer.abstentions[0].capability == region_pb2.CAPABILITY_DETECT
    assert answer.HasField("record")


async def test_a_question_that_is_not_understood_is_abstained_from_without_a_look() -> None:
    scene = Scene([sure("OPEN", 100, 100)])
    async with fusion(scene) as stub:
        answer = await ask(stub, "Was steht auf dem Schild?")
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE
    assert not scene.looks


@pytest.mark.parametrize("trouble", [{"accurate_is_up": False}, {"crowded": frozenset({Tier.ACCURATE})}])
async def test_without_the_accurate_tier_the_answer_says_so_and_supports_nothing_unread(trouble: Any) -> None:
    async with fusion(Scene(MOTORCYCLE, **trouble)) as stub:
        answer = await ask(stub, BRAND)
    assert list(answer.degradations) == [answer_pb2.DEGRADATION_FAST_ONLY]
    assert all(claim.verdict == claim_pb2.VERDICT_UNVERIFIED for claim in answer.claims)


async def test_where_nothing_can_be_looked_at_for_the_crowd_the_question_is_refused_with_a_time_to_come_back() -> None:
    log = Log()
    async with fusion(Scene(MOTORCYCLE, crowded=frozenset(Tier)), log=log) as stub:
        told = await refused(ask(stub, BRAND))
    assert isinstance(told, errors.Overloaded)
    assert told.retry_after_s == 3.0
    assert not log.kept


async def test_rules_in_the_model_s_place_are_noted_once() -> None:
    language = ScriptedLanguage(PLANS, degraded=True)
    async with fusion(Scene([sure("OPEN", 100, 100)]), language=language) as stub:
        answer = await ask(stub, SAYS_OPEN)
    assert list(answer.degradations) == [answer_pb2.DEGRADATION_LLM_RULES]


async def test_no_record_no_answer() -> None:
    async with fusion(Scene([sure("OPEN", 100, 100)]), Log(is_up=False)) as stub:
        error = await refused(ask(stub, SAYS_OPEN))
    assert isinstance(error, errors.NotRecorded)


async def test_the_record_is_the_answer_without_its_receipt_and_the_record_step() -> None:
    log = Log()
    async with fusion(Scene([sure("OPEN", 100, 100)]), log) as stub:
        answer = await ask(stub, SAYS_OPEN)
    kept = answer_pb2.Answer.FromString(log.kept[0])
    assert answer.record.index == 0
    assert [t.step for t in answer.timings] == ["admit", "plan", "perceive", "resolve", "compose", "check", "record"]
    del answer.timings[-1]
    answer.ClearField("record")
    assert kept == answer


async def test_a_dead_triton_is_named() -> None:
    log = Log()
    async with fusion(Scene(triton_is_up=False), log) as stub:
        error = await refused(ask(stub, SAYS_OPEN))
    assert isinstance(error, errors.PartUnavailable)
    assert error.metadata["part"] == "triton"
    assert not log.kept


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (grounding_service_pb2.AskRequest(image=PICTURE, question="  "), "question"),
        (grounding_service_pb2.AskRequest(image=PICTURE, question="word " * 10_000), "question"),
        (grounding_service_pb2.AskRequest(question="What?"), "image"),
        (
            grounding_service_pb2.AskRequest(image=image_pb2.ImageInput(digest="../etc"), question="What?"),
            "image.digest",
        ),
        (grounding_service_pb2.AskRequest(image=PICTURE, question="What?", stakes=9), "stakes"),  # type: ignore[arg-type]
    ],
)
async def test_bad_requests_name_the_field(request_: grounding_service_pb2.AskRequest, field: str) -> None:
    async with fusion(Scene()) as stub:
        error = await refused(stub.Ask(request_))
    assert isinstance(error, errors.InvalidField)
    assert error.field == field
    assert error.remedy


@pytest.mark.parametrize("phrases", [[], ["cup"] * 33, [" "], ['""'], ["x" * 201]])
async def test_bad_phrases_are_refused(phrases: list[str]) -> None:
    async with fusion(Scene()) as stub:
        error = await refused(stub.Ground(grounding_service_pb2.GroundRequest(image=PICTURE, phrases=phrases)))
    assert isinstance(error, errors.InvalidField)


async def test_each_phrase_gets_a_claim_or_an_abstention() -> None:
    async with fusion(Scene([sure("OPEN", 100, 100)])) as stub:
        request = grounding_service_pb2.GroundRequest(image=PICTURE, phrases=['"OPEN"', "red cup", '"SHUT"'])
        answer = (await stub.Ground(request)).answer
    assert [claim.predicate.target_id for claim in answer.claims] == ["t1"]
    assert {a.target_id: a.reason for a in answer.abstentions} == {
        "t2": claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE,
        "t3": claim_pb2.ABSTENTION_REASON_ABSENT,
    }


async def test_reading_gives_every_piece_in_reading_order() -> None:
    scene = Scene([sure("below", 10, 200), sure("right", 300, 22), sure("left", 10, 20)])
    async with fusion(scene) as stub:
        answer = (await stub.Read(grounding_service_pb2.ReadRequest(image=PICTURE))).answer
    assert [claim.predicate.reading.text for claim in answer.claims] == ["left", "right", "below"]


async def test_an_image_is_found_again_by_its_digest() -> None:
    async with fusion(Scene([sure("OPEN", 100, 100)])) as stub:
        held = image_pb2.ImageInput(digest=DIGEST)
        answer = (await stub.Ask(grounding_service_pb2.AskRequest(image=held, question=SAYS_OPEN))).answer
        unknown = image_pb2.ImageInput(digest="0" * 64)
        error = await refused(stub.Ask(grounding_service_pb2.AskRequest(image=unknown, question=SAYS_OPEN)))
    assert answer.claims
    assert isinstance(error, errors.ImageNotFound)


async def test_the_stream_tells_each_step_and_ends_with_the_answer() -> None:
    async with fusion(Scene(MOTORCYCLE)) as stub:
        call = stub.AskStream(grounding_service_pb2.AskStreamRequest(image=PICTURE, question=BRAND))
        events = [event async for event in call]
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds == ["admitted", "plan", "regions", "escalation", "regions", "claim", "answer"]
    assert events[-2].claim == events[-1].answer.claims[0]


async def test_cancelling_stops_the_look_and_records_nothing() -> None:
    scene, log = Scene(hold=asyncio.Event()), Log()
    async with fusion(scene, log) as stub:
        call = asyncio.ensure_future(ask(stub, SAYS_OPEN))
        await asyncio.wait_for(scene.looking.wait(), timeout=5)
        call.cancel()
        await asyncio.wait_for(scene.cancelled.wait(), timeout=5)
    assert not log.kept


async def test_a_short_deadline_skips_what_there_is_no_time_for() -> None:
    scene = Scene([sure("OPEN", 100, 100, score=0.9)])
    async with fusion(scene) as stub:
        request = grounding_service_pb2.AskRequest(image=PICTURE, question=SAYS_OPEN)
        answer = (await stub.Ask(request, timeout=0.9)).answer  # below the reserve: no time for a careful look
    assert list(answer.degradations) == [answer_pb2.DEGRADATION_FAST_ONLY]
    assert answer.claims[0].verdict == claim_pb2.VERDICT_UNVERIFIED
