"""What is checked before anything is sent."""

import pytest

from groundwire import Client, Document, InvalidRequest, calls
from groundwire.addresses import Addresses
from groundwire.images import Picture
from groundwire.v1 import answer_pb2, claim_pb2, geometry_pb2, grounding_service_pb2, image_pb2


@pytest.mark.parametrize(("word", "value"), [("casual", 1), ("standard", 2), ("critical", 3)])
def test_stakes_are_words(word: str, value: int) -> None:
    assert calls.stakes_of(word) == value


@pytest.mark.parametrize("word", ["", "STANDARD", "unspecified", "high"])
def test_other_stakes_are_refused(word: str) -> None:
    with pytest.raises(InvalidRequest, match="not known") as caught:
        calls.stakes_of(word)
    assert "casual, standard, critical" in caught.value.remedy


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_there_is_always_a_deadline(seconds: float) -> None:
    with pytest.raises(InvalidRequest, match="timeout"):
        calls.timeout(seconds, 60)
    assert calls.timeout(None, 60) == 60


def test_one_phrase_may_come_bare() -> None:
    picture = Picture(digest="ab" * 32)
    assert list(calls.ground(picture, "red car", "standard").phrases) == ["red car"]
    assert list(calls.ground(picture, ("red car", "dog"), "standard").phrases) == ["red car", "dog"]


def test_requests_carry_picture_question_and_stakes() -> None:
    request = calls.ask(Picture(content=b"p"), calls.Question("What?", "critical"))
    assert (request.image.content, request.question, request.stakes) == (b"p", "What?", answer_pb2.STAKES_CRITICAL)


def test_both_ways_of_asking_carry_all_of_a_question() -> None:
    picture = Picture(b"p", redact=[geometry_pb2.Box(x_max=3, y_max=4)])
    question = calls.Question("What?", "casual", [Document("manual", "Off.", "Manual")], "desk", True, "none")
    request = calls.ask(picture, question)
    assert request == grounding_service_pb2.AskRequest(
        image=image_pb2.ImageInput(content=b"p", redact=[geometry_pb2.Box(x_max=3, y_max=4)]),
        question="What?",
        stakes=answer_pb2.STAKES_CASUAL,
        documents=[claim_pb2.Document(id="manual", title="Manual", text="Off.")],
        conversation_id="desk",
        with_relevance=True,
        store=answer_pb2.STORE_POLICY_NONE,
    )
    assert calls.ask_stream(picture, question).SerializeToString() == request.SerializeToString()


@pytest.mark.parametrize(("word", "value"), [("tenant", 0), ("all", 1), ("none", 2)])
def test_what_is_kept_is_a_word(word: str, value: int) -> None:
    assert calls.store_of(word) == value


@pytest.mark.parametrize("word", ["", "NONE", "unspecified"])
def test_other_words_for_what_is_kept_are_refused(word: str) -> None:
    with pytest.raises(InvalidRequest, match="not known") as caught:
        calls.store_of(word)
    assert "tenant, all, none" in caught.value.remedy


@pytest.mark.parametrize("name", ["has space", "x" * 65, "ü", "a/b", "a\n"])
def test_a_conversation_has_a_name_that_can_be_one(name: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be called") as caught:
        calls.conversation_of(name)
    assert "A-Za-z0-9._-" in caught.value.remedy
    assert calls.conversation_of("desk-1") == "desk-1"


def test_the_other_services_are_sought_beside_fusion() -> None:
    assert Addresses.beside("mesh.example:7000") == Addresses(
        "mesh.example:7000", "mesh.example:50052", "mesh.example:50053", "mesh.example:50054"
    )
    assert Addresses.beside("[::1]:7000", provenance="10.0.0.1:9").by_name["provenance"] == "10.0.0.1:9"


@pytest.mark.parametrize("address", ["", "host", "host:", ":50051", "host:port", "::1:50051", "host:50051/x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequest, match="is no address"):
        Client(address)


def test_no_proxy_stands_between_a_caller_and_this_machine() -> None:
    assert ("grpc.enable_http_proxy", 0) in calls.channel_options("127.0.0.1:1")
    assert ("grpc.enable_http_proxy", 0) not in calls.channel_options("mesh.example:1")
