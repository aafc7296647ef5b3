from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.llm.core.nouns import plural, singular
from services.llm.core.words import canonical


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("What's  this?", "what is this ."),
        ("Where are 'Main Street' and \"5th Ave.\"?", 'Where are "Main Street" and "5th Ave." .'),
        ("the dogs' bowls", "the dogs bowls"),
        ("the man's t-shirt, please", "the man's t-shirt , please"),
        ("It costs 10.50!", "It costs 10.50 ."),
        ("a (red) cup - small", "a red cup - small"),
        ("price in $", "price in $"),
        ("hello \N{DOG FACE}\N{VARIATION SELECTOR-16}", "hello"),
        ('"What is this?"', "What is this ."),
        ('"EXIT"', '"EXIT"'),
        ("WHERE IS THE EXIT?", "where is the exit ."),
        ('FIND THE WORD "EXIT"', 'find the word "EXIT"'),
        ("NO EXIT", "NO EXIT"),
        ("Where is the EXIT?", "Where is the EXIT ."),
        ("What colour's the bin?", "What colour is the bin ."),
        ('the word "', "the word"),
    ],
)
def test_text_is_brought_into_one_form(text: str, expected: str) -> None:
    assert canonical(text) == expected


@given(st.text())
def test_words_stand_one_space_apart(text: str) -> None:
    outside = canonical(text).split('"')[::2]
    assert all("  " not in part for part in outside)
    assert canonical(text) == canonical(text).strip()


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("dogs", "dog"),
        ("people", "person"),
        ("men", "man"),
        ("women", "woman"),
        ("children", "child"),
        ("buses", "bus"),
        ("bus", "bus"),
        ("dresses", "dress"),
        ("dress", "dress"),
        ("boxes", "box"),
        ("watches", "watch"),
        ("cherries", "cherry"),
        ("cookies", "cookie"),
        ("horses", "horse"),
        ("houses", "house"),
        ("shoes", "shoe"),
        ("tomatoes", "tomato"),
        ("knives", "knife"),
        ("glasses", "glasses"),
        ("bottles of water", "bottle of water"),
        ("traffic lights", "traffic light"),
        ("sheep", "sheep"),
        ("", ""),
        ("s", "s"),
    ],
)
def test_nouns_are_put_into_the_singular(many: str, one: str) -> None:
    assert singular(many) == one


@pytest.mark.parametrize(
    "one", ["dog", "person", "woman", "bus", "box", "cherry", "boy", "knife", "child", "bottle of water"]
)
def test_the_singular_undoes_the_plural(one: str) -> None:
    assert plural(one) != one
    assert singular(plural(one)) == one


@given(st.text(st.characters(categories=["Ll"]), max_size=30))
def test_the_singular_of_a_singular_stays(word: str) -> None:
    assert len(singular(word)) <= len(word) + 3
