"""Resolution under relations: cases worked out by hand, and brute force as the oracle."""

from __future__ import annotations

import random
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.geometry import iou
from services.common.plans import Order, Rank, Relation, RelationKind, Target
from services.fusion.core.scene import attributes
from services.fusion.core.scene.relations import strength
from services.fusion.core.scene.solver import OTHER, readings, solve
from tests.fakes.scenery import IMAGE, region, regions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.regions import Region

LEFT, RIGHT, ON, NEXT, BETWEEN = (
    RelationKind.LEFT_OF,
    RelationKind.RIGHT_OF,
    RelationKind.ON,
    RelationKind.NEXT_TO,
    RelationKind.BETWEEN,
)
BEHIND = RelationKind.BEHIND

# A shelf board with three cups, and a plant right of the middle one.
RED_CUP = region("red", (100, 300, 160, 380), red=0.9, white=0.1)
BLUE_CUP = region("blue", (300, 300, 360, 380), blue=0.9, white=0.1)
RED_CUP_2 = region("red2", (700, 300, 760, 380), red=0.9, white=0.1)
PLANT = region("plant", (450, 180, 560, 390), green=1.0)
BOARD = region("board", (50, 370, 900, 420), brown=1.0)
CUPS = [(RED_CUP, 0.9), (BLUE_CUP, 0.9), (RED_CUP_2, 0.9)]


def target(name: str, *attributes: str, rank: Rank | None = None) -> Target:
    return Target(name, noun="thing", attributes=attributes, rank=rank)


def test_the_red_cup_to_the_left_of_the_plant() -> None:
    relation = Relation("t1", LEFT, "t2")
    solution = solve([target("t1", "red"), target("t2")], {"t1": CUPS, "t2": [(PLANT, 0.8)]}, [relation], IMAGE)
    assert solution.best is not None
    assert solution.best.regions == {"t1": RED_CUP, "t2": PLANT}
    assert solution.best.relation_strengths == {relation: 1.0}
    assert solution.best.fits == {"t1": {"": 0.9, "red": 1.0}, "t2": {"": 0.8}}
    assert solution.best.score == pytest.approx((0.9 * 1 * 0.8 * 1) ** (1 / 4))
    # The others are not red, or not left: a condition fails, and nothing makes up for it.
    assert solution.runner_up is not None
    assert solution.runner_up.score == 0
    assert solution.margin == pytest.approx(solution.best.score)
    assert solution.untold == ()


def test_a_thing_that_fails_a_condition_is_below_the_threshold_whatever_else_holds() -> None:
    candidates = {"t1": [(RED_CUP, 1.0)], "t2": [(PLANT, 1.0)], "t3": [(BOARD, 1.0)]}
    relations = [Relation("t1", ON, "t3"), Relation("t2", ON, "t3"), Relation("t1", RIGHT, "t2")]
    solution = solve([target("t1"), target("t2"), target("t3")], candidates, relations, IMAGE)
    assert solution.best is not None
    assert solution.best.score < 0.5
    assert solution.runner_up is None


def test_two_that_fit_alike_leave_no_margin() -> None:
    solution = solve([target("t1", "red")], {"t1": CUPS}, [], IMAGE)
    assert solution.best is not None
    assert solution.runner_up is not None
    assert {solution.best.regions["t1"].id, solution.runner_up.regions["t1"].id} == {"red", "red2"}
    assert solution.margin == 0


def test_one_thing_found_twice_is_no_rival_of_itself() -> None:
    again = region("again", (101, 300, 161, 380), red=0.9, white=0.1)
    solution = solve([target("t1", "red")], {"t1": [(RED_CUP, 0.9), (again, 0.8), (BLUE_CUP, 0.9)]}, [], IMAGE)
    assert solution.runner_up is not None
    assert solution.runner_up.regions["t1"] is BLUE_CUP


@pytest.mark.parametrize(("place", "expected"), [(1, RED_CUP), (2, BLUE_CUP), (3, RED_CUP_2)])
def test_counting_from_the_left(place: int, expected: Region) -> None:
    solution = solve([target("t1", rank=Rank(Order.FROM_LEFT, place))], {"t1": CUPS}, [], IMAGE)
    assert solution.best is not None
    assert solution.best.regions["t1"] is expected
    assert solution.margin > 0.4


def test_a_rank_counts_only_what_the_attributes_leave() -> None:
    solution = solve([target("t1", "red", rank=Rank(Order.FROM_LEFT, 2))], {"t1": CUPS}, [], IMAGE)
    assert solution.best is not None
    assert solution.best.regions["t1"] is RED_CUP_2


