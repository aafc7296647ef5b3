"""Pictures as callers have them."""

import io
from pathlib import Path

import pytest
from PIL import Image

from groundwire import ImageDigest, InvalidRequest, PictureFile
from groundwire.images import decoded, painted_over, picture_of
from groundwire.v1 import geometry_pb2, image_pb2

DIGEST = "0f" * 32


def test_a_path_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a picture.png"
    path.write_bytes(b"whatever")
    assert picture_of(path).content == b"whatever"
    assert picture_of(str(path)).content == b"whatever"


@pytest.mark.parametrize("content", [b"x", bytearray(b"x"), memoryview(b"x")])
def test_bytes_are_sent_as_they_are(content: bytes) -> None:
    assert picture_of(content).message == image_pb2.ImageInput(content=b"x")


@pytest.mark.parametrize("held", [f"sha256:{DIGEST}", ImageDigest(DIGEST), image_pb2.Image(digest=DIGEST)])
def test_a_digest_names_what_the_mesh_holds(held: str | ImageDigest | image_pb2.Image) -> None:
    assert picture_of(held).message == image_pb2.ImageInput(digest=DIGEST)


def test_a_digest_prints_as_it_is_written() -> None:
    assert str(ImageDigest(DIGEST)) == f"sha256:{DIGEST}"
    assert picture_of(str(ImageDigest(DIGEST))).digest == DIGEST


@pytest.mark.parametrize("text", ["", "0f", DIGEST.upper(), f"{DIGEST}0", f"sha512:{DIGEST}", f"{DIGEST}\n"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="no image digest"):
        ImageDigest(text)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F", "HSV"])
def test_pillow_images_of_every_mode_arrive(mode: str) -> None:
    sent = picture_of(Image.new(mode, (7, 5))).content
    assert decoded(sent).size == (7, 5)


def test_orientation_is_applied_before_it_is_lost() -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows and columns change places
    Image.new("RGB", (30, 20)).save(stream, format="JPEG", exif=exif)
    with Image.open(io.BytesIO(stream.getvalue())) as turned:
        assert decoded(picture_of(turned).content).size == (20, 30)
    assert decoded(stream.getvalue()).size == (20, 30)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "missing.png", "NO_SUCH_FILE"),
        (lambda folder: folder, "NOT_A_FILE"),
        (lambda folder: folder / "nul\0.png", "FILE_NOT_READABLE"),
        (lambda folder: folder / ("x" * 5000), "FILE_NOT_READABLE"),
    ],
)
def test_file_trouble_is_typed_and_names_the_file(make: object, reason: str, tmp_path: Path) -> None:
    assert callable(make)
    with pytest.raises(PictureFile) as caught:
        picture_of(make(tmp_path))
    assert caught.value.reason == reason
    assert caught.value.remedy
    assert caught.value.metadata["path"].startswith(str(tmp_path))


def test_an_empty_file_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    for nothing in (tmp_path / "empty.png", b""):
        with pytest.raises(InvalidRequest) as caught:
            picture_of(nothing)
        assert caught.value.reason == "UNREADABLE_IMAGE"


@pytest.mark.parametrize("thing", [None, 3, ["a.png"], object()])
def test_other_things_are_no_pictures(thing: object) -> None:
    with pytest.raises(InvalidRequest, match="is no picture"):
        picture_of(thing)  # type: ignore[arg-type]  # that is the point


def test_what_pillow_cannot_decode_is_typed() -> None:
    with pytest.raises(PictureFile, match="cannot be decoded"):
        decoded(b"text")


def test_what_to_paint_over_travels_with_the_picture() -> None:
    places = [geometry_pb2.Box(x_min=1, y_min=2, x_max=30.5, y_max=40), geometry_pb2.Box(x_max=5, y_max=5)]
    sent = picture_of(b"x", [(1, 2, 30.5, 40), (0, 0, 5, 5)]).message
    assert sent == image_pb2.ImageInput(content=b"x", redact=places)
    assert len(picture_of(b"x", [(0, 0, 1, 1)] * 64).redact) == 64


@pytest.mark.parametrize("held", [f"sha256:{DIGEST}", ImageDigest(DIGEST), image_pb2.Image(digest=DIGEST)])
def test_what_the_mesh_holds_cannot_be_painted_over(held: str | ImageDigest | image_pb2.Image) -> None:
    with pytest.raises(InvalidRequest, match="holds that image already") as caught:
        picture_of(held, [(0, 0, 1, 1)])
    assert caught.value.metadata["field"] == "image.redact"
    assert "send the picture itself" in caught.value.remedy


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 0, 9),
        (5, 0, 4, 9),
        (0, 9, 9, 9),
        (0, 0, float("nan"), 9),
        (0, 0, 9, float("inf")),
        (1, 2, 3),
        (1, 2, 3, 4, 5),
        ("a", 0, 1, 1),
        None,
    ],
)
def test_what_is_no_box_is_refused_by_its_number(box: object) -> None:
    with pytest.raises(InvalidRequest, match="is no box") as caught:
        picture_of(b"x", [(0, 0, 1, 1), box])  # type: ignore[list-item]  # that is the point
    assert caught.value.metadata["field"] == "image.redact[1]"
    assert "x_min, y_min, x_max, y_max" in caught.value.remedy


def test_too_many_boxes_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="65 places") as caught:
        picture_of(b"x", [(0, 0, 1, 1)] * 65)
    assert "at most 64" in caught.value.remedy


@pytest.mark.parametrize(
    ("corners", "black"),
    [
        ((2, 3, 5, 7), 3 * 4),
        ((2.9, 3.9, 4.1, 6.1), 3 * 4),
        ((-5, -5, 2, 2), 2 * 2),
        ((2, 2, 2, 2), 1),
        ((18, 8, 90, 90), 2 * 2),
    ],
)
def test_painted_places_are_black_and_nothing_else_is(corners: tuple[float, float, float, float], black: int) -> None:
    white = Image.new("RGB", (20, 10), (255, 255, 255))
    x_min, y_min, x_max, y_max = corners
    box = geometry_pb2.Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)
    painted = painted_over(white, [image_pb2.Redaction(box=box)])
    assert painted.histogram()[0] == black
    assert white.histogram()[0] == 0, "the caller's own picture stays"
