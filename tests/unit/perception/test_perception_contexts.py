from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box
from services.common.regions import Capability
from services.perception.core.contexts import Context, FairCache
from services.perception.core.views import ViewRule

CONTEXT = Context("a", "d" * 64, Capability.DETECT, "m", "1", "w", False, ViewRule(2000, 192, 8), None)

puts = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(1, 60)),
    max_size=40,
)


def filled(limit: int, what: list[tuple[str, int, int]]) -> FairCache[str]:
    cache: FairCache[str] = FairCache(limit)
    for tenant, key, size in what:
        cache.put(tenant, key, f"{tenant}{key}", size=size, until=10)
    return cache


@given(what=puts, limit=st.integers(0, 120))
def test_the_limit_holds_and_sizes_add_up(what: list[tuple[str, int, int]], limit: int) -> None:
    cache = filled(limit, what)
    assert cache.size <= limit
    held = {(tenant, key): size for tenant, key, size in what if cache.get(tenant, key, 0) is not None}
    assert cache.size == sum(held.values()) == sum(cache.size_of(tenant) for tenant in "abc")


@given(what=puts)
def test_whoever_stays_within_its_share_loses_nothing(what: list[tuple[str, int, int]]) -> None:
    cache = filled(100, what)
    modest = {(tenant, key): size for tenant, key, size in what if tenant == "a"}
    taken = max((sum(dict(modest_until(what, end)).values()) for end in range(len(what) + 1)), default=0)
    if taken <= 100 / 3:
        assert all(cache.get("a", key, 0) == f"a{key}" for _, key in modest)


def modest_until(what: list[tuple[str, int, int]], end: int) -> list[tuple[int, int]]:
    return [(key, size) for tenant, key, size in what[:end] if tenant == "a"]


def test_the_least_recently_used_of_the_largest_goes_first() -> None:
    cache = filled(100, [("a", 1, 40), ("a", 2, 40), ("b", 1, 20)])
    assert cache.get("a", 1, 0)
    cache.put("b", 2, "b2", size=10, until=10)
    assert cache.get("a", 2, 0) is None
    assert (cache.get("a", 1, 0), cache.get("b", 1, 0), cache.get("b", 2, 0)) == ("a1", "b1", "b2")


def test_what_alone_is_over_the_limit_pushes_nothing_out() -> None:
    cache = filled(100, [("a", 1, 40)])
    cache.put("b", 1, "b1", size=101, until=10)
    assert (cache.get("a", 1, 0), cache.get("b", 1, 0)) == ("a1", None)


def test_everything_has_its_time() -> None:
    cache = filled(100, [("a", 1, 40)])
    assert cache.get("a", 1, 9.9) == "a1"
    assert cache.get("a", 1, 10) is None
    assert cache.size == 0


def test_what_is_dropped_is_gone_for_every_tenant() -> None:
    cache = filled(100, [("a", 1, 10), ("b", 1, 10), ("b", 2, 10)])
    assert cache.drop(lambda key: key == 1) == 2
    assert cache.size == 10


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTEXT, tenant="b"),
        replace(CONTEXT, image_digest="e" * 64),
        replace(CONTEXT, capability=Capability.READ_TEXT),
        replace(CONTEXT, model="n"),
        replace(CONTEXT, version="2"),
        replace(CONTEXT, weights_digest="v"),
        replace(CONTEXT, enlarged=True),
        replace(CONTEXT, rule=ViewRule(1000, 192, 8)),
        replace(CONTEXT, area=Box(0, 0, 1, 1)),
    ],
)
def test_another_tenant_image_model_or_way_of_looking_is_another_context(other: Context) -> None:
    assert other != CONTEXT
    assert other.name_of("cup") != CONTEXT.name_of("cup")


def test_a_name_tells_nothing_and_is_the_same_in_every_process() -> None:
    assert CONTEXT.name_of("cup") == "c2ba19cadb7a9cd4e6a953f85d3611110d96a85557c0a635880822b7c04514ae"
    assert CONTEXT.name_of("cup") != CONTEXT.name_of("dog")
