"""What was computed last, kept as long as there is room."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.runner_modules import runner_module

ByteBoundedLru = runner_module("lru").ByteBoundedLru

STEPS = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 12)), max_size=30)


def test_the_least_recently_used_leaves_first() -> None:
    kept: Any = ByteBoundedLru(30)
    for key in (b"a", b"b", b"c"):
        kept.put(key, key.decode(), 10)
    kept.get(b"a")

    kept.put(b"d", "d", 10)

    assert [kept.get(key) for key in (b"a", b"b", b"c", b"d")] == ["a", None, "c", "d"]


def test_one_that_is_too_large_is_not_kept_and_pushes_nothing_out() -> None:
    kept: Any = ByteBoundedLru(10)
    kept.put(b"a", "a", 10)

    kept.put(b"b", "b", 11)

    assert (kept.get(b"a"), kept.get(b"b")) == ("a", None)


@given(STEPS)
def test_no_more_is_held_than_allowed_and_the_last_is_found(steps: list[tuple[bytes, int]]) -> None:
    kept: Any = ByteBoundedLru(10)
    sizes: dict[bytes, int] = {}

    for number, (key, size) in enumerate(steps):
        kept.put(key, number, size)
        sizes[key] = size
        there = [each for each in sizes if kept.get(each) is not None]
        assert kept.held_bytes == sum(sizes[each] for each in there) <= 10
        assert len(kept) == len(there)
        assert (kept.get(key) == number) == (size <= 10)
