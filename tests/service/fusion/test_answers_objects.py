"""Claims about things, of every type, over a real server and a simulated picture whose things are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groundwire.v1 import answer_pb2, claim_pb2, grounding_service_pb2, plan_pb2, region_pb2
from services.common.geometry import Box
from services.common.plans import Aspect, Order, Plan, Rank, Relation, RelationKind, Target, Task, TextField
from services.common.regions import Tier
from services.runtime import wire
from tests.fakes.asked import PICTURE, ask, fusion
from tests.fakes.language import ENGINE, ScriptedLanguage
from tests.fakes.scene import SIZE, Scene, Thing, sure

RED_CUP = Thing("cup", Box(100, 200, 160, 260), color="red")
BLUE_CUP = Thing("cup", Box(300, 200, 360, 260), color="blue")
PLATE = Thing("plate", Box(200, 200, 280, 260), color="white")
TABLE = Thing("table", Box(50, 250, 600, 480), color="brown")
MAN = Thing("man", Box(500, 50, 600, 300), color="black")

Q = "the question"


def plan(task: Task, *targets: Target, relations: tuple[Relation, ...] = (), **more: object) -> Plan:
    return Plan(task, ENGINE, targets, relations, **more)  # type: ignore[arg-type]


def cup(*attributes: str, **more: object) -> Target:
    return Target("t1", "cup", attributes, **more)  # type: ignore[arg-type]


async def answer_of(
    scene: Scene,
    planned: Plan,
    stakes: answer_pb2.Stakes.ValueType = answer_pb2.STAKES_STANDARD,
    judges: dict[str, float] | None = None,
) -> answer_pb2.Answer:
    async with fusion(scene, ScriptedLanguage({Q: planned}, judges=judges)) as stub:
        return await ask(stub, Q, stakes)


def only(answer: answer_pb2.Answer) -> claim_pb2.Claim:
    assert not answer.abstentions, answer.abstentions
    (claim,) = answer.claims
    return claim


def outcomes(claim: claim_pb2.Claim) -> dict[str, str]:
    kind, outcome = claim_pb2.CheckKind.Name, claim_pb2.CheckOutcome.Name
    return {
        kind(check.kind).removeprefix("CHECK_KIND_"): outcome(check.outcome).removeprefix("CHECK_OUTCOME_")
        for check in claim.checks
    }


def place(answer: answer_pb2.Answer, claim: claim_pb2.Claim, number: int = 0) -> Box:
    region = next(r for r in answer.regions if r.id == claim.citations[number].region_id)
    return wire.box_from(region.box, "box")


async def test_a_thing_that_is_there_is_claimed_and_found_again() -> None:
    answer = await answer_of(Scene(things=[RED_CUP]), plan(Task.EXISTS, cup()))
    claim = only(answer)
    assert claim.predicate.exists.label == "cup"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert outcomes(claim) == {"CITATION": "PASSED", "AGREEMENT": "PASSED"}


async def test_a_thing_that_is_missing_is_absent_by_what_was_searched_and_by_whom() -> None:
    scene = Scene(things=[PLATE])
    claim = only(await answer_of(scene, plan(Task.EXISTS, cup())))
    absent = claim.predicate.absent
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert list(absent.queries) == ["cup", "mug"]
    assert [search.source.tier for search in absent.searches] == [region_pb2.TIER_FAST, region_pb2.TIER_ACCURATE]
    assert {search.source.model for search in absent.searches} == {"detect"}
    assert (absent.searches[0].area.x_max, absent.searches[0].area.y_max) == (SIZE.width, SIZE.height)


async def test_another_name_of_the_thing_is_searched_for_before_it_is_called_absent() -> None:
    scene = Scene(things=[Thing("mug", RED_CUP.box, fast=None)])
    answer = await answer_of(scene, plan(Task.EXISTS, cup()))
    assert only(answer).predicate.WhichOneof("kind") == "exists"
    assert [look.phrases for look in scene.looks[:2]] == [("cup",), ("cup", "mug")]


async def test_something_faint_speaks_against_absence() -> None:
    faint = Thing("cup", RED_CUP.box, fast=0.3, accurate=0.3)
    answer = await answer_of(Scene(things=[faint]), plan(Task.EXISTS, cup()))
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_LOW_CONFIDENCE
    assert answer.abstentions[0].near_region_ids


async def test_a_thing_is_located() -> None:
    answer = await answer_of(Scene(things=[PLATE, RED_CUP]), plan(Task.LOCATE, cup()))
    claim = only(answer)
    assert claim.predicate.WhichOneof("kind") == "located"
    assert place(answer, claim) == RED_CUP.box


async def test_where_nothing_fits_the_abstention_says_what_was_searched() -> None:
    answer = await answer_of(Scene(things=[PLATE]), plan(Task.LOCATE, cup()))
    (abstention,) = answer.abstentions
    assert abstention.reason == claim_pb2.ABSTENTION_REASON_ABSENT
    assert {search.source.model for search in abstention.searches} == {"detect"}


async def test_things_are_counted_and_the_tiers_agree() -> None:
    claim = only(await answer_of(Scene(things=[RED_CUP, BLUE_CUP]), plan(Task.COUNT, cup())))
    assert claim.predicate.count.value == 2
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED
    assert outcomes(claim)["COUNT"] == "PASSED"


async def test_a_count_that_the_tiers_differ_on_is_unverified() -> None:
    hidden = Thing("cup", BLUE_CUP.box, fast=None)
    claim = only(await answer_of(Scene(things=[RED_CUP, hidden]), plan(Task.COUNT, cup())))
    count = next(check for check in claim.checks if check.kind == claim_pb2.CHECK_KIND_COUNT)
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert count.inconclusive_reason == claim_pb2.INCONCLUSIVE_REASON_UNSURE
    assert (count.figures["by_fast"], count.figures["by_accurate"]) == (1, 2)


async def test_nothing_to_count_is_a_count_of_none() -> None:
    claim = only(await answer_of(Scene(things=[PLATE]), plan(Task.COUNT, cup())))
    assert claim.predicate.count.value == 0
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_both_tiers_boxes_of_one_thing_count_once() -> None:
    boxes = [Thing("cup", RED_CUP.box, accurate=None), Thing("cup", Box(102, 198, 163, 262), fast=None)]
    claim = only(await answer_of(Scene(things=boxes), plan(Task.COUNT, cup())))
    assert claim.predicate.count.value == 1


async def test_an_attribute_singles_out_and_is_measured_again() -> None:
    answer = await answer_of(Scene(things=[BLUE_CUP, RED_CUP]), plan(Task.LOCATE, cup("red")))
    claim = only(answer)
    assert place(answer, claim) == RED_CUP.box
    assert outcomes(claim) == {"CITATION": "PASSED", "AGREEMENT": "PASSED", "COLOR": "PASSED"}
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_pixels_are_measured_within_the_outline_where_something_outlines() -> None:
    scene = Scene(things=[RED_CUP], outlines=True)
    answer = await answer_of(scene, plan(Task.LOCATE, cup("red")))
    cited = next(r for r in answer.regions if r.id == only(answer).citations[0].region_id)
    assert cited.HasField("mask")
    assert scene.masks
    assert None not in scene.masks


async def test_a_colour_of_the_surroundings_alone_is_contradicted() -> None:
    framed = Thing("cup", RED_CUP.box, color="red", core="green")
    claim = only(await answer_of(Scene(things=[framed]), plan(Task.LOCATE, cup("red"))))
    assert claim.verdict == claim_pb2.VERDICT_CONTRADICTED
    assert outcomes(claim)["COLOR"] == "FAILED"


async def test_no_red_cup_among_cups_that_are_blue() -> None:
    claim = only(await answer_of(Scene(things=[BLUE_CUP]), plan(Task.EXISTS, cup("red"))))
    assert claim.predicate.absent.label == "red cup"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_pixels_that_cannot_be_measured_support_no_colour() -> None:
    claim = only(await answer_of(Scene(things=[RED_CUP], measures=False), plan(Task.EXISTS, cup("red"))))
    color = next(check for check in claim.checks if check.kind == claim_pb2.CHECK_KIND_COLOR)
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert color.inconclusive_reason == claim_pb2.INCONCLUSIVE_REASON_UNAVAILABLE


async def test_the_colour_is_told_and_measured_again() -> None:
    asked = plan(Task.ATTRIBUTE, cup(), aspect=Aspect.COLOR)
    claim = only(await answer_of(Scene(things=[RED_CUP]), asked))
    assert claim.predicate.attribute.value == "red"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_cups_of_two_colours_have_no_colour() -> None:
    asked = plan(Task.ATTRIBUTE, cup(), aspect=Aspect.COLOR)
    answer = await answer_of(Scene(things=[RED_CUP, BLUE_CUP]), asked)
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_AMBIGUOUS
    assert len(answer.abstentions[0].near_region_ids) == 2


async def test_what_no_pixel_tells_is_not_checkable() -> None:
    asked = plan(Task.ATTRIBUTE, cup(), aspect=Aspect.MATERIAL)
    answer = await answer_of(Scene(things=[RED_CUP]), asked)
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE


@pytest.mark.parametrize(
    ("judges", "verdict"),
    [
        (None, claim_pb2.VERDICT_UNVERIFIED),
        ({"open": 0.95}, claim_pb2.VERDICT_SUPPORTED),
        ({"open": 0.5}, claim_pb2.VERDICT_UNVERIFIED),
        ({"open": 0.05}, claim_pb2.VERDICT_CONTRADICTED),
    ],
)
async def test_a_state_is_for_the_judge(judges: dict[str, float] | None, verdict: int) -> None:
    asked = plan(Task.STATE, Target("t1", "door", ("open",)), aspect=Aspect.CONDITION)
    claim = only(await answer_of(Scene(things=[Thing("door", Box(10, 10, 90, 200))]), asked, judges=judges))
    assert (claim.predicate.state.label, claim.predicate.state.value) == ("door", "open")
    assert claim.verdict == verdict
    if judges is None:
        assert claim.checks[-1].inconclusive_reason == claim_pb2.INCONCLUSIVE_REASON_NOT_BOUND


async def test_an_attribute_that_only_a_judge_can_tell_leaves_the_claim_open_without_one() -> None:
    asked = plan(Task.EXISTS, Target("t1", "man", ("wearing a hat",)))
    unjudged = only(await answer_of(Scene(things=[MAN]), asked))
    judged = only(await answer_of(Scene(things=[MAN]), asked, judges={"hat": 0.9}))
    assert unjudged.verdict == claim_pb2.VERDICT_UNVERIFIED
    assert judged.verdict == claim_pb2.VERDICT_SUPPORTED


LEFT_OF_PLATE = Relation("t1", RelationKind.LEFT_OF, "t2")
RIGHT_OF_PLATE = Relation("t1", RelationKind.RIGHT_OF, "t2")
PLATE_TARGET = Target("t2", "plate")


@pytest.mark.parametrize(("relation", "box"), [(LEFT_OF_PLATE, RED_CUP.box), (RIGHT_OF_PLATE, BLUE_CUP.box)])
async def test_a_relation_singles_out_and_is_derived_again(relation: Relation, box: Box) -> None:
    asked = plan(Task.LOCATE, cup(), PLATE_TARGET, relations=(relation,))
    answer = await answer_of(Scene(things=[BLUE_CUP, RED_CUP, PLATE]), asked)
    claim = only(answer)
    assert place(answer, claim) == box
    assert place(answer, claim, 1) == PLATE.box
    assert outcomes(claim)["GEOMETRY"] == "PASSED"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_a_relation_that_holds_of_none_is_no_absence_of_the_thing() -> None:
    asked = plan(Task.EXISTS, cup(), PLATE_TARGET, relations=(LEFT_OF_PLATE,))
    answer = await answer_of(Scene(things=[BLUE_CUP, PLATE]), asked)
    (abstention,) = [a for a in answer.abstentions if a.target_id == "t1"]
    assert not answer.claims
    assert abstention.reason == claim_pb2.ABSTENTION_REASON_ABSENT
    assert abstention.near_region_ids


async def test_what_places_a_thing_must_be_found() -> None:
    asked = plan(Task.LOCATE, cup(), PLATE_TARGET, relations=(LEFT_OF_PLATE,))
    answer = await answer_of(Scene(things=[RED_CUP]), asked)
    assert not answer.claims
    assert {a.target_id: a.reason for a in answer.abstentions} == {
        "t1": claim_pb2.ABSTENTION_REASON_ABSENT,
        "t2": claim_pb2.ABSTENTION_REASON_ABSENT,
    }


async def test_depth_is_asked_for_where_it_is_needed() -> None:
    behind = Relation("t1", RelationKind.BEHIND, "t2")
    asked = plan(Task.LOCATE, cup(), PLATE_TARGET, relations=(behind,))
    answer = await answer_of(Scene(things=[RED_CUP, PLATE]), asked)
    abstention = next(a for a in answer.abstentions if a.target_id == "t1")
    assert abstention.reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE
    assert abstention.capability == region_pb2.CAPABILITY_DEPTH


async def test_two_that_fit_equally_well_are_a_question_back() -> None:
    beside = Thing("cup", Box(100, 120, 160, 180), color="red")
    asked = plan(Task.LOCATE, cup("red"))
    answer = await answer_of(Scene(things=[RED_CUP, beside]), asked)
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_AMBIGUOUS
    assert len(answer.abstentions[0].near_region_ids) == 2
    assert [e.reason for e in answer.escalations] == [answer_pb2.ESCALATION_REASON_TIE]


@pytest.mark.parametrize(("number", "box"), [(1, RED_CUP.box), (2, BLUE_CUP.box)])
async def test_a_rank_singles_out_and_is_counted_off_again(number: int, box: Box) -> None:
    asked = plan(Task.LOCATE, cup(rank=Rank(Order.FROM_LEFT, number)))
    answer = await answer_of(Scene(things=[BLUE_CUP, RED_CUP]), asked)
    claim = only(answer)
    assert place(answer, claim) == box
    assert outcomes(claim)["GEOMETRY"] == "PASSED"


async def test_a_place_beyond_the_last_is_absent() -> None:
    asked = plan(Task.LOCATE, cup(rank=Rank(Order.FROM_LEFT, 3)))
    answer = await answer_of(Scene(things=[BLUE_CUP, RED_CUP]), asked)
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_ABSENT
    assert "number 3" in answer.abstentions[0].detail


async def test_a_comparison_cites_both_and_is_derived_again() -> None:
    asked = plan(Task.COMPARE, Target("t1", "man"), Target("t2", "cup"), aspect=Aspect.SIZE)
    answer = await answer_of(Scene(things=[MAN, RED_CUP]), asked)
    claim = only(answer)
    assert (claim.predicate.compared.label, claim.predicate.compared.other_label) == ("man", "cup")
    assert [place(answer, claim), place(answer, claim, 1)] == [MAN.box, RED_CUP.box]
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_the_lesser_is_the_one_that_is_claimed_to_have_less() -> None:
    asked = plan(Task.COMPARE, Target("t1", "man"), Target("t2", "cup"), aspect=Aspect.SIZE, least=True)
    claim = only(await answer_of(Scene(things=[MAN, RED_CUP]), asked))
    assert claim.predicate.target_id == "t2"
    assert claim.predicate.compared.least
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_numbers_are_compared() -> None:
    asked = plan(Task.COMPARE, cup(), PLATE_TARGET, aspect=Aspect.NUMBER)
    claim = only(await answer_of(Scene(things=[RED_CUP, BLUE_CUP, PLATE]), asked))
    assert (claim.predicate.compared.label, claim.predicate.target_id) == ("cup", "t1")
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_things_that_are_alike_cannot_be_told_apart() -> None:
    asked = plan(Task.COMPARE, cup(), PLATE_TARGET, aspect=Aspect.SIZE)
    answer = await answer_of(Scene(things=[RED_CUP, Thing("plate", BLUE_CUP.box)]), asked)
    assert not answer.claims
    assert {a.reason for a in answer.abstentions} == {claim_pb2.ABSTENTION_REASON_AMBIGUOUS}


async def test_nearness_is_compared_only_where_it_is_measured() -> None:
    asked = plan(Task.COMPARE, cup(), PLATE_TARGET, aspect=Aspect.NEARNESS)
    blind = await answer_of(Scene(things=[RED_CUP, PLATE]), asked)
    near, far = replace(RED_CUP, nearness=0.9), replace(PLATE, nearness=0.2)
    seen = await answer_of(Scene(things=[near, far]), asked)
    assert {a.capability for a in blind.abstentions} == {region_pb2.CAPABILITY_DEPTH}
    assert only(seen).predicate.compared.label == "cup"
    assert only(seen).verdict == claim_pb2.VERDICT_SUPPORTED


async def test_a_closed_set_may_know_the_thing_by_another_name() -> None:
    scene = Scene(things=[replace(RED_CUP, label="mug")], classes=frozenset({"mug"}))
    claim = only(await answer_of(scene, plan(Task.EXISTS, cup())))
    assert claim.predicate.exists.label == "cup"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_what_is_faint_takes_no_place_in_a_rank() -> None:
    faint = Thing("cup", Box(10, 200, 60, 260), fast=0.3, accurate=0.3)
    answer = await answer_of(
        Scene(things=[faint, RED_CUP, BLUE_CUP]), plan(Task.LOCATE, cup(rank=Rank(Order.FROM_LEFT, 1)))
    )
    assert place(answer, only(answer)) == RED_CUP.box


@pytest.mark.parametrize(("color", "reason"), [("red", None), ("white", claim_pb2.ABSTENTION_REASON_ABSENT)])
async def test_things_are_of_one_colour_or_not(color: str, reason: int | None) -> None:
    alike = Relation("t1", RelationKind.SAME_COLOR, "t2")
    asked = plan(Task.COMPARE, cup(), PLATE_TARGET, relations=(alike,), aspect=Aspect.COLOR)
    answer = await answer_of(Scene(things=[RED_CUP, replace(PLATE, color=color)]), asked)
    if reason is None:
        assert only(answer).predicate.related.kind == plan_pb2.RELATION_KIND_SAME_COLOR
        assert only(answer).verdict == claim_pb2.VERDICT_SUPPORTED
    else:
        assert not answer.claims
        assert {a.target_id: a.reason for a in answer.abstentions}["t1"] == reason


@pytest.mark.parametrize(("aspect", "value"), [(Aspect.LEFTNESS, "on the left"), (Aspect.SIZE, "small")])
async def test_what_outlines_tell_is_derived_again(aspect: Aspect, value: str) -> None:
    claim = only(await answer_of(Scene(things=[RED_CUP]), plan(Task.ATTRIBUTE, cup(), aspect=aspect)))
    assert claim.predicate.attribute.value == value
    assert outcomes(claim)["GEOMETRY"] == "PASSED"


async def test_a_phrase_s_colour_is_measured_and_not_searched_for() -> None:
    scene = Scene(things=[RED_CUP, BLUE_CUP])
    async with fusion(scene, ScriptedLanguage()) as stub:
        request = grounding_service_pb2.GroundRequest(image=PICTURE, phrases=["blue cup", "orange"])
        answer = (await stub.Ground(request)).answer
    (claim,) = answer.claims
    assert scene.looks[0].phrases == ("cup", "orange")
    assert place(answer, claim) == BLUE_CUP.box
    assert outcomes(claim)["COLOR"] == "PASSED"


ON_THE_PLATE = plan(
    Task.READ,
    Target("t1", "text", is_text=True, text_field=TextField.BRAND),
    PLATE_TARGET,
    relations=(Relation("t1", RelationKind.ON, "t2"),),
)


async def test_lettering_is_placed_on_its_thing() -> None:
    scene = Scene([sure("ELSEWHERE", 500, 20), sure("IKEA", 215, 220)], [PLATE])
    answer = await answer_of(scene, ON_THE_PLATE)
    claim = only(answer)
    assert claim.predicate.field.value == "IKEA"
    assert place(answer, claim, 1) == PLATE.box
    assert outcomes(claim)["GEOMETRY"] == "PASSED"
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


async def test_lettering_elsewhere_is_not_on_the_thing() -> None:
    answer = await answer_of(Scene([sure("ELSEWHERE", 500, 20)], [PLATE]), ON_THE_PLATE)
    assert not answer.claims
    assert {a.target_id: a.reason for a in answer.abstentions}["t1"] == claim_pb2.ABSTENTION_REASON_ABSENT


async def test_a_thing_that_only_the_fast_tier_saw_is_contradicted() -> None:
    ghost = Thing("cup", RED_CUP.box, fast=0.9, accurate=None, again=None)
    claim = only(await answer_of(Scene(things=[ghost]), plan(Task.EXISTS, cup())))
    assert claim.verdict == claim_pb2.VERDICT_CONTRADICTED


async def test_a_thing_that_a_second_look_misses_is_unverified() -> None:
    shy = Thing("cup", RED_CUP.box, fast=0.97, again=None)
    claim = only(await answer_of(Scene(things=[shy]), plan(Task.EXISTS, cup())))
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED


async def test_what_a_closed_set_does_not_know_is_not_checkable_and_never_absent() -> None:
    scene = Scene(things=[RED_CUP], classes=frozenset({"cup", "plate"}))
    for task in (Task.EXISTS, Task.COUNT, Task.LOCATE):
        answer = await answer_of(scene, plan(task, Target("t1", "giraffe")))
        assert not answer.claims
        assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE
        assert answer.abstentions[0].capability == region_pb2.CAPABILITY_DETECT


async def test_what_the_fast_model_does_not_know_the_accurate_one_may() -> None:
    scene = Scene(things=[Thing("giraffe", MAN.box)], classes=frozenset({"cup"}), closed_tiers=(Tier.FAST,))
    claim = only(await answer_of(scene, plan(Task.EXISTS, Target("t1", "giraffe"))))
    assert claim.predicate.exists.label == "giraffe"


async def test_a_description_names_what_is_there() -> None:
    answer = await answer_of(Scene([sure("OPEN", 10, 10)], [RED_CUP, MAN]), plan(Task.DESCRIBE))
    said = {claim.predicate.exists.label or claim.predicate.reading.text for claim in answer.claims}
    assert said == {"cup", "OPEN"}  # "man" is no word that everything is searched by
    assert all(claim.verdict == claim_pb2.VERDICT_SUPPORTED for claim in answer.claims)


async def test_phrases_are_grounded_each_by_itself() -> None:
    async with fusion(Scene([sure("OPEN", 10, 10)], [RED_CUP, PLATE]), ScriptedLanguage()) as stub:
        request = grounding_service_pb2.GroundRequest(image=PICTURE, phrases=["plate", "fork", '"OPEN"', "cup"])
        answer = (await stub.Ground(request)).answer
    assert [claim.predicate.target_id for claim in answer.claims] == ["t1", "t3", "t4"]
    assert [a.target_id for a in answer.abstentions] == ["t2"]
    assert {claim.verdict for claim in answer.claims} == {claim_pb2.VERDICT_SUPPORTED}


async def test_casual_stakes_look_once_and_support_nothing() -> None:
    scene = Scene(things=[RED_CUP])
    claim = only(await answer_of(scene, plan(Task.EXISTS, cup()), answer_pb2.STAKES_CASUAL))
    assert len(scene.looks) == 1
    assert claim.verdict == claim_pb2.VERDICT_UNVERIFIED


async def test_critical_stakes_withhold_what_is_not_supported_and_say_so() -> None:
    shy = Thing("cup", RED_CUP.box, again=None)
    answer = await answer_of(Scene(things=[shy]), plan(Task.EXISTS, cup()), answer_pb2.STAKES_CRITICAL)
    assert not answer.claims
    assert answer.abstentions[0].reason == claim_pb2.ABSTENTION_REASON_LOW_CONFIDENCE


async def test_critical_stakes_support_what_stands() -> None:
    claim = only(await answer_of(Scene(things=[RED_CUP]), plan(Task.COUNT, cup()), answer_pb2.STAKES_CRITICAL))
    assert claim.verdict == claim_pb2.VERDICT_SUPPORTED


FURNITURE = "sofa lamp desk shelf stool carpet mirror vase curtain bench".split()  # noqa: SIM905 - a list of words
ANIMALS = "dog cat horse cow sheep goat lion tiger bear fox".split()  # noqa: SIM905
VEHICLES = "car bus train truck tram boat ship plane rocket scooter".split()  # noqa: SIM905
NOUNS = (*FURNITURE, *ANIMALS, *VEHICLES)
ABSENT = [(task, noun) for task in (Task.EXISTS, Task.LOCATE, Task.COUNT) for noun in NOUNS]


async def test_a_hundred_questions_about_absent_things_support_no_presence() -> None:
    words = ["EXIT", "OPEN", "CLOSED", "SALE", "STOP", "TAXI", "HOTEL", "BANK", "CAFE", "MENU"]
    written = [plan(Task.EXISTS, Target("t1", literal_text=word, is_text=True)) for word in words]
    planned = [*(plan(task, Target("t1", noun)) for task, noun in ABSENT), *written]
    # A detector that errs: every third noun has a ghost, which one look alone sees, or both see faintly.
    ghosts = [
        Thing(noun, MAN.box, fast=(0.9, 0.4, None)[n % 3], accurate=(None, 0.45, 0.9)[n % 3], again=None)
        for n, noun in enumerate(NOUNS[::3])
    ]
    scene = Scene([sure("YAMAHA", 10, 10)], [RED_CUP, PLATE, TABLE, *ghosts])
    questions = {str(number): each for number, each in enumerate(planned)}
    assert len(questions) == 100
    async with fusion(scene, ScriptedLanguage(questions)) as stub:
        answers = [await ask(stub, question) for question in questions]
    present = [c for a in answers for c in a.claims if c.verdict == claim_pb2.VERDICT_SUPPORTED and _presence(c)]
    assert not present
    assert all(answer.claims or answer.abstentions for answer in answers)


def _presence(claim: claim_pb2.Claim) -> bool:
    kind = claim.predicate.WhichOneof("kind")
    return kind != "absent" and not (kind == "count" and claim.predicate.count.value == 0)
