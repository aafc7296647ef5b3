from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.plans import Aspect, Plan, RelationKind, Task
from services.llm.core.classes import CLASSES
from services.llm.core.lexicon import entries
from services.llm.core.patterns import PATTERNS
from services.llm.core.planner import ENGINE, plan
from services.llm.core.pointing import IT, OTHER
from services.llm.core.reading import read
from services.llm.core.words import canonical
from tests.unit.llm.table import Row, rows, spoken
from tests.unit.llm.table import plan as expected

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = rows()
NOT_UNDERSTOOD = Plan(Task.UNKNOWN, ENGINE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.question)
def test_each_question_of_the_table_gives_its_plan(row: Row) -> None:
    assert plan(row.question, spoken(row.before)) == row.plan


def test_accuracy_by_task_is_whole(record_property: Callable[[str, object], None]) -> None:
    asked = Counter(row.plan.task.name for row in TABLE)
    right = Counter(row.plan.task.name for row in TABLE if plan(row.question, spoken(row.before)) == row.plan)
    record_property("planner_accuracy", {task: f"{right[task]}/{asked[task]}" for task in asked})
    assert right == asked
    assert set(asked) == {task.name for task in Task}


def test_the_table_is_large_and_asks_nothing_twice() -> None:
    assert len(TABLE) >= 400
    assert len({(row.question, row.before) for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    ("question", "plan_expected"),
    [
        (
            "What brand is written on the motorcycle?",
            expected("READ", "brand <brand>", "motorcycle", relations=("t1 ON t2",)),
        ),
        ("What does the sign say?", expected("READ", "text <any>", "sign", relations=("t1 ON t2",))),
        ("What is the total?", expected("READ", "total <total>")),
        ("What is the invoice number?", expected("READ", "invoice number <keyed>")),
        ("Read the text", expected("READ")),
        ("Where is the word EXIT?", expected("LOCATE", '"EXIT" <any>')),
        ('How many times does "OPEN" appear?', expected("COUNT", '"OPEN" <any>')),
        ("Which is bigger, the dog or the cat?", expected("COMPARE", "dog", "cat", aspect="SIZE")),
        ("Which is smaller, the dog or the cat?", expected("COMPARE", "dog", "cat", aspect="SIZE", least=True)),
        ("Is the door open?", expected("STATE", "[open] door", aspect="CONDITION")),
        ("What colour is the car?", expected("ATTRIBUTE", "car", aspect="COLOR")),
        ("Is the big car red?", expected("ATTRIBUTE", "[big] car", aspect="COLOR")),
        ("Is the red car big?", expected("ATTRIBUTE", "[red] car", aspect="SIZE")),
        ("Is the light red?", expected("STATE", "[red] light", aspect="CONDITION")),
        ("Is the table wooden?", expected("STATE", "[wooden] table", aspect="CONDITION")),
        ("How old is the man?", expected("ATTRIBUTE", "man")),
        ("Where is the cup on the left?", expected("LOCATE", "cup @FROM_LEFT 1")),
        ("Where are the cups on the left?", expected("LOCATE", "[left] cup")),
        ("Is there a cup on the left?", expected("EXISTS", "[left] cup")),
        ("Where is the tallest tree?", expected("LOCATE", "[tallest] tree")),
        ("Is the cup left of the plate?", expected("EXISTS", "cup", "plate", relations=("t1 LEFT_OF t2",))),
    ],
)
def test_the_conventions_hold_in_full(question: str, plan_expected: Plan) -> None:
    assert plan(question) == plan_expected


@pytest.mark.parametrize(
    "wording",
    [
        "What is written above the door",
        "WHAT IS WRITTEN ABOVE THE DOOR?",
        "what's written above the door?",
        "What’s written above the door ?",  # noqa: RUF001 - the curly apostrophe is what is tested
        "  What   is\twritten\nabove the door??!",
        "Please, what is written above the door?",
        "Hello! What is written above the door, please?",
        "What is written above the door? Thanks in advance!",
        "Could you please tell me what is written above the door?",
        "In this picture, what is written above the door?",
        "What is written above the door in the photo?",
        "“What is written above the door?”",
        "What is written above the door? \N{SLIGHTLY SMILING FACE}",
        "Ｗｈａｔ　ｉｓ　ｗｒｉｔｔｅｎ　ａｂｏｖｅ　ｔｈｅ　ｄｏｏｒ？",  # noqa: RUF001 - full-width forms are what is tested
    ],
)
def test_wording_and_dress_change_nothing(wording: str) -> None:
    assert plan(wording) == expected("READ", "text <any>", "door", relations=("t1 ABOVE t2",))


@pytest.mark.parametrize("quoted", ['"No Exit"', "'No Exit'", "“No Exit”", "«No Exit»", "‘No Exit’", "`No Exit`"])  # noqa: RUF001
def test_quoted_words_are_kept_as_they_are(quoted: str) -> None:
    assert plan(f"Where is {quoted}?") == expected("LOCATE", '"No Exit" <any>')


@pytest.mark.parametrize(
    "text", ["", "   ", "?!", "\N{CAT FACE}", '""', "\x00", "a" * 2000, "\N{COMBINING ACUTE ACCENT}" * 9]
)
def test_what_holds_no_question_is_not_understood(text: str) -> None:
    assert plan(text) == NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "text",
    [
        "Was hat die Frau in der Hand?",
        "Wo ist Total?",
        "Where is der Hund?",
        "Le prix total ?",
        "Find el perro",
        "¿Hay un perro en la mesa?",
        "How many los perros are there?",
    ],
)
def test_a_question_with_small_words_of_another_language_is_not_guessed_at(text: str) -> None:
    assert plan(text) == NOT_UNDERSTOOD


