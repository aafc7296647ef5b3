"""What a foreign collector sees of an answer."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import grpc
import pytest
from PIL import Image

from groundwire import NotFound
from groundwire.mesh.table import EDGES
from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc
from tests.mesh.conftest import client_of

if TYPE_CHECKING:
    from pathlib import Path

    from groundwire import Answer
    from groundwire.mesh.local import Mesh
    from tests.fakes.otlp_sink import OtlpSink, Seen

UNTRACED = {
    ("perception", "triton"),  # a span of perception's stands around the call
    ("provenance", "postgres"),
    ("provenance", "perception"),  # nothing is erased here: see the test of an erased image
    ("console", "fusion"),  # this question is not asked there
    ("console", "provenance"),
    ("console", "perception"),
}


@pytest.fixture(scope="module")
def traced(traced_mesh: Mesh, sink: OtlpSink, motorcycle: Path) -> tuple[Answer, list[Seen]]:
    with client_of(traced_mesh) as client:
        answer = client.ask(motorcycle, "What brand is written on the motorcycle?")
    entries = {"GroundingService/Ask", "ProvenanceService/Record", "LlmService/Compose", "PerceptionService/PutImage"}

    def whole(spans: list[Seen]) -> bool:
        return entries <= {span.name.removeprefix("groundwire.v1.") for span in spans if span.service != "fusion"} | {
            span.name.removeprefix("groundwire.v1.") for span in spans if not span.parent_id
        }

    return answer, sink.until(answer.trace_id, whole)


def test_each_claim_links_to_the_spans_that_made_its_regions(traced: tuple[Answer, list[Seen]]) -> None:
    answer, spans = traced
    by_id = {span.span_id: span for span in spans}
    for claim in answer.claims:
        span = by_id[claim.span_id]
        assert span.attributes["groundwire.claim.region_ids"] == [c.region_id for c in claim.citations]
        linked = {facts["groundwire.region.id"]: span_id for _, span_id, facts in span.links}
        for region in answer.regions_of(claim):
            assert linked[region.id] == region.source.span_id
            maker = by_id[linked[region.id]]
            assert maker.service == "perception"
            assert maker.attributes["groundwire.model.name"] == region.source.model


def test_every_edge_of_the_table_was_really_taken(traced: tuple[Answer, list[Seen]]) -> None:
    _, spans = traced
    by_id = {span.span_id: span for span in spans}
    taken = {(by_id[s.parent_id].service, s.service) for s in spans if s.parent_id in by_id}
    crossed = {(a, b) for a, b in taken if a != b}
    assert crossed == set(EDGES) - UNTRACED


def test_no_span_carries_the_question_or_the_lettering(traced: tuple[Answer, list[Seen]]) -> None:
    answer, spans = traced
    forbidden = {answer.question, *(region.text for region in answer.regions), *(claim.text for claim in answer.claims)}
    values = {str(value) for span in spans for value in span.attributes.values()}
    assert not [(word, value) for word in forbidden for value in values if word in value]


def test_there_is_one_root(traced: tuple[Answer, list[Seen]]) -> None:
    _, spans = traced
    ids = {span.span_id for span in spans}
    assert [span.name for span in spans if span.parent_id not in ids] == ["groundwire.v1.GroundingService/Ask"]


def test_an_erased_image_is_gone_from_perception_too(traced_mesh: Mesh) -> None:
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((96, 64)).save(drawn, "PNG")
    with client_of(traced_mesh) as client, grpc.insecure_channel(traced_mesh.addresses["provenance"]) as channel:
        image = client.read(drawn.getvalue()).image
        assert client.crop(image).size == (96, 64)
        erase = provenance_service_pb2.EraseRequest(image_digest=image.digest, reason="a test")
        provenance_service_pb2_grpc.ProvenanceServiceStub(channel).Erase(erase, timeout=60)
        with pytest.raises(NotFound) as caught:
            client.crop(image)
    assert caught.value.reason == "IMAGE_NOT_FOUND"
