"""What counts as the same lettering."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fusion.core.lettering import digits, normalised, presence, same, similarity

TEXT = st.text(max_size=30)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("", "", True),
        ("EXIT", "exit", True),
        ("Café", "CAFE", True),
        ("SDN. BHD.", "SDN BHD", True),
        ("３１.00", "31.00", True),  # noqa: RUF001 - full-width digits are the point
        ("31.00", "37.00", False),
        ("YAMAHA", "YAMARA", False),
    ],
)
def test_same(a: str, b: str, equal: bool) -> None:  # noqa: FBT001 - a table's column
    assert same(a, b) is equal


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("EXIT", "EMERGENCY EXIT ONLY", 1.0),
        ("no entry", "NO ENTRY", 1.0),
        ("no entry", "NOENTRY", 1.0),
        ("sale", "SA LE", 1.0),
        ("EXIT", "EXITING", 4 / 7),
        ("EXIT", "", 0.0),
    ],
)
def test_presence(phrase: str, text: str, expected: float) -> None:
    assert presence(phrase, text) == pytest.approx(expected)


@given(TEXT, TEXT)
def test_similarity_is_symmetric_and_within_0_and_1(a: str, b: str) -> None:
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1


@given(TEXT)
def test_a_text_is_like_itself_and_normalising_twice_changes_nothing(text: str) -> None:
    assert similarity(text, text) == 1
    assert normalised(normalised(text)) == normalised(text)


@given(TEXT, TEXT)
def test_a_phrase_is_present_in_a_text_at_least_as_much_as_the_whole_is_like_it(phrase: str, text: str) -> None:
    assert presence(phrase, text) >= similarity(phrase, text)


def test_digits_keep_their_order() -> None:
    assert digits("RM 1,031.50") == "103150"
