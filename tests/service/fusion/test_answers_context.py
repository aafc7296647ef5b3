"""What surrounds an answer, over a real server: conversations, documents, maps, stakes, deadlines, streams, records."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from groundwire.v1 import answer_pb2, claim_pb2, grounding_service_pb2, image_pb2
from services.common import errors
from services.common.claims import Citation, CitationRole, ClaimDraft, Knowledge, Passage
from services.common.geometry import Box
from services.common.plans import Order, Plan, Rank, Relation, RelationKind, Target, Task, TextField
from services.runtime import tenant
from tests.fakes.answers import KnownWorld, Log
from tests.fakes.asked import PICTURE, ask, fusion, refused
from tests.fakes.language import ENGINE, ScriptedLanguage
from tests.fakes.scene import DIGEST, Scene, Thing, sure

if TYPE_CHECKING:
    from tests.fakes.asked import Stub

RED_CUP = Thing("cup", Box(100, 200, 160, 260), color="red")
BLUE_CUP = Thing("cup", Box(300, 200, 360, 260), color="blue")
PLATE = Thing("plate", Box(380, 200, 460, 260), color="white")

FIRST = "Where is the blue cup?"
IT = "Where is it?"
BESIDE = "And the plate next to it?"
EXIT = "Is there the word EXIT?"
THERE = "Is there a cup?"
LETTERING = "What brand is written on the plate?"
CARRIER = "Where is the plate?"
TWO = "Where are the cups?"

PLANS = {
    FIRST: Plan(Task.LOCATE, ENGINE, (Target("t1", "cup", ("blue",)),)),
    IT: Plan(Task.LOCATE, ENGINE, (Target("t1", "cup", ("blue",), earlier=True),)),
    LETTERING: Plan(
        Task.READ,
        ENGINE,
        (Target("t1", "brand", is_text=True, text_field=TextField.BRAND), Target("t2", "plate")),
        (Relation("t1", RelationKind.ON, "t2"),),
    ),
    CARRIER: Plan(Task.LOCATE, ENGINE, (Target("t1", "plate", earlier=True),)),
    BESIDE: Plan(
        Task.LOCATE,
        ENGINE,
        (Target("t1", "plate"), Target("t2", earlier=True)),
        (Relation("t1", RelationKind.NEXT_TO, "t2"),),
    ),
    EXIT: Plan(Task.EXISTS, ENGINE, (Target("t1", literal_text="EXIT", is_text=True),)),
    THERE: Plan(Task.EXISTS, ENGINE, (Target("t1", "cup"),)),
    TWO: Plan(
        Task.LOCATE,
        ENGINE,
        (Target("t1", "cup", rank=Rank(Order.FROM_LEFT, 1)), Target("t2", "cup", rank=Rank(Order.FROM_LEFT, 2))),
    ),
}
CUPS = [RED_CUP, BLUE_CUP, PLATE]


async def turn(stub: Stub, question: str, conversation: str = "c", **more: object) -> answer_pb2.Answer:
    request = grounding_service_pb2.AskRequest(image=PICTURE, question=question, conversation_id=conversation)
    request.MergeFrom(grounding_service_pb2.AskRequest(**more))  # type: ignore[arg-type]
    return (await stub.Ask(request)).answer


async def test_it_means_what_the_turn_before_was_about() -> None:
    scene = Scene(things=CUPS)
    async with fusion(scene, ScriptedLanguage(PLANS)) as stub:
        first = await turn(stub, FIRST)
        looks = len(scene.looks)
        second = await turn(stub, IT)
    (before,), (after,) = first.claims, second.claims
    assert after.citations[0].region_id == before.citations[0].region_id
    reused = next(r for r in second.regions if r.id == after.citations[0].region_id)
    assert reused in first.regions
    assert second.conversation_id == "c"
    assert all(look.area is not None for look in scene.looks[looks:])  # looked again at the place, not for the thing


async def test_the_one_next_to_it() -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        first = await turn(stub, FIRST)
        second = await turn(stub, BESIDE)
    (claim,) = second.claims
    assert claim.citations[1].region_id == first.claims[0].citations[0].region_id
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    ids = [region.id for region in second.regions]
    assert len(ids) == len(set(ids))


async def test_it_may_be_what_something_was_measured_against() -> None:
    async with fusion(Scene([sure("IKEA", 385, 220)], CUPS), ScriptedLanguage(PLANS)) as stub:
        first = await turn(stub, LETTERING)
        second = await turn(stub, CARRIER)
    assert second.claims[0].citations[0].region_id == first.claims[0].citations[1].region_id


async def test_turns_before_are_planned_with() -> None:
    language = ScriptedLanguage(PLANS)
    async with fusion(Scene(things=CUPS), language) as stub:
        for question in (FIRST, IT, BESIDE):
            await turn(stub, question)
        await turn(stub, FIRST, conversation="another")
        await turn(stub, FIRST, conversation="")
    told = [[past.question for past in conversation] for conversation in language.conversations]
    assert told == [[], [FIRST], [FIRST, IT], [], []]


@pytest.mark.parametrize("conversation", ["", "unknown"])
async def test_an_earlier_turn_that_is_not_known_is_not_checkable(conversation: str) -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        answer = await turn(stub, IT, conversation)
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE
    assert "none is known" in answer.abstentions[0].detail


async def test_a_turn_about_another_image_is_not_checkable() -> None:
    scene = Scene(things=CUPS)
    async with fusion(scene, ScriptedLanguage(PLANS)) as stub:
        await turn(stub, FIRST)
        scene.digest = "e" * 64
        answer = await turn(stub, IT)
    assert not answer.claims
    assert "another image" in answer.abstentions[0].detail


async def test_a_turn_that_found_nothing_leaves_nothing_to_mean() -> None:
    async with fusion(Scene(things=[RED_CUP]), ScriptedLanguage(PLANS)) as stub:
        await turn(stub, FIRST)
        answer = await turn(stub, IT)
    assert "nothing was found" in answer.abstentions[0].detail


@pytest.mark.parametrize("name", ["has space", "x" * 65, "ü"])
async def test_a_conversation_id_must_be_one(name: str) -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        error = await refused(turn(stub, FIRST, name))
    assert isinstance(error, errors.InvalidField)
    assert error.field == "conversation_id"


DOCUMENT = claim_pb2.Document(id="manual", title="Manual", text="Cups are washed by hand. Plates are not.")


async def test_a_document_is_cited_word_for_word_and_kept_with_the_answer() -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        answer = await turn(stub, FIRST, documents=[DOCUMENT])
    claim = answer.claims[-1]
    assert claim.predicate.knowledge.quote == "Cups are washed by hand."
    assert claim.citations[0].passage.document_id == "manual"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert list(answer.documents) == [DOCUMENT]


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("Cups are washed by machine.", Passage("manual", 0, 24)),
        ("Cups are washed by hand.", Passage("manual", 0, 23)),
        ("Cups are washed by hand.", Passage("other", 0, 24)),
        ("Cups are washed by hand.", Passage("manual", 0, 4000)),
        (" ", Passage("manual", 4, 5)),
    ],
)
async def test_a_quotation_that_is_not_there_is_contradicted(quote: str, passage: Passage) -> None:
    def quoting(*_: object) -> list[ClaimDraft]:
        cited = (Citation("", CitationRole.SUPPORTS, passage),)
        return [ClaimDraft("it is written", "", Knowledge(quote), cited)]

    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS, quoting)) as stub:
        answer = await turn(stub, FIRST, documents=[claim_pb2.Document(id="manual", text="." + DOCUMENT.text)])
    assert answer.claims[0].verdict == claim_pb2.VERDICT_CONTRADICTED


@pytest.mark.parametrize(
    ("documents", "field"),
    [
        ([claim_pb2.Document(id=str(n), text="x") for n in range(9)], "documents"),
        ([DOCUMENT, DOCUMENT], "documents.id"),
        ([claim_pb2.Document(id="../x", text="x")], "documents.id"),
        ([claim_pb2.Document(id="", text="x")], "documents.id"),
        ([claim_pb2.Document(id="a", text="x" * 20_001)], "documents.text"),
        ([claim_pb2.Document(id="a", text=" ")], "documents.text"),
        ([claim_pb2.Document(id="a", text="x", title="x" * 201)], "documents.title"),
    ],
)
async def test_bad_documents_are_refused(documents: list[claim_pb2.Document], field: str) -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        error = await refused(turn(stub, FIRST, documents=documents))
    assert isinstance(error, errors.InvalidField)
    assert error.field == field
    assert error.remedy


async def test_a_map_shows_where_something_stirred_only_where_it_was_asked_for() -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        plain = await turn(stub, THERE)
        explained = await turn(stub, THERE, with_relevance=True)
    (relevance,) = explained.relevance
    assert not plain.relevance
    assert relevance.phrase == "cup"
    assert len(relevance.values) == relevance.grid.width * relevance.grid.height
    assert max(relevance.values) > 200
    assert min(relevance.values) == 0


async def test_tenant_and_store_reach_the_log() -> None:
    log = Log()
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS), log) as stub:
        answer = await turn(stub, THERE, store=answer_pb2.STORE_POLICY_NONE)
    assert answer.tenant == tenant.DEFAULT
    assert (log.tenants, log.stores) == ([tenant.DEFAULT], [answer_pb2.STORE_POLICY_NONE])


async def test_conversations_are_apart_by_tenant() -> None:
    metadata = ((tenant.METADATA, "acme"),)
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        await turn(stub, FIRST)
        request = grounding_service_pb2.AskRequest(image=PICTURE, question=IT, conversation_id="c")
        answer = (await stub.Ask(request, metadata=metadata)).answer
    assert answer.tenant == "acme"
    assert "none is known" in answer.abstentions[0].detail


async def test_with_no_time_to_look_nothing_is_claimed() -> None:
    scene = Scene(things=CUPS)
    async with fusion(scene, ScriptedLanguage(PLANS), world=KnownWorld(seconds_left=0.0)) as stub:
        answer = await ask(stub, THERE)
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_OVER_BUDGET
    assert answer.HasField("record")


async def test_a_look_that_does_not_come_back_in_time_is_cut_off() -> None:
    scene = Scene(things=CUPS, hold=asyncio.Event())
    async with fusion(scene, ScriptedLanguage(PLANS), world=KnownWorld(seconds_left=0.02)) as stub:
        answer = await ask(stub, THERE)
    assert scene.cancelled.is_set()
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_OVER_BUDGET


async def test_a_careful_look_that_does_not_come_back_in_time_leaves_the_fast_tier() -> None:
    scene = Scene(things=[replace(RED_CUP, fast=0.6)], hold=asyncio.Event(), hold_from=2)
    async with fusion(scene, ScriptedLanguage(PLANS), world=KnownWorld(seconds_left=1.02)) as stub:
        answer = await ask(stub, THERE)
    (claim,) = answer.claims
    assert scene.cancelled.is_set()
    assert list(answer.degradations) == [answer_pb2.DEGRADATION_FAST_ONLY]
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED


async def test_what_there_was_no_time_to_check_is_unverified_for_that_reason() -> None:
    world = KnownWorld(seconds_left=5.0)
    # The first look takes four seconds of five: one is reserved, so that nothing is left to check with.
    scene = Scene(things=[replace(RED_CUP, fast=0.97)], world=world, look_takes_s=4.0)
    async with fusion(scene, ScriptedLanguage(PLANS), world=world) as stub:
        answer = await ask(stub, THERE)
    (claim,) = answer.claims
    reasons = {check.inconclusive_reason for check in claim.checks if check.kind == claim_pb2.CHECK_KIND_AGREEMENT}
    assert len(scene.looks) == 1
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert reasons == {claim_pb2.INCONCLUSIVE_REASON_OVER_BUDGET}


async def test_a_check_whose_part_is_gone_says_so() -> None:
    scene = Scene(things=[replace(RED_CUP, fast=0.97)], accurate_is_up=False)
    async with fusion(scene, ScriptedLanguage(PLANS)) as stub:
        answer = await ask(stub, THERE)
    (claim,) = answer.claims
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert claim.checks[-1].inconclusive_reason == claim_pb2.INCONCLUSIVE_REASON_UNAVAILABLE


async def test_each_claim_is_told_when_it_is_checked_and_not_after_all() -> None:
    scene = Scene(things=[replace(RED_CUP, fast=0.97), replace(BLUE_CUP, fast=0.97)], hold=asyncio.Event())
    scene.hold_from = 3  # the first look, and the check of the first claim
    told = []
    async with fusion(scene, ScriptedLanguage(PLANS)) as stub:
        call = stub.AskStream(grounding_service_pb2.AskStreamRequest(image=PICTURE, question=TWO))
        async for event in call:
            told.append(event)
            if event.WhichOneof("event") == "claim" and scene.hold is not None and not scene.hold.is_set():
                assert len(told) == 4
                scene.hold.set()
    assert [event.WhichOneof("event") for event in told] == ["admitted", "plan", "regions", "claim", "claim", "answer"]
    assert [event.claim for event in told[3:5]] == list(told[-1].answer.claims)


async def test_cancelling_while_a_claim_is_checked_stops_the_check_and_records_nothing() -> None:
    scene, log = Scene(things=[replace(RED_CUP, fast=0.97)], hold=asyncio.Event(), hold_from=2), Log()
    async with fusion(scene, ScriptedLanguage(PLANS), log) as stub:
        call = stub.AskStream(grounding_service_pb2.AskStreamRequest(image=PICTURE, question=THERE))
        reading = asyncio.ensure_future(_drained(call))
        await asyncio.wait_for(scene.looking.wait(), timeout=5)
        call.cancel()
        await asyncio.wait_for(scene.cancelled.wait(), timeout=5)
        await asyncio.gather(reading, return_exceptions=True)
    assert not log.kept


async def _drained(call: object) -> None:
    async for _ in call:  # type: ignore[attr-defined]
        pass


async def test_the_image_of_a_turn_may_come_as_its_digest() -> None:
    async with fusion(Scene(things=CUPS), ScriptedLanguage(PLANS)) as stub:
        await turn(stub, FIRST)
        held = image_pb2.ImageInput(digest=DIGEST)
        request = grounding_service_pb2.AskRequest(image=held, question=IT, conversation_id="c")
        answer = (await stub.Ask(request)).answer
    assert answer.claims


async def test_lettering_that_cannot_be_read_leaves_an_absence_open() -> None:
    smudge = replace(sure("EX1", 100, 100), fast=("EX1", 0.4), accurate=("EX1", 0.5))
    async with fusion(Scene([smudge]), ScriptedLanguage(PLANS)) as stub:
        answer = await ask(stub, EXIT)
    (claim,) = answer.claims
    assert claim.predicate.WhichOneof("kind") == "absent"
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert claim.checks[-1].figures["unread"] == 1


async def test_lettering_that_a_closer_look_reads_settles_an_absence() -> None:
    smudge = replace(sure("FX1T", 100, 100), fast=("FX1T", 0.4), accurate=("FX1T", 0.5), again=("TAXI", 0.99))
    async with fusion(Scene([smudge]), ScriptedLanguage(PLANS)) as stub:
        answer = await ask(stub, EXIT)
    assert answer.claims[0].verdict == claim_pb2.VERDICT_SUPPORTED
