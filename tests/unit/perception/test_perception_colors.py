"""Colours by name: known answers, shading and highlights, patterns; and how often the survey agrees with itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import outlines
from services.common.geometry import Box, Size
from services.common.outlines import MaskBroken
from services.common.regions import Mask
from services.perception.core import appearances, cielab, colors, masks
from services.perception.core.appearances import Place
from services.perception.core.color_names import SAMPLES

Pixels = npt.NDArray[np.uint8]
Rgb = tuple[int, int, int]

RED, WHITE, BLACK, BLUE = (200, 20, 30), (250, 250, 250), (8, 8, 8), (30, 60, 180)


def painted(rgb: Rgb, count: int) -> Pixels:
    return np.tile(np.array(rgb, dtype=np.uint8), (count, 1))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        # With the matrix of four digits that IEC 61966-2-1 prints; more digits move the last of these.
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
    ],
)
def test_cielab_of_known_colours(rgb: Rgb, lab: tuple[float, float, float]) -> None:
    assert cielab.from_srgb(painted(rgb, 1))[0] == pytest.approx(lab, abs=0.05)


def lab(*values: float) -> npt.NDArray[np.float32]:
    return np.array([values], dtype=np.float32)


def test_differences_of_known_pairs() -> None:
    gray, lighter = lab(50, 0, 0), lab(60, 0, 0)
    assert cielab.differences(gray, lighter)[0, 0] == pytest.approx(10)
    # Two chromas of 50, 10 apart in a* and b* alone: hue counts 1 / (1 + 0.015 * 50).
    one, other = lab(50, 30, 40), lab(50, 40, 30)
    assert cielab.differences(one, other)[0, 0] == pytest.approx(np.sqrt(200) / 1.75, rel=1e-5)


@pytest.mark.parametrize(
    ("rgb", "called"),
    [
        ((255, 0, 0), "red"),
        ((0, 255, 0), "green"),
        ((0, 0, 255), "blue"),
        ((255, 255, 0), "yellow"),
        ((255, 165, 0), "orange"),
        ((128, 0, 128), "purple"),
        ((255, 105, 180), "pink"),
        ((255, 192, 203), "light pink"),
        ((139, 69, 19), "brown"),
        ((139, 0, 0), "dark red"),
        ((0, 100, 0), "dark green"),
        ((173, 216, 230), "light blue"),
        ((0, 0, 90), "dark blue"),
        ((0, 0, 0), "black"),
        ((30, 30, 32), "black"),
        ((255, 255, 255), "white"),
        ((235, 232, 225), "white"),
        ((128, 128, 128), "gray"),
        ((70, 70, 72), "dark gray"),
        ((190, 190, 188), "light gray"),
    ],
)
def test_known_colours(rgb: Rgb, called: str) -> None:
    assert colors.name(rgb) == called


def test_the_survey_calls_its_own_colours_as_people_did() -> None:
    terms = [term for term, digits in SAMPLES.items() for _ in digits]
    codes = [bytes.fromhex(code) for digits in SAMPLES.values() for code in digits]
    told = [colors.name((red, green, blue)) for red, green, blue in codes]
    agree = [said.rpartition(" ")[2] == term for said, term in zip(told, terms, strict=True)]
    assert len(agree) == 558
    assert sum(agree) / len(agree) > 0.9


def shaded_ball(rgb: Rgb, side: int = 96) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """A ball lit from the upper left: Lambert's shading with some ambient light, and Phong's highlight."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side),) * 2, indexing="ij")
    inside = x**2 + y**2 < 0.98
    z = np.sqrt(np.maximum(0, 1 - x**2 - y**2))
    light = np.array([-0.5, -0.6, 0.62])
    facing = np.maximum(0, -(x * -light[0] + y * -light[1] - z * light[2]))
    linear = (np.array(rgb) / 255) ** 2.2 * (0.12 + 0.88 * facing[..., None])
    mirrored = 2 * facing * z - light[2]
    linear = linear + np.where(facing > 0, np.maximum(0, mirrored) ** 60, 0)[..., None]
    return (np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8), inside


def of_a_ball(rgb: Rgb) -> dict[str, float]:
    """Shares by basic term of a shaded ball's pixels."""
    pixels, inside = shaded_ball(rgb)
    shares: dict[str, float] = {}
    for name, share in colors.named(pixels[inside]):
        basic = name.rpartition(" ")[2]
        shares[basic] = shares.get(basic, 0) + share
    return shares


@pytest.mark.parametrize(
    ("rgb", "term"),
    [
        ((200, 20, 30), "red"),
        ((30, 60, 200), "blue"),
        ((20, 140, 40), "green"),
        ((120, 40, 150), "purple"),
        ((110, 65, 30), "brown"),
    ],
)
def test_a_ball_in_the_light_has_its_colour(rgb: Rgb, term: str) -> None:
    shares = of_a_ball(rgb)
    assert shares[term] > 0.7
    assert "white" not in shares


def test_yellow_in_the_shade_is_brown() -> None:
    # English has no word for dark yellow: what names do not tell, shares of names cannot.
    shares = of_a_ball((250, 220, 30))
    assert set(sorted(shares, key=lambda each: -shares[each])[:2]) == {"yellow", "brown"}


def test_a_white_ball_is_white_and_gray() -> None:
    shares = of_a_ball((235, 235, 235))
    assert shares["white"] + shares["gray"] > 0.9


