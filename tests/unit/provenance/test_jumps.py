"""Clocks that are set."""

from __future__ import annotations

from dataclasses import dataclass

from services.provenance.clock import Jumps


@dataclass
class Clocks:
    wall_s: float = 1e9
    monotonic_s: float = 5.0

    def pass_by(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


def test_a_jump_is_seen_once_whichever_way_and_the_passing_of_time_is_none() -> None:
    clocks = Clocks()
    jumps = Jumps(lambda: clocks.wall_s, lambda: clocks.monotonic_s)
    clocks.pass_by(1e6)
    assert jumps.seen() == 0
    for moved in (3600.0, -3600.0):
        clocks.wall_s += moved
        clocks.pass_by(60)
        assert jumps.seen() == moved
        assert jumps.seen() == 0


def test_a_clock_that_is_slewed_does_not_jump() -> None:
    clocks = Clocks()
    jumps = Jumps(lambda: clocks.wall_s, lambda: clocks.monotonic_s)
    clocks.wall_s += 2.0
    assert jumps.seen() == 0
