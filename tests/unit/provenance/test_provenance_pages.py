"""Page sizes and page tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import InvalidField
from services.provenance.core import pages


@pytest.mark.parametrize(("asked", "size"), [(0, 20), (1, 1), (20, 20), (100, 100)])
def test_page_size(asked: int, size: int) -> None:
    assert pages.size(asked) == size


@pytest.mark.parametrize("asked", [-1, 101, -(2**31), 2**31 - 1])
def test_a_page_size_out_of_range_is_refused(asked: int) -> None:
    with pytest.raises(InvalidField) as caught:
        pages.size(asked)
    assert caught.value.field == "page_size"


LIST = b"list"


def test_no_token_means_the_first_page() -> None:
    assert pages.before("", LIST) is None


@given(st.integers(0, 2**63 - 1))
def test_a_token_leads_back_to_its_place(index: int) -> None:
    assert pages.before(pages.token(index, LIST), LIST) == index


@given(st.text(min_size=1, max_size=20) | st.binary(max_size=16).map(bytes.hex).filter(bool))
def test_what_no_page_gave_is_refused(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        pages.before(text, LIST)
    assert caught.value.field == "page_token"


@given(st.integers(0, 2**63 - 1), st.integers(0, 19), st.sampled_from("AZaz09-_+/=! "))
def test_a_token_has_one_spelling(index: int, place: int, letter: str) -> None:
    token = pages.token(index, LIST)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        found = pages.before(changed, LIST)
    except InvalidField:
        return
    assert found is not None
    assert pages.token(found, LIST) == changed


def test_a_token_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidField, match="another filter"):
        pages.before(pages.token(7, b"this"), LIST)
