"""Which things a plan means: groups, relations, ranks, and what stands in the way."""

from __future__ import annotations

import pytest

from services.common.claims import AbstentionReason
from services.common.plans import Order, Plan, Rank, Relation, RelationKind, Target, Task
from services.common.regions import Capability, Region
from services.fusion.core.objects import joined
from services.fusion.core.resolve import Resolution, Scene, resolve
from tests.unit.fusion.cases import ENGINE, SIZE, careful, lettering, plan, thing

CUP, OTHER_CUP = thing("r1", "cup", (50, 100, 90, 140)), thing("r2", "cup", (300, 100, 340, 140))
PLATE = thing("r3", "plate", (180, 100, 240, 140))
T1, T2 = Target("t1", "cup"), Target("t2", "plate")


def resolved(planned: Plan, *regions: Region) -> Resolution:
    return resolve(planned, Scene(SIZE, regions, frozenset()))


def candidates(planned: Plan, *regions: Region, target: int = 0) -> list[str]:
    return [candidate.region_id for candidate in resolved(planned, *regions).evidence[target].candidates]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (RelationKind.LEFT_OF, ["r1"]),
        (RelationKind.RIGHT_OF, ["r2"]),
        (RelationKind.SMALLER_THAN, ["r1", "r2"]),
        (RelationKind.ABOVE, []),
    ],
)
def test_the_things_of_which_a_relation_holds(kind: RelationKind, expected: list[str]) -> None:
    asked = plan(Task.COUNT, T1, T2, relations=(Relation("t1", kind, "t2"),))
    assert candidates(asked, CUP, OTHER_CUP, PLATE) == expected


def test_what_a_relation_is_measured_against_is_its_context() -> None:
    asked = plan(Task.LOCATE, T1, T2, relations=(Relation("t1", RelationKind.LEFT_OF, "t2"),))
    (candidate,) = resolved(asked, CUP, OTHER_CUP, PLATE).evidence[0].candidates
    assert candidate.context_region_ids == ("r3",)


def test_a_relation_gives_a_finding_to_state() -> None:
    asked = plan(Task.EXISTS, T1, T2, relations=(Relation("t1", RelationKind.LEFT_OF, "t2"),))
    (finding,) = resolved(asked, CUP, PLATE).evidence[0].findings
    assert (finding.region_id, finding.object_region_ids) == ("r1", ("r3",))
    assert finding.strength == 1


def test_between_is_measured_against_two() -> None:
    between = Relation("t1", RelationKind.BETWEEN, "t2", "t2")
    asked = plan(Task.LOCATE, Target("t1", "plate"), Target("t2", "cup"), relations=(between,))
    (candidate,) = resolved(asked, CUP, OTHER_CUP, PLATE).evidence[0].candidates
    assert candidate.region_id == "r3"
    assert set(candidate.context_region_ids) == {"r1", "r2"}


@pytest.mark.parametrize(("order", "place", "expected"), [(Order.FROM_LEFT, 1, ["r1"]), (Order.FROM_RIGHT, 1, ["r2"])])
def test_a_rank_leaves_one(order: Order, place: int, expected: list[str]) -> None:
    asked = plan(Task.LOCATE, Target("t1", "cup", rank=Rank(order, place)))
    assert candidates(asked, CUP, OTHER_CUP) == expected


def test_nearness_without_depth_is_not_checkable() -> None:
    asked = plan(Task.LOCATE, Target("t1", "cup", rank=Rank(Order.NEAREST, 1)))
    setback = resolved(asked, CUP, OTHER_CUP).setbacks["t1"]
    assert (setback.reason, setback.capability) == (AbstentionReason.NOT_CHECKABLE, Capability.DEPTH)


def test_both_tiers_find_one_thing_once_and_the_careful_box_stands() -> None:
    assert candidates(plan(Task.COUNT, T1), CUP, careful(CUP, "r9")) == ["r9"]


def test_other_kinds_at_the_place_take_nothing_away() -> None:
    saucer = careful(thing("", "plate", (48, 98, 92, 142)), "r9")
    assert candidates(plan(Task.COUNT, T1), CUP, saucer) == ["r1"]


def test_faint_things_count_only_where_nothing_is_credible() -> None:
    faint = thing("r9", "cup", (200, 200, 240, 240), 0.3)
    assert candidates(plan(Task.COUNT, T1), CUP, faint) == ["r1"]
    assert candidates(plan(Task.COUNT, T1), faint) == ["r9"]


def test_a_source_without_a_score_is_just_credible() -> None:
    (candidate,) = resolved(plan(Task.EXISTS, T1), thing("r1", "cup", (1, 1, 9, 9), None)).evidence[0].candidates
    assert candidate.fit == 0.5


def test_lettering_is_found_wherever_either_tier_reads_it_and_once() -> None:
    asked = plan(Task.COUNT, Target("t1", literal_text="EXIT", is_text=True))
    fast = lettering("r1", "NO EXIT", (10, 10, 90, 30))
    split = careful(lettering("", "EX1", (50, 10, 90, 30)), "r2")
    again = careful(lettering("", "NO EXIT", (11, 10, 90, 31)), "r3")
    assert candidates(asked, fast, split) == ["r1"]
    assert candidates(asked, fast, again) == ["r3"]


def test_targets_go_together_where_relations_join_them() -> None:
    targets = tuple(Target(f"t{number}", "cup") for number in range(1, 6))
    relations = (Relation("t1", RelationKind.ON, "t4"), Relation("t4", RelationKind.BETWEEN, "t2", "t2"))
    groups = joined(Plan(Task.LOCATE, ENGINE, targets, relations))
    assert [[target.id for target in group] for group in groups] == [["t1", "t2", "t4"], ["t3"], ["t5"]]