def test_highlights_and_shadows_of_a_coloured_thing_do_not_count() -> None:
    pixels = np.concatenate([painted(RED, 700), painted(WHITE, 100), painted(BLACK, 200)])
    assert colors.named(pixels) == (("red", 1.0),)


def test_stripes_count() -> None:
    pixels = np.concatenate([painted(RED, 600), painted(WHITE, 400)])
    assert colors.named(pixels) == (("red", 0.6), ("white", 0.4))


def test_black_that_is_most_of_a_thing_counts() -> None:
    assert colors.named(np.concatenate([painted(BLACK, 600), painted(RED, 400)])) == (("black", 0.6), ("red", 0.4))


def test_a_football_is_white_and_black() -> None:
    assert colors.named(np.concatenate([painted(WHITE, 700), painted(BLACK, 300)])) == (("white", 0.7), ("black", 0.3))


def test_traces_are_not_named_and_nothing_has_no_colour() -> None:
    assert colors.named(np.concatenate([painted(BLUE, 995), painted((0, 200, 0), 5)])) == (("blue", 0.995),)
    assert colors.named(np.zeros((0, 3), dtype=np.uint8)) == ()


@given(st.lists(st.tuples(*(st.integers(0, 255),) * 3), min_size=1, max_size=40))
def test_shares_are_shares_whatever_the_order(pixels: list[Rgb]) -> None:
    array = np.array(pixels, dtype=np.uint8)
    told = colors.named(array)
    assert told == colors.named(array[::-1])
    assert sum(share for _, share in told) == pytest.approx(1)
    assert all(0 < share <= 1 for _, share in told)
    assert [share for _, share in told] == sorted((share for _, share in told), reverse=True)


def scene() -> Pixels:
    """A red disc, 40 pixels across, on a green lawn."""
    image = np.empty((80, 100, 3), dtype=np.uint8)
    image[:] = (40, 130, 50)
    y, x = np.mgrid[:80, :100]
    image[(x - 49.5) ** 2 + (y - 39.5) ** 2 < 400] = RED
    return image


DISC = Box(30, 20, 70, 60)


def test_the_corners_of_a_box_do_not_count() -> None:
    (seen,) = appearances.measured(scene(), [Place(DISC)], None)
    assert seen.colors == (("red", 1.0),)
    assert seen.pixels == pytest.approx(np.pi * 400, rel=0.02)
    assert seen.nearness is None


def test_a_mask_says_which_pixels_count() -> None:
    left = np.zeros((80, 100), dtype=np.bool_)
    left[:, :30] = True
    (seen,) = appearances.measured(scene(), [Place(Box(20, 0, 70, 80), masks.encoded(left))], None)
    assert (seen.colors[0][0], seen.pixels) == ("green", 800)


def test_an_empty_mask_has_no_looks() -> None:
    nothing = masks.encoded(np.zeros((80, 100), dtype=np.bool_))
    (seen,) = appearances.measured(scene(), [Place(DISC, nothing)], np.ones((80, 100), dtype=np.float32))
    assert (seen.colors, seen.pixels, seen.nearness) == ((), 0, None)


@pytest.mark.parametrize("counts", [b"!", b"z" * 40, b"13", b""])
def test_a_broken_mask_is_said_to_be_one(counts: bytes) -> None:
    with pytest.raises(MaskBroken):
        appearances.measured(scene(), [Place(DISC, Mask(Size(100, 80), counts))], None)


@pytest.mark.parametrize("box", [Box(10, 10, 10.4, 10.3), Box(99.5, 79.5, 140, 140), Box(-5, -5, 1, 1)])
def test_the_smallest_places_have_pixels(box: Box) -> None:
    (seen,) = appearances.measured(scene(), [Place(box)], None)
    assert seen.pixels >= 1


def test_large_places_are_thinned_out() -> None:
    image = np.tile(scene(), (20, 20, 1))
    (seen,) = appearances.measured(image, [Place(Box(0, 0, 2000, 1600))], None)
    assert seen.pixels < 1.5 * appearances.MOST_PIXELS
    assert dict(seen.colors)["red"] == pytest.approx(np.pi * 400 / 8000, abs=0.05)


def test_nearness_is_the_median_between_the_farthest_and_the_nearest() -> None:
    depth = np.repeat(np.linspace(2, 8, 101, dtype=np.float32)[:, None], 100, axis=1)
    image = np.zeros((101, 100, 3), dtype=np.uint8)
    boxes = [Box(0, 0, 100, 1), Box(20, 40, 80, 61), Box(0, 100, 100, 101)]
    near = [seen.nearness for seen in appearances.measured(image, [Place(box) for box in boxes], depth)]
    assert near == pytest.approx([0, 0.5, 1], abs=1e-3)


def test_a_flat_picture_is_neither_near_nor_far() -> None:
    (seen,) = appearances.measured(scene(), [Place(DISC)], np.full((80, 100), 3, dtype=np.float32))
    assert seen.nearness == 0.5


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_masks_come_back_from_their_encoding(height: int, width: int, data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=height, max_size=height)
    )
    mask = np.array(rows, dtype=np.bool_)
    assert (outlines.pixels(masks.encoded(mask)) == mask).all()
    assert outlines.area(masks.encoded(mask)) == mask.sum()
