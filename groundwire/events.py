"""What `ask_stream` yields: one small type an event, so that a `match` reads like the answer's story."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from groundwire.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundwire.v1 import answer_pb2, claim_pb2, grounding_service_pb2, image_pb2, plan_pb2, region_pb2


@dataclass(frozen=True, slots=True)
class Admitted:
    """The image was admitted."""

    image: image_pb2.Image


@dataclass(frozen=True, slots=True)
class Planned:
    """The question was planned."""

    plan: plan_pb2.Plan


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at the image came back. Its regions are provisional until the answer is there."""

    tier: region_pb2.Tier.ValueType
    regions: Sequence[region_pb2.Region]


@dataclass(frozen=True, slots=True)
class Escalated:
    """The accurate tier is asked."""

    escalation: answer_pb2.Escalation


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim was checked. It is provisional until the answer is there."""

    claim: claim_pb2.Claim


@dataclass(frozen=True, slots=True)
class Answered:
    """The recorded answer; always the last event."""

    answer: Answer


Event: TypeAlias = Admitted | Planned | Looked | Escalated | Checked | Answered


def event_of(message: grounding_service_pb2.AskStreamResponse, *, content: bytes) -> Event | None:
    """The message as an event; None for a kind that only a newer contract knows.

    Args:
        message: One message of the stream.
        content: The encoded picture, for the answer to keep.
    """
    kind = message.WhichOneof("event")
    return None if kind is None else _MAKERS[kind](message, content)


_MAKERS: Final[Mapping[str, Callable[[grounding_service_pb2.AskStreamResponse, bytes], Event]]] = MappingProxyType(
    {
        "admitted": lambda message, _: Admitted(message.admitted),
        "plan": lambda message, _: Planned(message.plan),
        "regions": lambda message, _: Looked(message.regions.tier, tuple(message.regions.regions)),
        "escalation": lambda message, _: Escalated(message.escalation),
        "claim": lambda message, _: Checked(message.claim),
        "answer": lambda message, content: Answered(Answer(message.answer, content=content)),
    }
)
