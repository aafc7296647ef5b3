"""The face on the protobuf answer."""

import pytest

from groundwire import Answer, InvalidRequest, NotFound
from groundwire.v1 import answer_pb2, claim_pb2, geometry_pb2, image_pb2
from tests.fakes import canned


@pytest.fixture
def answer() -> Answer:
    image = image_pb2.Image(digest="ab" * 32, size=geometry_pb2.Size(width=741, height=500))
    proto = canned.answer_to(image, "What brand is written on the motorcycle?", answer_pb2.STAKES_CRITICAL)
    return Answer(canned.World().record(proto))


def test_json_round_trip_loses_nothing(answer: Answer) -> None:
    assert Answer.from_json(answer.to_json()).proto == answer.proto
    assert Answer.from_json(answer.to_json(indent=None)).proto == answer.proto


def test_json_is_safe_on_any_terminal(answer: Answer) -> None:
    answer.proto.claims[0].text = canned.HOSTILE
    assert answer.to_json().isascii()
    assert "\x1b" not in answer.to_json()
    assert Answer.from_json(answer.to_json()).claims[0].text == canned.HOSTILE


@pytest.mark.parametrize("text", ["", '{"claims": 3}', '{"nonsense": 1}'])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="this is no answer"):
        Answer.from_json(text)


def test_claims_lead_to_their_regions(answer: Answer) -> None:
    assert [region.text for region in answer.regions_of("c1")] == ["YAMAHA"]
    assert [region.id for region in answer.regions_of(answer.claims[0], claim_pb2.CITATION_ROLE_SUPPORTS)] == ["r2"]
    assert not answer.regions_of("c1", claim_pb2.CITATION_ROLE_CONTEXT)


def test_only_supported_claims_are_best(answer: Answer) -> None:
    assert answer.best == answer.claims[0]
    answer.proto.claims[0].verdict = claim_pb2.VERDICT_UNVERIFIED
    assert not answer.supported
    assert len(answer.claims) == 1
    assert answer.best is None


def test_what_is_not_there_is_named(answer: Answer) -> None:
    with pytest.raises(NotFound, match="c9"):
        answer.regions_of("c9")
    with pytest.raises(NotFound, match="r9"):
        answer.region("r9")


def test_it_shows_itself_in_a_line(answer: Answer) -> None:
    assert repr(answer) == f"<Answer {answer.id} [c1=SUPPORTED] 0 abstentions>"


@pytest.fixture
def shelf() -> Answer:
    image = image_pb2.Image(digest="ab" * 32, size=geometry_pb2.Size(width=741, height=500))
    return Answer(canned.answer_to(image, "shelf and menu", answer_pb2.STAKES_CASUAL))


def test_passages_are_cited_beside_regions(shelf: Answer) -> None:
    assert shelf.passages_of("c6") == ("The red mug costs 4 \N{EURO SIGN}",)
    assert shelf.regions_of("c6") == ()
    assert shelf.passages_of("c1") == ()
    assert [document.id for document in shelf.documents] == ["menu"]
    del shelf.proto.documents[:]
    with pytest.raises(NotFound, match="menu"):
        shelf.passages_of("c6")


def test_what_surrounds_an_answer_is_at_hand(shelf: Answer) -> None:
    shelf.proto.conversation_id = "desk"
    assert shelf.conversation == "desk"
    assert [each.kind for each in shelf.redactions] == ["face"]
    assert [(each.phrase, each.grid.width * each.grid.height, len(each.values)) for each in shelf.relevance] == [
        ("red mug", 8, 8),
        ("bowl", 8, 8),
    ]