def test_there_is_no_fourth_of_three() -> None:
    solution = solve([target("t1", rank=Rank(Order.FROM_LEFT, 4))], {"t1": CUPS}, [], IMAGE)
    assert solution.best is not None
    assert solution.best.score == 0


def test_between_two_of_a_kind() -> None:
    relation = Relation("t1", BETWEEN, "t2", "t2")
    solution = solve([target("t1"), target("t2")], {"t1": [(PLANT, 0.9)], "t2": CUPS}, [relation], IMAGE)
    assert solution.best is not None
    around = {solution.best.regions["t2"].id, solution.best.regions["t2" + OTHER].id}
    assert "red2" in around
    assert len(around) == 2


def test_what_cannot_be_told_is_named_and_left_out() -> None:
    behind, near = Relation("t1", BEHIND, "t2"), Relation("t1", NEXT, "t9")
    solution = solve(
        [target("t1", "wooden"), target("t2")], {"t1": [(RED_CUP, 0.9)], "t2": [(PLANT, 0.9)]}, [behind, near], IMAGE
    )
    assert set(solution.untold) == {"wooden", behind, near}
    assert solution.best is not None
    assert solution.best.score == pytest.approx(0.9)


def test_what_cannot_be_told_of_the_best_is_named() -> None:
    unmeasured = region("u", (10, 10, 60, 60))
    solution = solve([target("t1", "red")], {"t1": [(unmeasured, 0.9), (BLUE_CUP, 0.9)]}, [], IMAGE)
    assert solution.best is not None
    assert solution.best.regions["t1"] is unmeasured
    assert solution.untold == ("red",)


def test_one_thing_is_not_next_to_itself_under_another_name() -> None:
    person, man = region("person", (100, 100, 200, 400)), region("man", (101, 100, 201, 401))
    candidates = {"t1": [(person, 0.9)], "t2": [(man, 0.9)]}
    assert solve([target("t1"), target("t2")], candidates, [Relation("t1", NEXT, "t2")], IMAGE).best is None
    # Unrelated, they may well be one: "is there a person, and is there a man?"
    assert solve([target("t1"), target("t2")], candidates, [], IMAGE).best is not None
    # Letters fill their sign.
    assert solve([target("t1"), target("t2")], candidates, [Relation("t1", ON, "t2")], IMAGE).best is not None


@pytest.mark.parametrize("candidates", [{}, {"t1": []}, {"t1": CUPS, "t2": []}])
def test_without_candidates_there_is_no_assignment(candidates: Mapping[str, Sequence[tuple[Region, float]]]) -> None:
    solution = solve([target("t1"), target("t2")], candidates, [Relation("t1", LEFT, "t2")], IMAGE)
    assert (solution.best, solution.runner_up, solution.margin) == (None, None, 0.0)


def test_nothing_asked_nothing_found() -> None:
    assert solve([], {}, [], IMAGE).best is None


KINDS = [kind for kind in RelationKind if kind is not BETWEEN]
WORDS = ("red", "dark blue", "large", "leftmost", "wooden", "round")


@st.composite
def plans(
    draw: st.DrawFn,
) -> tuple[list[Target], dict[str, list[tuple[Region, float]]], list[Relation]]:
    pool = [draw(regions(f"r{number}")) for number in range(draw(st.integers(1, 6)))]
    names = [f"t{number}" for number in range(1, draw(st.integers(1, 3)) + 1)]
    targets = [target(name, *draw(st.lists(st.sampled_from(WORDS), max_size=2, unique=True))) for name in names]
    fits = st.integers(0, 10).map(lambda tenths: tenths / 10)
    candidates = {
        name: [(each, draw(fits)) for each in draw(st.lists(st.sampled_from(pool), unique_by=lambda r: r.id))]
        for name in names
    }
    relations = []
    if len(names) > 1:
        pair = st.permutations(names).map(lambda order: order[:2])
        for kind in draw(st.lists(st.sampled_from(KINDS), max_size=3)):
            subject, object_ = draw(pair)
            relations.append(Relation(subject, kind, object_))
    if len(names) == 3 and draw(st.booleans()):
        relations.append(Relation("t1", BETWEEN, "t2", "t3"))
    return targets, candidates, relations


