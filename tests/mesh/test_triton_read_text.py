"""Capability read_text, of a real Triton: what is written is read, and what cannot be read is refused."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from tritonclient.grpc import InferenceServerClient, InferInput
from tritonclient.utils import InferenceServerException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import numpy.typing as npt

# Where the words are drawn: left, top, right, bottom of their ink with some room, pixels.
WORDS = {"INVOICE": (40, 30, 320, 110), "TOTAL 42.50": (40, 150, 500, 230)}


@pytest.fixture(scope="module")
def client(triton_address: str) -> Iterator[Any]:
    with InferenceServerClient(triton_address) as client:
        yield client


def page() -> npt.NDArray[np.uint8]:
    image = Image.new("RGB", (540, 260), "white")
    draw = ImageDraw.Draw(image)
    for word, (left, top, _, _) in WORDS.items():
        draw.text((left + 10, top + 10), word, fill="black", font=ImageFont.load_default(56))
    return np.asarray(image)


def read(client: Any, image_rgb: npt.NDArray[np.uint8]) -> Any:
    tensor = InferInput("IMAGE", image_rgb.shape, "UINT8")
    tensor.set_data_from_numpy(np.ascontiguousarray(image_rgb))
    return client.infer("read_text", [tensor])


def texts(answer: Any) -> list[str]:
    return [text.decode() for text in answer.as_numpy("TEXTS")]


def test_the_bounds_that_the_reader_applies_are_told(client: Any) -> None:
    (said,) = read(client, page()).as_numpy("THRESHOLDS")
    assert json.loads(said) == {"det_box_thresh": 0.5, "det_thresh": 0.3, "text_score": 0.5}


def test_drawn_words_are_read_where_they_are(client: Any) -> None:
    answer = read(client, page())

    polygons, scores = answer.as_numpy("POLYGONS"), answer.as_numpy("SCORES")
    assert texts(answer) == list(WORDS)
    assert (polygons.shape, polygons.dtype) == ((2, 4, 2), np.float32)
    assert (scores.shape, scores.dtype) == ((2,), np.float32)
    assert (scores > 0.9).all()
    for polygon, (left, top, right, bottom) in zip(polygons, WORDS.values(), strict=True):
        assert (polygon >= (left, top)).all()
        assert (polygon <= (right, bottom)).all()


def test_colours_are_taken_as_red_green_blue(client: Any) -> None:
    image = Image.new("RGB", (540, 260), (0, 0, 255))
    ImageDraw.Draw(image).text((50, 40), "BLUE", fill=(255, 255, 255), font=ImageFont.load_default(56))

    assert texts(read(client, np.asarray(image))) == ["BLUE"]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_first_corner_is_the_top_left_of_the_writing_however_it_is_turned(client: Any, quarters: int) -> None:
    upright = page()[20:120, :360]
    height, width = upright.shape[:2]
    answer = read(client, np.rot90(upright, quarters))

    # Corners of the turned picture, each next to where the first corner must be.
    nearest = [(0, 0), (0, width), (width, height), (height, 0)][quarters]
    (polygon,) = answer.as_numpy("POLYGONS")
    assert texts(answer) == ["INVOICE"]
    assert np.linalg.norm(polygon - nearest, axis=1).argmin() == 0
    arriving, leaving = polygon - np.roll(polygon, 1, axis=0), np.roll(polygon, -1, axis=0) - polygon
    turns = arriving[:, 0] * leaving[:, 1] - arriving[:, 1] * leaving[:, 0]
    assert (turns > 0).all(), "clockwise as one sees it: y points down"


def test_a_blank_page_has_no_writing_and_keeps_the_shapes(client: Any) -> None:
    answer = read(client, np.full((200, 300, 3), 255, np.uint8))

    assert answer.as_numpy("POLYGONS").shape == (0, 4, 2)
    assert answer.as_numpy("TEXTS").shape == answer.as_numpy("SCORES").shape == (0,)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1000, 3), (1000, 1, 3), (2, 5000, 3)])
def test_a_sliver_of_a_picture_is_read_like_any_other(client: Any, shape: tuple[int, ...]) -> None:
    assert texts(read(client, np.zeros(shape, np.uint8))) == []


def test_writing_in_a_thin_strip_keeps_its_place(client: Any) -> None:
    strip = np.full((64, 1000, 3), 255, np.uint8)
    strip[:, 300:840] = page()[158:222]

    answer = read(client, strip)

    (polygon,) = answer.as_numpy("POLYGONS")
    assert texts(answer) == ["TOTAL 42.50"]
    assert (polygon >= (330, 0)).all()
    assert (polygon <= (800, 64)).all()


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 4), (1, 5, 5, 3), (0, 5, 3)])
def test_another_shape_is_refused_by_name_and_the_next_picture_is_read(client: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(InferenceServerException, match="IMAGE") as caught:
        read(client, np.zeros(shape, np.uint8))

    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert texts(read(client, page())) == list(WORDS)


def test_every_answer_carries_the_version_and_the_digest_of_its_weights(client: Any) -> None:
    first, second = read(client, page()), read(client, np.zeros((40, 40, 3), np.uint8))

    (digest,) = first.as_numpy("WEIGHTS_DIGEST")
    assert first.get_response().model_version == "1"
    assert len(bytes.fromhex(digest.decode())) == hashlib.sha256().digest_size
    assert second.as_numpy("WEIGHTS_DIGEST").tolist() == [digest]
