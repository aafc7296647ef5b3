from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import MeshError
from services.common.geometry import Box, Size, Transform
from services.common.regions import Capability, Region, Source, Tier
from services.perception.core import redaction
from services.perception.core.redaction import GIVEN, KINDS, Method, Place, Policy
from services.perception.redaction_file import NOTHING, read_policies
from services.runtime import tenant

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Source(Capability.READ_TEXT, "reader", "1", "", Tier.FAST)
SIZE = Size(100, 60)
POLICY = Policy(kinds=KINDS, method=Method.FILL, tier=Tier.FAST, countries=("US",), least_score=0.3)


def piece(text: str, box: Box, *, label: str = "", score: float | None = 0.9) -> Region:
    return Region("", "", box, SOURCE, Transform(1, 1, 0, 0, SIZE), text=text, label=label, score=score)


def noise(size: Size = SIZE) -> redaction.Pixels:
    return np.random.default_rng(1).integers(1, 256, (size.height, size.width, 3), dtype=np.uint8)


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(-50, 120),
    st.floats(-50, 80),
    st.floats(0.1, 90),
    st.floats(0.1, 90),
)


def test_personal_lettering_is_painted_by_the_piece() -> None:
    mail, plain = Box(0, 0, 50, 10), Box(0, 20, 50, 30)
    places = redaction.lettering_places([piece("to ann@example.org", mail), piece("EXIT", plain)], POLICY)
    assert places == (Place(mail, "email", "pattern"),)


def test_what_is_split_over_the_pieces_of_a_line_is_found_and_every_piece_of_it_goes() -> None:
    boxes = [Box(x, 0, x + 18, 10) for x in (0, 20, 40, 60)]
    line = [piece(text, box) for text, box in zip(("Card:", "4111 1111", "1111 1111", "thanks"), boxes, strict=True)]
    places = redaction.lettering_places(line, POLICY)
    assert [(place.box, place.kind) for place in places if place.kind == "card"] == [
        (boxes[1], "card"),
        (boxes[2], "card"),
    ]


def test_lines_are_not_read_together() -> None:
    lines = [piece("4111 1111", Box(0, 0, 50, 10)), piece("1111 1111", Box(0, 20, 50, 30))]
    assert redaction.lettering_places(lines, POLICY) == ()


def test_a_sight_that_is_unsure_is_left_and_one_without_a_score_is_not() -> None:
    sure, unsure = piece("", Box(0, 0, 9, 9), label="face"), piece("", Box(0, 0, 9, 9), label="face", score=0.2)
    unscored = piece("", Box(0, 0, 9, 9), label="plate", score=None)
    assert [place.kind for place in redaction.sight_places([sure, unsure, unscored], POLICY)] == ["face", "plate"]


@given(box=boxes, kind=st.sampled_from([GIVEN, "face", "plate", "email"]))
def test_a_settled_place_covers_what_it_shares_with_the_image_on_whole_pixels(box: Box, kind: str) -> None:
    place = redaction.settled(Place(box, kind, ""), SIZE)
    inside = box.grown(0, SIZE)
    if place is None:
        assert inside.width <= 0 or inside.height <= 0
        return
    settled = place.box
    assert settled == Box(*map(round, settled.as_array()))
    assert settled == settled.grown(0, SIZE)
    if inside.width > 0 and inside.height > 0:
        assert settled.x_min <= inside.x_min < inside.x_max <= settled.x_max
        assert settled.y_min <= inside.y_min < inside.y_max <= settled.y_max


@given(box=boxes, kind=st.sampled_from([GIVEN, "face", "plate", "email"]), method=st.sampled_from(Method))
def test_nothing_of_a_place_can_be_told_and_the_rest_is_untouched(box: Box, kind: str, method: Method) -> None:
    image, place = noise(), redaction.settled(Place(box, kind, ""), SIZE)
    if place is None:
        return
    left, top, right, bottom = (int(edge) for edge in place.box.as_array())
    clean = redaction.painted(image, [place], method)
    inside = clean[top:bottom, left:right].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) <= redaction.BLOCKS**2
    if method is Method.FILL or kind not in redaction.BLURRED:
        assert not inside.any()
    rest = np.ones(image.shape[:2], bool)
    rest[top:bottom, left:right] = False
    assert (clean[rest] == image[rest]).all()


def test_a_pixelated_face_is_a_few_blocks_of_mean_colour() -> None:
    image = noise()
    clean = redaction.painted(image, [Place(Box(10, 10, 50, 50), "face", "m")], Method.PIXELATE)
    assert (clean[10:20, 10:20] == image[10:20, 10:20].mean(axis=(0, 1)).round()).all()
    assert len(np.unique(clean[10:50, 10:50].reshape(-1, 3), axis=0)) == 16


def test_the_original_is_left_to_whoever_holds_it() -> None:
    image = noise()
    redaction.painted(image, [Place(Box(0, 0, 100, 60), GIVEN, "")], Method.FILL)
    assert image.all()


# --- the file ---

FILE = """
[default]
kinds = ["face", "email"]
method = "pixelate"
tier = "fast"

[tenants.archive]
kinds = []
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "redaction.toml"


def test_each_tenant_has_its_policy_and_the_others_the_default(path: Path) -> None:
    path.write_text(FILE)
    policies = read_policies(path)
    assert policies.current() == Policy(("face", "email"), Method.PIXELATE, Tier.FAST, ("US",))

    def archived() -> Policy:
        tenant.set_current("archive")
        return policies.current()

    assert copy_context().run(archived).kinds == ()


def test_without_a_file_nothing_is_looked_for() -> None:
    assert read_policies(None).current() is NOTHING


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('[default]\nkinds = ["soul"]', "'soul' is no kind"),
        ('[default]\nkinds = ["face"]\nmethod = "blur"', "default.method"),
        ('[default]\nkinds = ["phone"]\ncountries = ["Europe"]', "'Europe' is no country"),
        ('[defaults]\nkinds = ["face"]', "defaults"),
        ('[tenants."A B"]\nkinds = []', "tenant"),
        ("[default", "Expected"),
        ("[default]", "default.kinds"),
    ],
)
def test_a_file_that_says_something_else_is_refused_whole(path: Path, content: str, why: str) -> None:
    path.write_text(content)
    with pytest.raises(MeshError, match=why) as refused:
        read_policies(path)
    assert "GROUNDWIRE_PERCEPTION_REDACTION_FILE" in refused.value.remedy


def test_a_file_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(MeshError, match="cannot be used"):
        read_policies(path)
