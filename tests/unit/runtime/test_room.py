"""The room that calls share."""

from __future__ import annotations

import pytest

from services.common.errors import Overloaded
from services.runtime.room import Room


def test_what_is_held_is_bounded_and_one_tenant_leaves_room() -> None:
    room = Room("uploads", 100)
    with room.held("flood") as first:
        first.grow(50)
        with room.held("flood") as second, pytest.raises(Overloaded, match="uploads of 50 bytes") as refused:
            second.grow(1)
        assert refused.value.retry_after_s > 0
        with room.held("polite") as third:
            third.grow(30)
            third.grow(20)
    with room.held("flood") as again:
        again.grow(50)


def test_over_all_tenants_there_is_an_end_too() -> None:
    room = Room("requests", 100)
    with room.held("a") as first, room.held("b") as second, room.held("c") as third:
        first.grow(50)
        second.grow(50)
        with pytest.raises(Overloaded):
            third.grow(1)
