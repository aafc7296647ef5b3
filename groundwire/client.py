"""The client for ordinary code. `AsyncClient` is the same for asyncio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groundwire import calls, searches
from groundwire.addresses import DEFAULT_ADDRESS, Addresses
from groundwire.answers import Answer
from groundwire.credentials import Credentials
from groundwire.errors import GroundwireError, from_rpc_error
from groundwire.events import Answered, event_of
from groundwire.images import decoded, picture_of
from groundwire.status import SERVICES, MeshStatus, ServiceStatus, State, state_of
from groundwire.v1 import (
    grounding_service_pb2_grpc,
    perception_service_pb2,
    perception_service_pb2_grpc,
    provenance_service_pb2,
    provenance_service_pb2_grpc,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from PIL import Image

    from groundwire.calls import StakesWord, StoreWord
    from groundwire.documents import Document
    from groundwire.events import Event
    from groundwire.images import Box, ImageLike
    from groundwire.searches import JudgementWord, Search
    from groundwire.v1 import grounding_service_pb2

R = TypeVar("R")


class Client:
    """Talks to a mesh. Use it in a `with`, or close it; it may be shared between threads.

    Every method raises a `GroundwireError` for what did not come to an answer. An abstention is an answer.

    Args:
        address: Where fusion listens, `host:port`.
        perception_address: Where perception listens; port 50052 of the same host when not given.
        llm_address: Where llm listens, for `status` only; port 50053 when not given.
        provenance_address: Where provenance listens; port 50054 when not given.
        timeout_s: Deadline of a call that is given none of its own, seconds.
        credentials: Who calls, for meshes that ask; from the environment when not given.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        perception_address: str = "",
        llm_address: str = "",
        provenance_address: str = "",
        timeout_s: float = calls.DEFAULT_TIMEOUT_S,
        credentials: Credentials | None = None,
    ) -> None:
        """Open channels; they connect when first used."""
        self.addresses = Addresses.beside(
            address, perception=perception_address, llm=llm_address, provenance=provenance_address
        )
        self._timeout_s = calls.timeout(timeout_s, calls.DEFAULT_TIMEOUT_S)
        self._credentials = credentials or Credentials.of_environment()
        self._channels = {name: self._credentials.channel(at) for name, at in self.addresses.by_name.items()}
        self._grounding = grounding_service_pb2_grpc.GroundingServiceStub(self._channels["fusion"])
        self._perception = perception_service_pb2_grpc.PerceptionServiceStub(self._channels["perception"])
        self._provenance = provenance_service_pb2_grpc.ProvenanceServiceStub(self._channels["provenance"])

    def ask(  # noqa: PLR0913 - each says one thing, and has a default
        self,
        image: ImageLike,
        question: str,
        *,
        stakes: StakesWord = "standard",
        documents: Sequence[Document] = (),
        conversation: str = "",
        relevance: bool = False,
        store: StoreWord = "tenant",
        redact: Sequence[Box] = (),
        timeout_s: float | None = None,
    ) -> Answer:
        """Answer a question about an image.

        Args:
            image: A path, bytes, a Pillow image, or an image that the mesh holds: "sha256:…", `answer.image`.
            question: Natural language, 1 to 2,000 characters.
            stakes: What an error would cost.
            documents: Texts to cite beside the picture, at most 8.
            conversation: What the question continues or opens, 1 to 64 characters of [A-Za-z0-9._-]; empty for
                nothing. "It" then means what the turn before was about, if that was about the same image.
            relevance: Whether to explain where the models responded to each phrase: `Answer.relevance`.
            store: What may be kept of the answer: what the tenant's policy says ("tenant"), the record with its
                contents ("all"), or commitments alone ("none"). The policy may allow less than "all".
            redact: Places to paint over before anything is stored or looked at, xyxy, pixels of the upright picture,
                at most 64. Not for an image that the mesh holds.
            timeout_s: Deadline from now, seconds; the client's when not given.
        """
        picture = picture_of(image, redact)
        request = calls.ask(picture, calls.Question(question, stakes, documents, conversation, relevance, store))
        response = self._call("fusion", self._grounding.Ask, request, timeout_s)
        return Answer(response.answer, content=picture.content)

    def ask_stream(  # noqa: PLR0913 - as ask
        self,
        image: ImageLike,
        question: str,
        *,
        stakes: StakesWord = "standard",
        documents: Sequence[Document] = (),
        conversation: str = "",
        relevance: bool = False,
        store: StoreWord = "tenant",
        redact: Sequence[Box] = (),
        timeout_s: float | None = None,
    ) -> Iterator[Event]:
        """As `ask`, telling what the mesh is doing. The last event is `Answered`; what came before is provisional."""
        picture = picture_of(image, redact)
        request = calls.ask_stream(picture, calls.Question(question, stakes, documents, conversation, relevance, store))
        return self._events(request, picture.content, calls.timeout(timeout_s, self._timeout_s))

    def ground(
        self,
        image: ImageLike,
        phrases: str | Iterable[str],
        *,
        stakes: StakesWord = "standard",
        redact: Sequence[Box] = (),
        timeout_s: float | None = None,
    ) -> Answer:
        """Find what each phrase names. Each has a claim or an abstention.

        Args:
            image: As in `ask`.
            phrases: 1 to 32 noun phrases; one in double quotes is lettering, to be found as it stands.
            stakes: What an error would cost.
            redact: As in `ask`.
            timeout_s: Deadline from now, seconds; the client's when not given.
        """
        picture = picture_of(image, redact)
        request = calls.ground(picture, phrases, stakes)
        response = self._call("fusion", self._grounding.Ground, request, timeout_s)
        return Answer(response.answer, content=picture.content)

    def read(
        self,
        image: ImageLike,
        *,
        stakes: StakesWord = "standard",
        redact: Sequence[Box] = (),
        timeout_s: float | None = None,
    ) -> Answer:
        """Read all lettering, with its places. The arguments are those of `ask`."""
        picture = picture_of(image, redact)
        response = self._call("fusion", self._grounding.Read, calls.read(picture, stakes), timeout_s)
        return Answer(response.answer, content=picture.content)

    def get_answer(self, answer_id: str, *, timeout_s: float | None = None) -> Answer:
        """A recorded answer, as it was given."""
        request = provenance_service_pb2.GetAnswerRequest(answer_id=answer_id)
        return Answer(self._call("provenance", self._provenance.GetAnswer, request, timeout_s).answer)

    def list_answers(
        self,
        where: Search | None = None,
        *,
        page_size: int = 20,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> provenance_service_pb2.ListAnswersResponse:
        """One page of recorded answers, newest first; its `next_page_token` asks for the next.

        Args:
            where: Which answers; all that the caller may see when not given.
            page_size: Most answers, 1 to 100. Where labels or texts are looked for, a page may hold fewer, or none.
            page_token: `next_page_token` of the page before, of the same search.
            timeout_s: Deadline from now, seconds; the client's when not given.
        """
        request = searches.list_request(where, page_size=page_size, page_token=page_token)
        return self._call("provenance", self._provenance.ListAnswers, request, timeout_s)

    def review(
        self,
        answer_id: str,
        claim_id: str,
        judgement: JudgementWord,
        *,
        note: str = "",
        reviewer: str = "",
        timeout_s: float | None = None,
    ) -> provenance_service_pb2.ReviewResponse:
        """Keep what a person makes of a claim.

        Args:
            answer_id: The answer.
            claim_id: The claim in it.
            judgement: "correct", "wrong" or "unsure".
            note: Why; kept as the answer is, and erased with it.
            reviewer: Who judges; kept likewise.
            timeout_s: Deadline from now, seconds; the client's when not given.

        Raises:
            NotFound: There is no such answer or claim.
        """
        request = searches.review_request(answer_id, claim_id, judgement, note=note, reviewer=reviewer)
        return self._call("provenance", self._provenance.Review, request, timeout_s)

    def explain(
        self, answer_id: str, claim_id: str | None = None, *, timeout_s: float | None = None
    ) -> provenance_service_pb2.ExplainClaimResponse:
        """How a claim came about: question, plan, target, regions, sources, checks, verdict.

        Args:
            answer_id: The answer.
            claim_id: The claim; the most credible one when not given.
            timeout_s: Deadline from now, seconds; the client's when not given.

        Raises:
            NotFound: There is no such answer or claim, or the answer claims nothing.
        """
        if claim_id is None:
            claim_id = calls.first_claim(self.get_answer(answer_id, timeout_s=timeout_s).proto)
        request = provenance_service_pb2.ExplainClaimRequest(answer_id=answer_id, claim_id=claim_id)
        return self._call("provenance", self._provenance.ExplainClaim, request, timeout_s)

    def watch_answers(
        self, where: Search | None = None, *, after_index: int | None = None, timeout_s: float | None = None
    ) -> Iterator[provenance_service_pb2.AnswerSummary]:
        """Answers as they are recorded, oldest first; stop listening to end it.

        Args:
            where: Which answers; all that the caller may see when not given.
            after_index: Index of the last record that was seen: what came after it comes first; from now on when not
                given.
            timeout_s: How long to listen, seconds; without end when not given.
        """
        request = searches.watch_request(where, after_index)
        call: Any = self._provenance.WatchAnswers(request, timeout=timeout_s, metadata=self._credentials.metadata)
        try:
            for response in call:
                yield response.answer
        except grpc.RpcError as error:
            raise self._typed(error, "provenance", timeout_s or math.inf) from error
        finally:
            call.cancel()

    def trace(self, trace_id: str, *, timeout_s: float | None = None) -> Sequence[provenance_service_pb2.Span]:
        """The spans of a trace, by start time. They arrive a few seconds after the answer."""
        request = provenance_service_pb2.GetTraceRequest(trace_id=trace_id)
        return tuple(self._call("provenance", self._provenance.GetTrace, request, timeout_s).spans)

    def crop(self, image: ImageLike, box: Box | None = None, *, timeout_s: float | None = None) -> Image.Image:
        """Pixels of an image that the mesh holds.

        Args:
            image: "sha256:…", an `ImageDigest`, or the `image` of an answer.
            box: What to cut out, xyxy, pixels; all of it when not given.
            timeout_s: Deadline from now, seconds; the client's when not given.
        """
        request = calls.crop(calls.held(picture_of(image)), box)
        return decoded(self._call("perception", self._perception.Crop, request, timeout_s).png)

    def capabilities(self, *, timeout_s: float | None = None) -> Sequence[perception_service_pb2.CapabilityStatus]:
        """Every capability that the mesh knows, the models bound to it, and how to bind one where none is."""
        request = perception_service_pb2.ListCapabilitiesRequest()
        return tuple(self._call("perception", self._perception.ListCapabilities, request, timeout_s).capabilities)

    def status(self, *, timeout_s: float = calls.HEALTH_TIMEOUT_S) -> MeshStatus:
        """How the mesh is. What cannot be reached is in the result and raises nothing.

        Args:
            timeout_s: Deadline for each service, seconds.
        """
        services = tuple(self._health(name, timeout_s) for name in SERVICES)
        try:
            capabilities = self.capabilities(timeout_s=timeout_s)
        except GroundwireError:
            capabilities = ()
        return MeshStatus(services, capabilities)

    def _health(self, name: str, timeout_s: float) -> ServiceStatus:
        stub: Any = health_pb2_grpc.HealthStub(self._channels[name])
        request = health_pb2.HealthCheckRequest(service=SERVICES[name])
        try:
            response = self._call(name, stub.Check, request, timeout_s)
        except GroundwireError as error:
            return ServiceStatus(name, self.addresses.by_name[name], State.UNREACHABLE, error)
        return ServiceStatus(name, self.addresses.by_name[name], state_of(response))

    def _call(self, part: str, method: Callable[..., R], request: object, timeout_s: float | None) -> R:
        """One unary call, with a deadline and a typed error."""
        deadline_s = calls.timeout(timeout_s, self._timeout_s)
        try:
            return method(request, timeout=deadline_s, metadata=self._credentials.metadata)
        except grpc.RpcError as error:
            raise self._typed(error, part, deadline_s) from error

    def _events(
        self, request: grounding_service_pb2.AskStreamRequest, content: bytes, deadline_s: float
    ) -> Iterator[Event]:
        call: Any = self._grounding.AskStream(request, timeout=deadline_s, metadata=self._credentials.metadata)
        answered = False
        try:
            for message in call:
                event = event_of(message, content=content)
                if event is not None:
                    answered = answered or isinstance(event, Answered)
                    yield event
        except grpc.RpcError as error:
            raise self._typed(error, "fusion", deadline_s) from error
        finally:
            call.cancel()  # The caller may have stopped listening; the mesh need not work on.
        if not answered:
            raise calls.unanswered()

    def _typed(self, error: grpc.RpcError, part: str, deadline_s: float) -> GroundwireError:
        return from_rpc_error(error, part=part, address=self.addresses.by_name[part], timeout_s=deadline_s)

    def close(self) -> None:
        """Close the channels; calls in flight are cancelled."""
        for channel in self._channels.values():
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
