"""Conversations in memory, and maps of where models responded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Size
from services.common.plans import Plan, Target, Task
from services.fusion.conversations import MemoryConversations
from services.fusion.core.phrases import EVERYDAY, SYNONYMS, careful_phrases
from services.fusion.core.relevance import LONG_SIDE, Relevance, relevance
from services.fusion.ports import PastTurn
from tests.fakes.answers import KnownWorld
from tests.unit.fusion.cases import ENGINE, lettering, plan, thing


def turn(question: str) -> PastTurn:
    return PastTurn(question, Plan(Task.EXISTS, ENGINE), "a" * 64, {})


async def questions(held: MemoryConversations, tenant: str, name: str) -> list[str]:
    return [each.question for each in await held.recall(tenant, name)]


async def test_the_last_turns_are_kept_in_order() -> None:
    held = MemoryConversations(world=KnownWorld(), most=2, most_turns=2, idle_s=1e6)
    for question in "abc":
        await held.remember("t", "c", turn(question))
    assert await questions(held, "t", "c") == ["b", "c"]


async def test_the_conversation_that_was_used_longest_ago_goes_first() -> None:
    held = MemoryConversations(world=KnownWorld(), most=2, most_turns=2, idle_s=1e6)
    for name in ("one", "two", "one", "three"):
        await held.remember("t", name, turn(name))
    assert [await questions(held, "t", name) for name in ("one", "two", "three")] == [["one", "one"], [], ["three"]]


async def test_tenants_never_share_a_conversation() -> None:
    held = MemoryConversations(world=KnownWorld(), most=9, most_turns=2, idle_s=1e6)
    await held.remember("one", "c", turn("secret"))
    assert await questions(held, "two", "c") == []


async def test_what_lies_idle_is_forgotten() -> None:
    held = MemoryConversations(world=KnownWorld(), most=9, most_turns=2, idle_s=3)  # the clock ticks at each use
    await held.remember("t", "c", turn("a"))
    assert await questions(held, "t", "c") == ["a"]
    for _ in range(4):
        await held.recall("t", "other")
    assert await questions(held, "t", "c") == []


def grid(drawn: Relevance) -> npt.NDArray[np.uint8]:
    size, values = drawn.grid, drawn.values
    return np.frombuffer(values, np.uint8).reshape(size.height, size.width)


def test_a_map_is_strong_where_the_thing_is_and_empty_elsewhere() -> None:
    half = thing("r1", "cup", (0, 0, 160, 320), 1.0)
    (drawn,) = relevance(plan(Task.EXISTS, Target("t1", "cup")), [half], Size(320, 320))
    assert drawn.phrase == "cup"
    assert (grid(drawn)[:, : LONG_SIDE // 2] == 255).all()
    assert (grid(drawn)[:, LONG_SIDE // 2 :] == 0).all()


def test_faint_things_and_like_words_stir_a_little() -> None:
    asked = plan(Task.EXISTS, Target("t1", "cup"), Target("t2", literal_text="EXIT", is_text=True))
    regions = [thing("r1", "cup", (0, 0, 200, 300), 0.1), lettering("r2", "EXAM", (200, 0, 400, 300), 1.0)]
    cup, word = map(grid, relevance(asked, regions, Size(400, 300)))
    assert cup.max() == round(255 * 0.1)
    assert word.max() == round(255 * 0.5)


@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_the_grid_keeps_the_picture_s_shape(width: int, height: int) -> None:
    (drawn,) = relevance(plan(Task.EXISTS, Target("t1", "cup")), [], Size(width, height))
    assert max(drawn.grid.width, drawn.grid.height) == LONG_SIDE
    assert len(drawn.values) == drawn.grid.width * drawn.grid.height


def test_names_of_one_thing_name_one_another() -> None:
    assert all(name in SYNONYMS[other] for name, others in SYNONYMS.items() for other in others)
    assert len(EVERYDAY) == len(set(EVERYDAY)) <= 64


def test_only_what_was_not_found_is_searched_for_by_its_other_names() -> None:
    targets = [Target("t1", "sofa"), Target("t2", "cup"), Target("t3", "cup")]
    assert careful_phrases(targets, frozenset({"t1"})) == ("sofa", "couch", "settee", "cup")
