"""The notebook page: hostile words stay words."""

import io
from html.parser import HTMLParser

from PIL import Image

from groundwire import Answer
from groundwire.v1 import answer_pb2, geometry_pb2, image_pb2
from tests.fakes import canned

ALLOWED = {
    *("div", "style", "h3", "bdi", "svg", "image", "polygon", "rect", "title", "text"),
    *("table", "tr", "th", "td", "span", "br"),
}


class Tags(HTMLParser):
    """Every tag of a page, and every attribute's name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def answered(question: str) -> answer_pb2.Answer:
    image = image_pb2.Image(digest="ab" * 32, size=geometry_pb2.Size(width=320, height=200))
    return canned.World().record(canned.answer_to(image, question, answer_pb2.STAKES_STANDARD))


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (320, 200), (90, 90, 90)).save(stream, format="PNG")
    return stream.getvalue()


def test_hostile_lettering_becomes_neither_markup_nor_control() -> None:
    proto = answered("hostile")
    proto.question = canned.HOSTILE
    proto.claims[0].id = canned.HOSTILE
    proto.regions[0].id = canned.HOSTILE
    proto.claims[0].citations[0].region_id = canned.HOSTILE
    proto.regions[0].source.model = canned.HOSTILE
    proto.trace_id = canned.HOSTILE
    page = Answer(proto, content=png())._repr_html_()
    seen = Tags(page)
    assert seen.tags <= ALLOWED
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "alert(1)" in seen.words, "what it says is shown, as words"
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_page_says_all_and_needs_nothing_else() -> None:
    page = Answer(answered("What brand is written there?"), content=png())._repr_html_()
    words = Tags(page).words
    for said in ("What brand is written there?", "YAMAHA", "supported", "raw 0.97", "c1", "r2", "YAMARA", "record 0"):
        assert said in words
    assert "data:image/jpeg;base64," in page
    assert "http" not in page


def test_abstentions_are_told_with_their_reason() -> None:
    words = Tags(Answer(answered("a red dog"))._repr_html_()).words
    assert "not checkable" in words
    assert "a red dog" in words
    assert "GROUNDWIRE_PERCEPTION_BINDINGS" in words


def test_without_a_picture_the_words_still_stand() -> None:
    for content in (b"", b"no picture"):
        page = Answer(answered("What brand?"), content=content)._repr_html_()
        assert "<svg" not in page
        assert "YAMAHA" in page
