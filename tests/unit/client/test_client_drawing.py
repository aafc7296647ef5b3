"""The annotated picture, looked at pixel by pixel: a white picture makes every stroke visible."""

import pytest
from PIL import Image

from groundwire import Answer, InvalidRequest, palette
from groundwire.v1 import answer_pb2, claim_pb2, geometry_pb2, image_pb2, region_pb2

Corners = tuple[float, float, float, float]


def answer_about(size: tuple[int, int], *boxes: Corners, text: str = "YAMAHA", cited: bool = True) -> Answer:
    """One region and, if cited, one claim a box."""
    proto = answer_pb2.Answer(image=image_pb2.Image(size=geometry_pb2.Size(width=size[0], height=size[1])))
    for number, (x_min, y_min, x_max, y_max) in enumerate(boxes, 1):
        box = geometry_pb2.Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)
        proto.regions.append(region_pb2.Region(id=f"r{number}", box=box, text=text))
        if cited:
            leg = claim_pb2.Citation(region_id=f"r{number}", role=claim_pb2.CITATION_ROLE_SUPPORTS)
            claim = claim_pb2.Claim(id=f"c{number}", verdict=claim_pb2.VERDICT_SUPPORTED, citations=[leg])
            proto.claims.append(claim)
    return Answer(proto)


def white(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, (255, 255, 255))


def darkest(image: Image.Image) -> int:
    return int(image.convert("L").getextrema()[0])  # type: ignore[arg-type]  # one band: two numbers


@pytest.mark.parametrize("size", [(741, 500), (64, 48), (9, 8), (3000, 40), (40, 3000), (4000, 3000)])
def test_pictures_of_any_shape_keep_their_size(size: tuple[int, int]) -> None:
    width, height = size
    drawn = answer_about(size, (width * 0.3, height * 0.3, width * 0.6, height * 0.6)).draw(white(size))
    assert drawn.size == size
    assert drawn.mode == "RGB"
    assert drawn.tobytes() != white(size).tobytes()


@pytest.mark.parametrize(
    "box",
    [
        (356, 329, 382, 342),
        (0, 0, 60, 20),
        (681, 480, 741, 500),
        (0, 480, 60, 500),
        (681, 0, 741, 20),
        (0, 0, 741, 20),
        (0, 0, 40, 500),
    ],
)
def test_neither_the_outline_nor_the_label_covers_what_is_cited(box: Corners) -> None:
    size = (741, 500)
    drawn = answer_about(size, box).draw(white(size))
    # Away from the picture's border, where the outline has to come in.
    inner = tuple(round(at + by) for at, by in zip(box, (5, 5, -5, -5), strict=True))
    assert darkest(drawn.crop(inner)) > 200  # type: ignore[arg-type]  # four numbers


def test_the_label_is_there_whole() -> None:
    size = (741, 500)
    drawn = answer_about(size, (356, 329, 382, 342)).draw(white(size))
    green = palette.VERDICTS[claim_pb2.VERDICT_SUPPORTED]
    band = drawn.crop((340, 290, 480, 327))
    assert green in {colour for _, colour in band.getcolors(100_000) or ()}
    assert darkest(band) < 60, "the words stand on dark paper"
    assert drawn.crop((500, 0, 741, 500)).getcolors(10) is not None, "far from the region there is only the shade"


def test_the_verdict_gives_the_colour() -> None:
    size = (300, 200)
    answer = answer_about(size, (100, 80, 200, 120))
    answer.proto.claims[0].verdict = claim_pb2.VERDICT_CONTRADICTED
    colours = {colour for _, colour in answer.draw(white(size)).getcolors(100_000) or ()}
    assert palette.VERDICTS[claim_pb2.VERDICT_CONTRADICTED] in colours
    assert palette.VERDICTS[claim_pb2.VERDICT_SUPPORTED] not in colours


def test_uncited_regions_are_thin_and_nothing_is_shaded() -> None:
    size = (300, 200)
    drawn = answer_about(size, (100, 80, 200, 120), cited=False).draw(white(size))
    assert drawn.getpixel((5, 5)) == (255, 255, 255)
    assert darkest(drawn) < 250


@pytest.mark.parametrize("text", ["日本語の看板", "</svg>\x1b[31m\n\u202e", "x" * 500, ""])
def test_any_lettering_can_be_drawn(text: str) -> None:
    size = (200, 100)
    assert answer_about(size, (50, 40, 90, 60), text=text).draw(white(size)).size == size


def test_hundreds_of_claims_can_be_drawn() -> None:
    size = (1000, 1400)
    many = [(x, y, x + 60, y + 12) for x in range(10, 900, 90) for y in range(10, 1300, 40)]
    assert answer_about(size, *many).draw(white(size)).size == size


def test_the_wrong_picture_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="741x500"):
        answer_about((741, 500), (1, 1, 20, 20)).draw(white((100, 100)))


def test_without_a_picture_at_hand_one_must_be_given() -> None:
    with pytest.raises(InvalidRequest, match="not at hand"):
        answer_about((741, 500)).draw()


def explained(size: tuple[int, int], *maps: bytes) -> Answer:
    """An answer that says how models responded, on grids of two columns and one row."""
    answer = answer_about(size)
    for values in maps:
        answer.proto.relevance.add(phrase="cup", grid=geometry_pb2.Size(width=2, height=1), values=values)
    return answer


def test_responses_tint_their_cells_and_only_those() -> None:
    drawn = explained((300, 200), b"\0\xff").draw(white((300, 200)))
    assert drawn.getpixel((148, 5)) == (255, 255, 255)
    assert drawn.getpixel((150, 5)) == drawn.getpixel((299, 5)) != (255, 255, 255)
    assert min(drawn.getpixel((150, 5))) > 100, "the picture shows through"  # type: ignore[arg-type]  # RGB


def test_the_stronger_of_two_responses_shows() -> None:
    size = (300, 200)
    both, stronger = (explained(size, *maps).draw(white(size)) for maps in ([b"\x40\0", b"\x20\xff"], [b"\x40\xff"]))
    assert both.tobytes() == stronger.tobytes()


def test_the_tint_is_marked_as_explanation_beside_the_labels() -> None:
    size = (741, 500)
    answer = explained(size, b"\0\0")
    assert answer.draw(white(size)).tobytes() != white(size).tobytes(), "the mark stands in the corner"
    assert darkest(answer.draw(white(size)).crop((0, 0, 741, 400))) == 255
    assert answer.draw(white(size), relevance=False).tobytes() == white(size).tobytes()


@pytest.mark.parametrize("size", [(9, 8), (40, 3000), (3000, 40)])
def test_a_picture_of_any_shape_can_be_explained(size: tuple[int, int]) -> None:
    assert explained(size, b"\xff\xff").draw(white(size)).size == size


@pytest.mark.parametrize("values", [b"", b"\xff", b"\xff" * 3])
def test_a_map_that_is_none_is_left_out(values: bytes) -> None:
    assert explained((60, 40), values).draw(white((60, 40))).tobytes() == white((60, 40)).tobytes()


def test_what_was_redacted_is_drawn_black_on_the_callers_own_picture() -> None:
    answer = answer_about((60, 40))
    answer.proto.image.redactions.add(kind="given").box.CopyFrom(
        geometry_pb2.Box(x_min=10, y_min=10, x_max=20, y_max=30)
    )
    drawn = answer.draw(white((60, 40)))
    assert drawn.crop((10, 10, 20, 30)).getextrema() == ((0, 0), (0, 0), (0, 0))
    assert drawn.getpixel((9, 10)) == drawn.getpixel((20, 29)) == (255, 255, 255)
