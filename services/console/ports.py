"""What the console needs of the other services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

    from groundwire.v1 import (
        answer_pb2,
        grounding_service_pb2,
        image_pb2,
        perception_service_pb2,
        provenance_service_pb2,
    )
    from services.common.geometry import Box


class Grounding(Protocol):
    """Asks. Errors are `MeshError`s."""

    async def ask(self, request: grounding_service_pb2.AskRequest) -> answer_pb2.Answer:
        """The recorded answer."""
        ...

    def ask_stream(
        self, request: grounding_service_pb2.AskStreamRequest
    ) -> AsyncIterator[grounding_service_pb2.AskStreamResponse]:
        """What happens on the way, and last the recorded answer."""
        ...


class Records(Protocol):
    """Looks back. Errors are `MeshError`s."""

    async def answer(self, answer_id: str) -> answer_pb2.Answer:
        """A recorded answer."""
        ...

    async def reviewed(self, answer_id: str) -> provenance_service_pb2.GetAnswerResponse:
        """A recorded answer, and what people made of its claims."""
        ...

    async def answers(
        self, page_size: int, page_token: str, wanted: provenance_service_pb2.AnswerFilter | None = None
    ) -> provenance_service_pb2.ListAnswersResponse:
        """A page of answers that match, newest first."""
        ...

    def watch(
        self, after_index: int, wanted: provenance_service_pb2.AnswerFilter
    ) -> AsyncGenerator[provenance_service_pb2.AnswerSummary]:
        """Answers that match, after a record, as they are recorded. It may end at any time: go on from the last one."""
        ...

    async def review(self, request: provenance_service_pb2.ReviewRequest) -> provenance_service_pb2.ReviewResponse:
        """Keep a person's judgement."""
        ...

    async def explain(self, answer_id: str, claim_id: str) -> provenance_service_pb2.ExplainClaimResponse:
        """The chain of a claim."""
        ...

    async def proof(self, answer_id: str) -> provenance_service_pb2.GetInclusionProofResponse:
        """The record's bytes, and what shows that the signed log has them."""
        ...

    async def trace(self, trace_id: str) -> Sequence[provenance_service_pb2.Span]:
        """The spans of a trace by their beginning; none while none has arrived."""
        ...


class Pictures(Protocol):
    """Shows what was looked at. Errors are `MeshError`s."""

    async def image(self, digest: str) -> image_pb2.Image:
        """An image that is held."""
        ...

    async def pixels(self, digest: str, box: Box | None) -> bytes:
        """The image, or a box of it, as PNG."""
        ...

    async def capabilities(self) -> Sequence[perception_service_pb2.CapabilityStatus]:
        """What can be perceived, and with which models."""
        ...


class Health(Protocol):
    """Asks services how they are."""

    async def states(self) -> Mapping[str, str]:
        """By service: "serving", "not serving" or "unreachable"."""
        ...
