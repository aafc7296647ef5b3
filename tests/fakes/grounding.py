"""A mesh for client tests: the public services over real gRPC, each on its own port, with canned answers.

What a question gets depends on a word in it:

* "brand": YAMAHA, read wrongly by the fast tier and rightly by the accurate one, which is cited.
* "hostile": lettering that tries to be markup, a terminal escape and a change of reading direction.
* "slow": nothing, until the caller has gone. "dawdle": the same, but a stream begins.
* "busy", "unrecorded": those errors. "fault": an error that nobody worded.
* "shelf": things, with what was searched, painted over and responded; "menu" beside it: a passage of a document.
* anything else: an abstention, for want of a detector.

What a request asks for beside that is done: documents come back, places are painted black, a map of two cells says
that all responses are on the right, and what is not to be stored is not found again.

    with SimulatedMesh() as mesh, Client(mesh.addresses.fusion, ...) as client:
        client.ask(picture, "What brand is written there?").best.text  # 'The motorcycle carries the brand YAMAHA.'
"""

from __future__ import annotations

import functools
import io
import threading
from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from PIL import Image

from groundwire.addresses import Addresses
from groundwire.status import SERVICES
from groundwire.v1 import (
    answer_pb2,
    geometry_pb2,
    grounding_service_pb2,
    grounding_service_pb2_grpc,
    image_pb2,
    perception_service_pb2,
    perception_service_pb2_grpc,
    plan_pb2,
    provenance_service_pb2,
    provenance_service_pb2_grpc,
    region_pb2,
)
from services.common import errors
from services.runtime.status import to_status
from tests.fakes import canned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def worded(method: Callable[..., Any]) -> Callable[..., Any]:
    """As the mesh's interceptor: a `MeshError` becomes a status with details."""

    @functools.wraps(method)
    def call(self: object, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except errors.MeshError as error:
            context.abort_with_status(rpc_status.to_status(to_status(error)))

    return call


@dataclass
class SimulatedGrounding(grounding_service_pb2_grpc.GroundingServiceServicer):
    """Fusion's public face."""

    world: canned.World

    @worded
    def Ask(
        self, request: grounding_service_pb2.AskRequest, context: grpc.ServicerContext
    ) -> grounding_service_pb2.AskResponse:
        return grounding_service_pb2.AskResponse(answer=self._answer(request, context))

    def AskStream(
        self, request: grounding_service_pb2.AskStreamRequest, context: grpc.ServicerContext
    ) -> Iterator[grounding_service_pb2.AskStreamResponse]:
        response = grounding_service_pb2.AskStreamResponse
        try:
            answer = self._answer(request, context)
        except errors.MeshError as error:
            context.abort_with_status(rpc_status.to_status(to_status(error)))
        yield response(admitted=answer.image)
        if "dawdle" in request.question:
            self._wait_for_the_caller_to_go(context)
        yield response(plan=answer.plan)
        found = grounding_service_pb2.RegionsFound(tier=region_pb2.TIER_FAST, regions=answer.regions[:1])
        yield response(regions=found)
        yield from (response(escalation=escalation) for escalation in answer.escalations)
        yield from (response(claim=claim) for claim in answer.claims)
        yield response(answer=answer)

    @worded
    def Ground(
        self, request: grounding_service_pb2.GroundRequest, _: grpc.ServicerContext
    ) -> grounding_service_pb2.GroundResponse:
        if not request.phrases:
            raise errors.InvalidField("phrases", "there is no phrase", remedy="give 1 to 32")
        answer = answer_pb2.Answer(question="find what the phrases name", image=self._admit(request.image))
        for number, phrase in enumerate(request.phrases, 1):
            answer.plan.targets.append(plan_pb2.Target(id=f"t{number}", noun=phrase))
            answer.abstentions.append(canned.not_checkable(f"t{number}"))
        return grounding_service_pb2.GroundResponse(answer=self.world.record(answer))

    @worded
    def Read(
        self, request: grounding_service_pb2.ReadRequest, _: grpc.ServicerContext
    ) -> grounding_service_pb2.ReadResponse:
        image = self._admit(request.image)
        answer = answer_pb2.Answer(question="read all lettering", image=image, stakes=request.stakes)
        for region_id, text in (("r3", "GARAGE"), ("r2", "YAMAHA")):
            answer.regions.append(canned.region(image, region_id, text, 0.98, region_pb2.TIER_FAST))
            answer.claims.append(canned.reading(f"c{len(answer.claims) + 1}", f"It says {text}.", text, region_id))
        return grounding_service_pb2.ReadResponse(answer=self.world.record(answer))

    def _answer(
        self,
        request: grounding_service_pb2.AskRequest | grounding_service_pb2.AskStreamRequest,
        context: grpc.ServicerContext,
    ) -> answer_pb2.Answer:
        image = self._admit(request.image)
        self._troubles(request.question, context)
        answer = canned.answer_to(image, request.question, request.stakes)
        answer.conversation_id = request.conversation_id
        answer.documents.extend(request.documents)
        if request.with_relevance:
            answer.relevance.add(phrase="brand", grid=geometry_pb2.Size(width=2, height=1), values=b"\0\xff")
        recorded = self.world.record(answer)
        if request.store == answer_pb2.STORE_POLICY_NONE:
            self.world.answers.remove(recorded)
        return recorded

    def _admit(self, given: image_pb2.ImageInput) -> image_pb2.Image:
        """The image, painted black where that was asked for, and saying so."""
        if not given.redact:
            return self.world.admit(given)
        stream = io.BytesIO()
        with Image.open(io.BytesIO(given.content)) as picture:
            for box in given.redact:
                picture.paste(0, (int(box.x_min), int(box.y_min), int(box.x_max), int(box.y_max)))
            picture.save(stream, format="PNG")
        image = self.world.admit(image_pb2.ImageInput(content=stream.getvalue()))
        image.redactions.extend(image_pb2.Redaction(box=box, kind="given") for box in given.redact)
        return image

    def _troubles(self, question: str, context: grpc.ServicerContext) -> None:
        if not question:
            raise errors.InvalidField("question", "the question is empty", remedy="ask something")
        if "busy" in question:
            raise errors.Overloaded("64 calls are in flight already", retry_after_s=1.5, remedy="try again later")
        if "unrecorded" in question:
            raise errors.NotRecorded("the answer could not be recorded", remedy="try again", part="provenance")
        if "fault" in question:
            context.abort(grpc.StatusCode.INTERNAL, "nobody worded this")
        if "slow" in question:
            self._wait_for_the_caller_to_go(context)

    def _wait_for_the_caller_to_go(self, context: grpc.ServicerContext) -> None:
        gone = threading.Event()
        if context.add_callback(gone.set):
            self.world.waiting.set()
            gone.wait()
        self.world.abandoned.set()


@dataclass
class SimulatedPerception(perception_service_pb2_grpc.PerceptionServiceServicer):
    """As much of perception as callers use."""

    world: canned.World

    @worded
    def GetImage(
        self, request: perception_service_pb2.GetImageRequest, _: grpc.ServicerContext
    ) -> perception_service_pb2.GetImageResponse:
        return perception_service_pb2.GetImageResponse(image=self.world.image(request.image_digest)[0])

    @worded
    def Crop(
        self, request: perception_service_pb2.CropRequest, _: grpc.ServicerContext
    ) -> perception_service_pb2.CropResponse:
        image, png = self.world.image(request.image_digest)
        box = (
            request.box
            if request.HasField("box")
            else geometry_pb2.Box(x_max=image.size.width, y_max=image.size.height)
        )
        stream = io.BytesIO()
        with Image.open(io.BytesIO(png)) as picture:
            corners = (int(box.x_min), int(box.y_min), int(box.x_max), int(box.y_max))
            picture.crop(corners).save(stream, format="PNG")
        return perception_service_pb2.CropResponse(png=stream.getvalue(), box=box)

    def ListCapabilities(
        self, _request: perception_service_pb2.ListCapabilitiesRequest, _: grpc.ServicerContext
    ) -> perception_service_pb2.ListCapabilitiesResponse:
        status, binding = perception_service_pb2.CapabilityStatus, perception_service_pb2.ModelBinding
        read = [
            binding(tier=tier, model="read_text", version="1", weights_digest=canned.WEIGHTS, ready=True)
            for tier in (region_pb2.TIER_FAST, region_pb2.TIER_ACCURATE)
        ]
        return perception_service_pb2.ListCapabilitiesResponse(
            capabilities=[
                status(capability=region_pb2.CAPABILITY_READ_TEXT, bindings=read),
                status(
                    capability=region_pb2.CAPABILITY_DETECT, remedy="bind a model with GROUNDWIRE_PERCEPTION_BINDINGS"
                ),
            ]
        )


@dataclass
class SimulatedProvenance(provenance_service_pb2_grpc.ProvenanceServiceServicer):
    """What was answered."""

    world: canned.World

    def Record(self, _request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "not simulated")

    @worded
    def GetAnswer(
        self, request: provenance_service_pb2.GetAnswerRequest, _: grpc.ServicerContext
    ) -> provenance_service_pb2.GetAnswerResponse:
        return provenance_service_pb2.GetAnswerResponse(answer=self.world.find(request.answer_id))

    @worded
    def ListAnswers(
        self, request: provenance_service_pb2.ListAnswersRequest, _: grpc.ServicerContext
    ) -> provenance_service_pb2.ListAnswersResponse:
        start, size = int(request.page_token or 0), request.page_size or 20
        newest = list(reversed(self.world.answers))
        more = str(start + size) if start + size < len(newest) else ""
        return provenance_service_pb2.ListAnswersResponse(
            answers=map(canned.summary, newest[start : start + size]), next_page_token=more
        )

    @worded
    def ExplainClaim(
        self, request: provenance_service_pb2.ExplainClaimRequest, _: grpc.ServicerContext
    ) -> provenance_service_pb2.ExplainClaimResponse:
        answer = self.world.find(request.answer_id)
        for claim in answer.claims:
            if claim.id == request.claim_id:
                return canned.explained(answer, claim)
        raise errors.RecordNotFound(f"the answer has no claim {request.claim_id}", kind="claim", id=request.claim_id)

    @worded
    def GetTrace(
        self, request: provenance_service_pb2.GetTraceRequest, _: grpc.ServicerContext
    ) -> provenance_service_pb2.GetTraceResponse:
        if request.trace_id != canned.TRACE_ID or not self.world.answers:
            raise errors.RecordNotFound("no trace has that id", kind="trace", id=request.trace_id)
        return provenance_service_pb2.GetTraceResponse(spans=canned.spans(self.world.answers[-1]))


class SimulatedMesh:
    """The four services, listening while the context lasts."""

    def __init__(self) -> None:
        self.world = canned.World()
        self.health = {name: health.HealthServicer() for name in SERVICES}
        self._servers = {name: self._server(name) for name in SERVICES}
        ports = {name: server.add_insecure_port("127.0.0.1:0") for name, server in self._servers.items()}
        self.addresses = Addresses(**{name: f"127.0.0.1:{port}" for name, port in ports.items()})

    def _server(self, name: str) -> grpc.Server:
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=4, thread_name_prefix=name))
        health_pb2_grpc.add_HealthServicer_to_server(self.health[name], server)
        self.health[name].set(SERVICES[name], health_pb2.HealthCheckResponse.SERVING)
        if name == "fusion":
            grounding_service_pb2_grpc.add_GroundingServiceServicer_to_server(SimulatedGrounding(self.world), server)
        if name == "perception":
            # It looks at nothing: callers hear UNIMPLEMENTED, as the generated base says it.
            perceiving = SimulatedPerception(self.world)  # type: ignore[abstract]
            perception_service_pb2_grpc.add_PerceptionServiceServicer_to_server(perceiving, server)
        if name == "provenance":
            # It proves nothing and erases nothing: callers hear UNIMPLEMENTED, as the generated base says it.
            servicer = SimulatedProvenance(self.world)  # type: ignore[abstract]
            provenance_service_pb2_grpc.add_ProvenanceServiceServicer_to_server(servicer, server)
        return server

    def stop(self, name: str) -> None:
        """Let one service go away; nothing listens at its address afterwards."""
        self._servers[name].stop(None).wait()

    def __enter__(self) -> Self:
        for server in self._servers.values():
            server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for stopping in [server.stop(None) for server in self._servers.values()]:
            stopping.wait()
