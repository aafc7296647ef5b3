"""What the two clients send: requests, channel options, deadlines. The same for both."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar, get_args

from groundwire import documents as texts
from groundwire.addresses import host_of
from groundwire.errors import Internal, InvalidRequest, NotFound
from groundwire.v1 import answer_pb2, geometry_pb2, grounding_service_pb2, perception_service_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundwire.documents import Document
    from groundwire.images import Box, Picture

StakesWord: TypeAlias = Literal["casual", "standard", "critical"]
"""What an error would cost the caller: a nuisance, time, or money and safety."""

StoreWord: TypeAlias = Literal["tenant", "all", "none"]
"""What may be kept of an answer: what the tenant's policy says, the record with its contents, or commitments alone."""

_STORES: Final = {
    "tenant": answer_pb2.STORE_POLICY_UNSPECIFIED,
    "all": answer_pb2.STORE_POLICY_ALL,
    "none": answer_pb2.STORE_POLICY_NONE,
}

A = TypeVar("A", grounding_service_pb2.AskRequest, grounding_service_pb2.AskStreamRequest)

DEFAULT_TIMEOUT_S: Final = 60.0

HEALTH_TIMEOUT_S: Final = 5.0
"""Longest that a status waits for one service, seconds: a status that hangs says nothing."""

_SERVICE_CONFIG: Final = json.dumps(
    {
        "methodConfig": [
            {
                # What is read may be read again. A question is not asked again by itself: the mesh has tried its
                # parts more than once already, and another try would run the models anew.
                "name": [
                    {"service": "groundwire.v1.ProvenanceService"},
                    {"service": "groundwire.v1.PerceptionService"},
                ],
                "retryPolicy": {
                    "maxAttempts": 3,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        # Each failure takes a token, each success gives a tenth back; below half of them nothing is sent again.
        "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.1},
    }
)

_OPTIONS: Final[Sequence[tuple[str, int | str]]] = (
    # What is too large is for the mesh to refuse, in its own words, so the client's limits are wide.
    ("grpc.max_send_message_length", 256 * 1024 * 1024),
    ("grpc.max_receive_message_length", 256 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.enable_retries", 1),
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # In the pool that channels share, a new client would begin with an old one's back-off from the same address.
    ("grpc.use_local_subchannel_pool", 1),
)


_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def channel_options(address: str) -> Sequence[tuple[str, int | str]]:
    """Message limits, keepalive (ms) and the retry policy; a mesh on this machine is never sought behind a proxy."""
    if host_of(address) in _LOOPBACK:
        return (*_OPTIONS, ("grpc.enable_http_proxy", 0))
    return _OPTIONS


def timeout(given_s: float | None, default_s: float) -> float:
    """The call's deadline from now, seconds. There is always one.

    Raises:
        InvalidRequest: It is not a positive, finite number.
    """
    chosen = default_s if given_s is None else given_s
    if not (math.isfinite(chosen) and chosen > 0):
        raise InvalidRequest(
            f"a timeout of {chosen} s is none", remedy="give seconds above 0", metadata={"field": "timeout_s"}
        )
    return chosen


def stakes_of(word: str) -> answer_pb2.Stakes.ValueType:
    """The contract's value for a word.

    Raises:
        InvalidRequest: There is no such word.
    """
    if word not in get_args(StakesWord):
        raise InvalidRequest(
            f"stakes {word!r} are not known",
            remedy=f"one of {', '.join(get_args(StakesWord))}",
            metadata={"field": "stakes"},
        )
    return answer_pb2.Stakes.Value(f"STAKES_{word.upper()}")


def store_of(word: str) -> answer_pb2.StorePolicy.ValueType:
    """The contract's value for a word.

    Raises:
        InvalidRequest: There is no such word.
    """
    if word not in _STORES:
        raise InvalidRequest(
            f"store {word!r} is not known", remedy=f"one of {', '.join(_STORES)}", metadata={"field": "store"}
        )
    return _STORES[word]


def conversation_of(name: str) -> str:
    """The conversation's id; empty for none.

    Raises:
        InvalidRequest: It can be no id.
    """
    if name and not texts.NAME.fullmatch(name):
        raise InvalidRequest(
            f"a conversation cannot be called {name!r}",
            remedy="give 1 to 64 characters of [A-Za-z0-9._-]",
            metadata={"field": "conversation_id"},
        )
    return name


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a picture.

    Attributes:
        text: Natural language.
        stakes: What an error would cost.
        documents: Texts to cite beside the picture.
        conversation: What the question continues or opens; empty for nothing.
        relevance: Whether to explain where the models responded.
        store: What may be kept of the answer.
    """

    text: str
    stakes: StakesWord = "standard"
    documents: Sequence[Document] = ()
    conversation: str = ""
    relevance: bool = False
    store: StoreWord = "tenant"


def ask(picture: Picture, question: Question) -> grounding_service_pb2.AskRequest:
    """A question about a picture."""
    return _asked(grounding_service_pb2.AskRequest, picture, question)


def ask_stream(picture: Picture, question: Question) -> grounding_service_pb2.AskStreamRequest:
    """A question, to be answered step by step."""
    return _asked(grounding_service_pb2.AskStreamRequest, picture, question)


def _asked(kind: type[A], picture: Picture, question: Question) -> A:
    return kind(
        image=picture.message,
        question=question.text,
        stakes=stakes_of(question.stakes),
        documents=texts.messages(question.documents),
        conversation_id=conversation_of(question.conversation),
        with_relevance=question.relevance,
        store=store_of(question.store),
    )


def ground(picture: Picture, phrases: str | Iterable[str], stakes: str) -> grounding_service_pb2.GroundRequest:
    """Phrases to find; a single one may come bare."""
    wanted = [phrases] if isinstance(phrases, str) else list(phrases)
    return grounding_service_pb2.GroundRequest(image=picture.message, phrases=wanted, stakes=stakes_of(stakes))


def read(picture: Picture, stakes: str) -> grounding_service_pb2.ReadRequest:
    """A picture to be read."""
    return grounding_service_pb2.ReadRequest(image=picture.message, stakes=stakes_of(stakes))


def crop(digest: str, box: Box | None) -> perception_service_pb2.CropRequest:
    """A piece of an image, or all of it."""
    if box is None:
        return perception_service_pb2.CropRequest(image_digest=digest)
    x_min, y_min, x_max, y_max = box
    return perception_service_pb2.CropRequest(
        image_digest=digest, box=geometry_pb2.Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)
    )


def held(picture: Picture) -> str:
    """The digest under which the mesh holds a picture.

    Raises:
        InvalidRequest: The picture was given as a file or as pixels.
    """
    if not picture.digest:
        raise InvalidRequest(
            "only an image that the mesh holds can be cut",
            remedy="give the image of an answer, or sha256:…",
            metadata={"field": "image"},
        )
    return picture.digest


def first_claim(answer: answer_pb2.Answer) -> str:
    """Id of the most credible claim.

    Raises:
        NotFound: The answer claims nothing.
    """
    if not answer.claims:
        raise NotFound(
            f"answer {answer.id} has no claim to explain",
            remedy="its abstentions say why: groundwire explain shows them",
        )
    return answer.claims[0].id


def unanswered() -> Internal:
    """What a stream is that ended well without an answer."""
    return Internal("the mesh ended the stream without an answer", remedy="ask again; see the log of fusion")
