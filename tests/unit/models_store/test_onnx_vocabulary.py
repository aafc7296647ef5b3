"""Which class of a closed set a phrase means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

CLASSES = ("person", "traffic light", "bus", "wine glass", "knife", "motorbike", "dog", "sheep", "scissors")
SYNONYMS = {"motorcycle": "motorbike", "stoplight": "traffic light"}


@pytest.mark.parametrize(
    ("phrase", "meant"),
    [
        ("person", "person"),
        ("People", "person"),
        ("the persons", "person"),
        ("Traffic_Lights", "traffic light"),
        ("  traffic-light ", "traffic light"),
        ("buses", "bus"),
        ("wine glasses", "wine glass"),
        ("knives", "knife"),
        ("a motorcycle", "motorbike"),
        ("motorcycles", "motorbike"),
        ("stoplight", "traffic light"),
        ("sheep", "sheep"),
        ("scissors", "scissors"),
        ("\uff44\uff4f\uff47", "dog"),
        ("red dog", None),
        ("doghouse", None),
        ("unicorn", None),
        ("s", None),
        ("", None),
        ("🐶", None),
    ],
)
def test_phrases_mean_classes_or_nothing(vocabulary: Any, phrase: str, meant: str | None) -> None:
    number = vocabulary.Vocabulary(CLASSES, SYNONYMS).number(phrase)
    assert (None if number is None else CLASSES[number]) == meant


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8), st.text(max_size=40))
def test_every_class_means_itself_and_no_phrase_breaks_it(vocabulary: Any, classes: list[str], phrase: str) -> None:
    known = vocabulary.Vocabulary(classes, {})

    for name in classes:
        number = known.number(name)
        assert number is not None
        assert vocabulary.normal(classes[number]) == vocabulary.normal(name)
    assert known.number(phrase) in (None, *range(len(classes)))