def brute_force(
    targets: list[Target], candidates: Mapping[str, list[tuple[Region, float]]], relations: list[Relation]
) -> list[tuple[float, Region]]:
    """The score, and the asked target's region, of every assignment, written down anew from the definition."""
    names = [each.id for each in targets]
    choices = [dict(zip(names, each, strict=True)) for each in product(*(candidates[name] for name in names))]
    rows = []
    for chosen in choices:
        strengths: list[float | None] = []
        for each in targets:
            found, fit = chosen[each.id]
            peers = [peer for peer, _ in candidates[each.id]]
            strengths += [fit, *(attributes.fits(word, found, peers, IMAGE) for word in each.attributes)]
        for relation in relations:
            second = chosen[relation.second_object_id][0] if relation.second_object_id else None
            subject, object_ = chosen[relation.subject_id][0], chosen[relation.object_id][0]
            strengths.append(strength(relation.kind, subject, object_, second=second, image_size=IMAGE))
        rows.append(strengths)
    told = [index for index in range(len(rows[0])) if any(row[index] is not None for row in rows)] if rows else []
    scored = []
    for chosen, row in zip(choices, rows, strict=True):
        if not clashing({name: found for name, (found, _) in chosen.items()}, relations):
            values = [0.5 if row[index] is None else row[index] for index in told]
            held = [value for value in values if value is not None and value >= 0.5]
            failed = [value for value in values if value is not None and value < 0.5]
            scored.append((prod(held) ** (1 / len(values)) * prod(failed), chosen[names[0]][0]))
    return scored


def clashing(chosen: Mapping[str, Region], relations: list[Relation]) -> bool:
    shared = (RelationKind.ON, RelationKind.INSIDE, RelationKind.OVERLAPPING)
    for one, other in product(chosen, chosen):
        if one < other:
            ends = [{r.subject_id, r.object_id} | ({r.second_object_id} - {""}) for r in relations]
            kinds = [r.kind for r, ids in zip(relations, ends, strict=True) if {one, other} <= ids]
            apart = bool(kinds) and not any(kind in shared for kind in kinds)
            if chosen[one].id == chosen[other].id:
                return True
            if apart and iou(chosen[one].box, chosen[other].box) >= 0.8:
                return True
    return False


@given(plans())
@settings(max_examples=300)
def test_the_best_and_the_runner_up_are_those_of_brute_force(
    plan: tuple[list[Target], dict[str, list[tuple[Region, float]]], list[Relation]],
) -> None:
    targets, candidates, relations = plan
    solution = solve(targets, candidates, relations, IMAGE)
    scored = brute_force(targets, candidates, relations)
    if not scored:
        assert solution.best is None
        return
    assert solution.best is not None
    greatest = max(score for score, _ in scored)
    assert solution.best.score == pytest.approx(greatest, abs=1e-6)
    asked = solution.best.regions["t1"]
    each = {reading.regions["t1"].id: reading.score for reading in readings(targets, candidates, relations, IMAGE)}
    assert each == pytest.approx({name: max(s for s, found in scored if found.id == name) for name in each}, abs=1e-6)
    assert set(each) == {found.id for _, found in scored}
    others = [score for score, found in scored if found.id != asked.id and iou(found.box, asked.box) < 0.8]
    if others:
        assert solution.runner_up is not None
        assert solution.runner_up.score == pytest.approx(max(others), abs=1e-6)
        assert solution.margin == pytest.approx(greatest - max(others), abs=1e-6)
    else:
        assert solution.runner_up is None
        assert solution.margin == pytest.approx(greatest)


@pytest.mark.parametrize("seed", range(12))
def test_where_everything_is_related_to_everything_the_search_branches_and_stays_exact(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - pictures

    def thing(name: str) -> Region:
        x, y, width, height = (chance.uniform(*limits) for limits in ((0, 700), (0, 500), (50, 300), (50, 300)))
        red = chance.uniform(0.1, 0.9)
        return region(name, (x, y, x + width, y + height), nearness=chance.random(), red=red, blue=1 - red)

    targets = [target(f"t{number}") for number in range(5)]
    candidates = {each.id: [(thing(f"{each.id}.{n}"), chance.uniform(0.5, 1)) for n in range(3)] for each in targets}
    soft = (RelationKind.NEAR, RelationKind.SAME_COLOR, RelationKind.OVERLAPPING)
    relations = [Relation(a.id, chance.choice(soft), b.id) for a, b in combinations(targets, 2)]
    solution = solve(targets, candidates, relations, IMAGE)
    assert solution.best is not None
    assert solution.best.score == pytest.approx(
        max(s for s, _ in brute_force(targets, candidates, relations)), abs=1e-9
    )


def test_readings_are_all_that_a_question_may_mean() -> None:
    relation = Relation("t1", LEFT, "t2")
    told = readings([target("t1"), target("t2")], {"t1": CUPS, "t2": [(PLANT, 0.8)]}, [relation], IMAGE)
    assert [each.regions["t1"].id for each in told] == ["blue", "red", "red2"]
    assert [each.score >= 0.5 for each in told] == [True, True, False]
    assert readings([], {}, [], IMAGE) == ()
    assert readings([target("t1")], {"t1": []}, [], IMAGE) == ()