def test_other_languages_may_be_what_is_written() -> None:
    assert plan("Where is the word donde?") == expected("LOCATE", '"donde" <any>')
    assert plan('Is there the word "und"?') == expected("EXISTS", '"und" <any>')
    assert plan("Where is the El Paso sign?").task is Task.LOCATE


@pytest.mark.parametrize(
    "part",
    [
        "the cat on ",
        "the ",
        "where is ",
        "'a ",
        '"',
        "what is written on the ",
        "red ",
        "and ",
        "please ",
        "of ",
        "a, ",
    ],
)
def test_long_and_repetitive_text_is_planned_like_any_other(part: str) -> None:
    text = (part * 2000)[:2000]
    assert_whole(plan(text))
    assert_whole(plan(f"Where is {text}"[:2000]))
    assert_whole(plan(f"How many dogs are {text}"[:2000]))


def test_a_text_longer_than_any_question_is_not_understood() -> None:
    steps = " on the table" * 30
    assert plan(f"Where is the cup{steps}?").task is Task.LOCATE
    assert plan(f"Where is the cup{steps * 2}?") == NOT_UNDERSTOOD
    assert plan(f'Where is "{"word " * 300}"?').task is Task.LOCATE


def assert_whole(made: Plan) -> None:
    ids = [target.id for target in made.targets]
    assert ids == [f"t{number}" for number in range(1, len(ids) + 1)]
    assert {
        end for r in made.relations for end in (r.subject_id, r.object_id, r.second_object_id or r.object_id)
    } <= set(ids)
    assert all(r.subject_id not in (r.object_id, r.second_object_id) for r in made.relations)
    assert all(bool(r.second_object_id) == (r.kind is RelationKind.BETWEEN) for r in made.relations)
    assert all(target.noun == target.noun.lower() == target.noun.strip() for target in made.targets)
    assert all(attribute == attribute.lower() for target in made.targets for attribute in target.attributes)
    assert all(target.noun or target.literal_text for target in made.targets)
    assert not any(mark in repr(made) for mark in (IT, OTHER))
    assert all(target.rank is None or target.rank.place >= 1 for target in made.targets)
    assert made.aspect is Aspect.NONE or made.task in {Task.ATTRIBUTE, Task.STATE, Task.COMPARE}
    assert not made.least or made.task is Task.COMPARE
    assert all(target.is_text for target in made.targets if target.literal_text or target.text_field)
    assert made.engine == ENGINE
    if made.task is Task.UNKNOWN:
        assert not made.targets
    if made.task not in {Task.UNKNOWN, Task.READ, Task.DESCRIBE}:
        assert made.targets


@given(st.text(max_size=2000))
def test_any_text_gives_a_whole_plan(text: str) -> None:
    assert_whole(plan(text))


KNOWN_WORDS = sorted(
    {word for words in CLASSES.values() for word in entries(words)} | {"cat", "EXIT", '"EXIT"', ",", "?", "man's"}
)


@given(st.lists(st.sampled_from(KNOWN_WORDS), max_size=12))
@settings(max_examples=400)
def test_any_words_of_the_grammar_give_a_whole_plan(words: list[str]) -> None:
    assert_whole(plan(" ".join(words)))


@given(
    st.sampled_from(TABLE),
    st.data(),
)
@settings(max_examples=300)
def test_questions_with_a_word_lost_or_doubled_give_a_whole_plan(row: Row, data: st.DataObject) -> None:
    words = row.question.split()
    place = data.draw(st.integers(0, len(words) - 1))
    times = data.draw(st.sampled_from([0, 2, 3]))
    assert_whole(plan(" ".join((*words[:place], *[words[place]] * times, *words[place + 1 :]))))


@given(
    st.lists(st.sampled_from(TABLE), max_size=3), st.lists(st.sampled_from([*KNOWN_WORDS, "it", "them"]), max_size=9)
)
@settings(max_examples=200)
def test_whatever_goes_on_from_whatever_gives_a_whole_plan(before: list[Row], words: list[str]) -> None:
    conversation = spoken(tuple(row.question for row in before))
    made = plan(" ".join(words), conversation)
    assert_whole(made)
    if not any(turn.plan.targets for turn in conversation):
        assert not any(target.earlier for target in made.targets)


def test_a_conversation_goes_back_over_what_was_not_understood() -> None:
    conversation = spoken(("Where is the dog?", "ipsum lorem"))
    assert plan("What colour is it?", conversation) == expected("ATTRIBUTE", "^dog", aspect="COLOR")


@given(st.sampled_from(TABLE))
def test_planning_is_the_same_every_time(row: Row) -> None:
    assert plan(row.question) == plan(row.question)


def test_every_pattern_of_the_grammar_is_in_the_table() -> None:
    used = {request.pattern for row in TABLE if (request := read(canonical(row.question))) is not None}
    assert used == set(PATTERNS)
