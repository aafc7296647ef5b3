"""Phrases, as detectors are asked: prompts of many, and labels in one's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.runner_modules import runner_module

prompts = runner_module("prompts")
Vocabulary = runner_module("vocabulary").Vocabulary

MARKS = prompts.Marks(begin=101, end=102, stop=1012)
LIMIT = 12
PHRASES = st.lists(st.lists(st.integers(200, 250), max_size=LIMIT - 3), max_size=12)
COCO = ("person", "traffic light", "sports ball", "knife", "sheep", "bus", "sandwich", "couch", "mouse", "scissors")


def test_phrases_share_a_prompt_until_it_is_full() -> None:
    made = prompts.prompts_of([[7, 8], [9], [], [5, 6, 7, 8, 9]], MARKS, 9)

    assert [prompt.tokens for prompt in made] == [[101, 7, 8, 1012, 9, 1012, 102], [101, 5, 6, 7, 8, 9, 1012, 102]]
    assert [prompt.spans for prompt in made] == [((0, 1, 3), (1, 4, 5)), ((3, 1, 6),)]


@given(PHRASES)
def test_every_phrase_stands_whole_in_one_prompt(phrases: list[list[int]]) -> None:
    made = prompts.prompts_of(phrases, MARKS, LIMIT)

    placed = {number: prompt.tokens[first:after] for prompt in made for number, first, after in prompt.spans}
    assert placed == {number: phrase for number, phrase in enumerate(phrases) if phrase}
    assert sum(len(prompt.spans) for prompt in made) == len(placed)
    for prompt in made:
        assert len(prompt.tokens) <= LIMIT
        assert (prompt.tokens[0], prompt.tokens[-2:]) == (101, [1012, 102])
        assert all(prompt.tokens[after] == 1012 for _, _, after in prompt.spans)


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("person", "person"),
        ("Person", "person"),
        ("a person", "person"),
        ("people", "person"),
        ("the  traffic_lights", "traffic light"),
        ("Traffic-Light", "traffic light"),
        ("sports balls", "sports ball"),
        ("knives", "knife"),
        ("sheep", "sheep"),
        ("buses", "bus"),
        ("a bus", "bus"),
        ("sandwiches", "sandwich"),
        ("some mice", "mouse"),
        ("scissors", "scissors"),
    ],
)
def test_a_phrase_names_a_label_in_its_own_words(phrase: str, label: str) -> None:
    number = Vocabulary(COCO).number(phrase)

    assert number is not None
    assert COCO[number] == label


@pytest.mark.parametrize("phrase", ["unicorn", "red bus", "light", "busy", "per son", "\U0001f600", "s", "a", "the"])
def test_another_phrase_names_none(phrase: str) -> None:
    assert Vocabulary(COCO).number(phrase) is None


def test_a_label_in_its_own_spelling_comes_before_one_that_is_alike() -> None:
    vocabulary = Vocabulary(["glass", "Glasses", "glasses", "glass"])

    assert [vocabulary.number(label) for label in ("glass", "Glasses", "glasses")] == [0, 1, 2]
