"""Corruptions, other words, and scenes."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from groundwire.errors import InvalidRequest
from groundwire.evaluation import sets
from groundwire.evaluation.corruptions import CORRUPTIONS, corrupted
from groundwire.evaluation.examples import Example, Gold, Phrases, Question
from groundwire.evaluation.paraphrases import FORMS, paraphrases
from groundwire.evaluation.robustness import corrupted_examples
from groundwire.evaluation.scenes import KINDS, scene, write_scenes
from groundwire.evaluation.scenes.camera import homography


def checkered(size: tuple[int, int] = (240, 160)) -> Image.Image:
    picture = Image.new("RGB", size, (240, 240, 240))
    draw = ImageDraw.Draw(picture)
    for x in range(0, size[0], 40):
        for y in range(0, size[1], 40):
            if (x + y) // 40 % 2:
                draw.rectangle((x, y, x + 39, y + 39), fill=(30, 60, 160))
    return picture


def png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_follows_its_seed_and_changes_the_picture(name: str) -> None:
    picture = checkered()
    first, again = (corrupted(picture, name, 3, seed=1, of="a") for _ in range(2))
    assert png(first.picture) == png(again.picture)
    assert png(first.picture) != png(picture)


@pytest.mark.parametrize("name", ["noise", "motion-blur", "low-light", "occlusion"])
def test_no_two_pictures_and_no_two_seeds_are_corrupted_alike(name: str) -> None:
    picture = checkered()
    made = {png(corrupted(picture, name, 3, seed=seed, of=of).picture) for seed in (1, 2) for of in ("a", "b")}
    assert len(made) == 4


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name not in ("rotation", "downscaling")])
def test_a_higher_severity_is_farther_from_the_picture(name: str) -> None:
    picture = checkered()
    clean = np.asarray(picture, dtype=float)
    far = [
        float(np.abs(np.asarray(corrupted(picture, name, level, seed=4, of="a").picture) - clean).mean())
        for level in (1, 3, 5)
    ]
    assert far[0] < far[1] < far[2]


@settings(max_examples=40)
@given(
    st.sampled_from(["rotation", "downscaling"]),
    st.integers(1, 5),
    st.integers(0, 5),
    st.tuples(st.integers(60, 140), st.integers(50, 90)),
)
def test_boxes_go_along(name: str, severity: int, seed: int, at: tuple[int, int]) -> None:
    """A dark square is found inside its moved box, and nothing dark outside."""
    x, y = at
    picture = Image.new("RGB", (240, 160), (255, 255, 255))
    ImageDraw.Draw(picture).rectangle((x, y, x + 29, y + 19), fill=(0, 0, 0))
    made = corrupted(picture, name, severity, seed=seed)
    (left, top, right, bottom) = made.moved([(x, y, x + 30, y + 20)])[0]
    rows, columns = np.nonzero(np.asarray(made.picture)[:, :, 0] < 64)
    assert len(rows)
    assert left - 1 <= columns.min()
    assert columns.max() + 1 <= right + 1
    assert top - 1 <= rows.min()
    assert rows.max() + 1 <= bottom + 1
    assert columns.min() - left < 4
    assert right - columns.max() < 5


def test_examples_are_corrupted_with_their_boxes(tmp_path: Path) -> None:
    checkered().save(tmp_path / "a.png")
    gold = Gold("located", "square", boxes=((40, 0, 80, 40),))
    example = Example("1", tmp_path / "a.png", Phrases(("square",)), (gold,), ignore=((0, 0, 8, 8),))
    out = tmp_path / "out"
    out.mkdir()
    first, second = corrupted_examples([example, replace(example, id="2")], out, "downscaling", 2, 0)
    with Image.open(first.image) as picture:
        assert picture.size == (144, 96)
    assert list(first.golds[0].boxes) == [(24, 0, 48, 24)]
    assert first.ignore[0] == pytest.approx((0, 0, 4.8, 4.8))
    assert first.image == second.image


def test_every_form_has_other_words_that_keep_what_is_asked_for() -> None:
    asked = {
        'Is there the word "EXIT"?': '"EXIT"',
        "What is the total?": "",
        "What is the price of COFFEE?": "COFFEE",
        "How many red cups are there?": "red cups",
        "What color is the leftmost cup?": "leftmost cup",
        "Is there a lamp?": "lamp",
        "Where is the dog?": "dog",
        "What is the date?": "date",
        "Which company is it from?": "",
    }
    seen = set()
    for question, kept in asked.items():
        example = Example("1", Path("a"), Question(question), ())
        said = list(paraphrases(example))
        assert len(said) >= 2, question
        for one in said:
            assert isinstance(one.example.ask, Question)
            assert kept in one.example.ask.text
            assert one.example.ask.text != question
            seen.add(one.template)
    assert seen == {other.replace(r"\g<w>", "…") for form in FORMS for other in form.others}
    assert not list(paraphrases(Example("1", Path("a"), Question("Why?"), ())))


points = st.tuples(*[st.tuples(st.floats(-5, 5), st.floats(-5, 5)) for _ in range(4)])


@given(points)
def test_a_homography_takes_corners_where_they_belong(moves: tuple[tuple[float, float], ...]) -> None:
    square = np.array([[0, 0], [100, 0], [100, 80], [0, 80]], dtype=float)
    target = square + np.array(moves)
    there = np.c_[square, np.ones(4)] @ homography(square, target).T
    assert np.allclose(there[:, :2] / there[:, 2:], target, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_follows_its_seed(kind: str) -> None:
    first, again, other = scene(kind, 3), scene(kind, 3), scene(kind, 4)
    assert png(first.picture) == png(again.picture)
    assert (first.things, first.asked) == (again.things, again.asked)
    assert png(first.picture) != png(other.picture)


@settings(max_examples=12)
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 10_000))
def test_every_box_lies_in_its_picture_and_lettering_holds_ink(kind: str, seed: int) -> None:
    drawn = scene(kind, seed)
    width, height = drawn.picture.size
    pixels = np.asarray(drawn.picture.convert("L"), dtype=float)
    boxes = [thing.box for thing in drawn.things]
    boxes += [box for asked in drawn.asked for gold in asked.golds for box in gold.boxes]
    for x_min, y_min, x_max, y_max in boxes:
        assert 0 <= x_min < x_max <= width
        assert 0 <= y_min < y_max <= height
    for thing in drawn.things:
        if thing.text:
            x_min, y_min, x_max, y_max = (round(value) for value in thing.box)
            there = pixels[y_min:y_max, x_min:x_max]
            assert there.max() - there.min() > 60, thing


@settings(max_examples=12)
@given(st.integers(0, 10_000))
def test_counts_and_absences_are_those_of_what_was_drawn(seed: int) -> None:
    drawn = scene("table", seed)
    for asked in drawn.asked:
        (gold,) = asked.golds
        colour = gold.label.removesuffix("cup").strip()
        there = [thing for thing in drawn.things if thing.label == "cup" and colour in ("", thing.colour)]
        if gold.kind == "count":
            assert gold.values == (str(len(there)),)
        if gold.is_absent:
            assert not there


def test_scenes_are_a_set(tmp_path: Path) -> None:
    written = write_scenes(tmp_path / "scenes", seed=1, count=1)
    examples = sets.load("groundwire", tmp_path / "scenes")
    assert (written.pictures, written.questions) == (len(KINDS), len(examples))
    assert {example.stratum for example in examples} >= {"count", "colour", "relation", "text", "price", "absence"}
    again = tmp_path / "again"
    write_scenes(again, seed=1, count=1)
    for path in (tmp_path / "scenes").iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        scene("circus", 0)
