"""What the growth bench concludes from times, and the pictures that it measures with."""

from __future__ import annotations

import numpy as np
import pytest

from bench.bench_growth import blocks, curves, result


def test_times_that_grow_with_the_square_have_slope_two_and_miss_the_goal() -> None:
    (curve,) = curves(
        {("regions", size): [size**2 * noise for noise in (0.9, 1.0, 1.1)] for size in (1.0, 10.0, 100.0)}
    )
    assert curve.slope == pytest.approx(2)
    assert curve.low < 2 < curve.high
    assert curve.points == ((1.0, 1.0), (10.0, 100.0), (100.0, 10000.0))


def test_a_constant_part_hides_growth_from_all_but_the_last_step() -> None:
    seconds = {("claims", size): [1 + size**2 / 1e4] * 3 for size in (1.0, 10.0, 100.0, 1000.0)}
    (curve,) = curves(seconds)
    assert curve.slope < 1
    assert curve.last > 1.5
    (verdict,) = result(seconds).verdicts
    assert verdict.endswith("missed")


def test_a_picture_has_so_many_blocks_each_of_another_colour() -> None:
    rgb = np.asarray(blocks(1000, 1024, 3))
    colours = np.unique(rgb[(rgb < 255).all(axis=2)], axis=0)
    assert len(colours) == 1000
    assert (np.asarray(blocks(1000, 1024, 4)) != rgb).any()
