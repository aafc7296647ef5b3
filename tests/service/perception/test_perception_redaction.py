"""What must not be seen is painted over before anything is kept, or the picture is refused."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from PIL import Image

from groundwire.v1 import geometry_pb2, image_pb2, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common import errors
from services.runtime import attributes
from tests.fakes.perception_station import Station, edges, error_of, png, put
from tests.fakes.triton import BLUE, GREEN, RED, FakeModels, Vision, picture, seen

if TYPE_CHECKING:
    from pathlib import Path

READ = region_pb2.CAPABILITY_READ_TEXT

STREET = Vision(lettering={RED: "ann@example.org", GREEN: "EXIT"}, private={BLUE: "face"})
PLACED = {RED: (300, 20, 360, 40), GREEN: (20, 22, 120, 42), BLUE: (150, 200, 190, 240)}

POLICY = """
[default]
kinds = ["face", "plate", "email"]
tier = "fast"

[tenants.archive]
kinds = []
"""


@pytest.fixture
def station(tmp_path: Path) -> Station:
    policy = tmp_path / "redaction.toml"
    policy.write_text(POLICY)
    models = FakeModels(STREET, known=frozenset({"read_text", "find_private"}))
    bindings = {"read_text": {"fast": "read_text"}, "find_private": {"fast": "find_private"}}
    return Station(models, settings={"redaction_file": policy, "bindings": bindings})


def stored(station: Station, image: image_pb2.Image) -> Any:
    (content,) = (held for key, held in station.objects.held.items() if key.endswith(f"/{image.digest}.png"))
    return np.asarray(Image.open(io.BytesIO(content)))


async def test_what_the_policy_names_is_nowhere_in_what_is_kept(station: Station) -> None:
    upload = png(picture((400, 300), PLACED))
    async with station.open() as stub:
        image = await put(stub, upload)
        described = (await stub.GetImage(pb.GetImageRequest(image_digest=image.digest))).image
        whole = await stub.Crop(pb.CropRequest(image_digest=image.digest))
        read = await stub.Perceive(pb.PerceiveRequest(image_digest=image.digest, capability=READ))
    assert [colour for colour, _ in seen(stored(station, image), PLACED)] == [GREEN]
    assert [colour for colour, _ in seen(np.asarray(Image.open(io.BytesIO(whole.png))), PLACED)] == [GREEN]
    assert [region.text for region in read.regions] == ["EXIT"]
    assert not any(b"ann@" in content or upload in content for content in station.objects.held.values())
    assert described == image
    kinds = {redaction.kind: redaction for redaction in image.redactions}
    assert set(kinds) == {"face", "email"}
    assert (kinds["face"].found_by, kinds["email"].found_by) == ("find_private", "pattern")
    assert edges(kinds["face"].box) == (144, 194, 196, 246)


async def test_every_tenant_has_its_own_policy(station: Station) -> None:
    upload = png(picture((400, 300), PLACED))
    async with station.open() as stub:
        strict, open_ = await put(stub, upload), await put(stub, upload, tenant="archive")
    assert strict.digest != open_.digest
    assert strict.upload == open_.upload
    assert not open_.redactions
    assert len(seen(stored(station, open_), PLACED)) == 3


async def test_places_that_the_caller_names_are_painted_before_any_model_looks(station: Station) -> None:
    box = geometry_pb2.Box(x_min=295, y_min=15, x_max=365.5, y_max=45)
    beside = geometry_pb2.Box(x_min=500, y_min=15, x_max=600, y_max=45)
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), PLACED)), redact=[box, beside])
    assert [(redaction.kind, redaction.found_by) for redaction in image.redactions] == [
        ("given", ""),
        ("face", "find_private"),
    ]
    assert edges(image.redactions[0].box) == (295, 15, 366, 45)
    assert (stored(station, image)[15:45, 295:366] == 0).all()


async def test_what_a_model_sees_in_the_paint_is_not_told(station: Station) -> None:
    given = geometry_pb2.Box(x_min=100, y_min=100, x_max=140, y_max=130)
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), {GREEN: (20, 22, 120, 42)})), redact=[given])
        # A reader that takes the black box for a letter: lettering of the colour that the paint has.
        station.models.vision = Vision(lettering={(0, 0, 0): "\u53e3", GREEN: "EXIT"})
        read = await stub.Perceive(pb.PerceiveRequest(image_digest=image.digest, capability=READ))
    assert [region.text for region in read.regions] == ["EXIT"]
    assert read.counts.rejected == 1


async def test_a_place_needs_no_policy_and_no_model() -> None:
    station = Station()
    station.models.gone = True
    async with station.open() as stub:
        image = await put(
            stub, png(picture((40, 30), {RED: (5, 5, 9, 9)})), redact=[geometry_pb2.Box(x_max=20, y_max=20)]
        )
    assert not seen(stored(station, image), [RED])


async def test_a_policy_whose_finder_is_not_bound_refuses_the_picture(station: Station) -> None:
    del station.settings["bindings"]["find_private"]
    async with station.open() as stub:
        error = await error_of(put(stub, png(picture((400, 300), PLACED))))
    assert (error.reason, error.metadata["capability"]) == ("CAPABILITY_NOT_BOUND", "find_private")
    assert station.objects.held == {}


async def test_a_finder_that_does_not_look_for_what_the_policy_names_refuses_the_picture(station: Station) -> None:
    station.models.vision = Vision(private={BLUE: "face"}, searched=("face",))
    async with station.open() as stub:
        error = await error_of(put(stub, png(picture((400, 300), PLACED))))
    assert (error.reason, error.metadata["kind"]) == ("CAPABILITY_NOT_BOUND", "plate")
    assert station.objects.held == {}


@pytest.mark.parametrize("trouble", ["gone", "fails", "unloaded"])
async def test_a_finder_in_trouble_refuses_the_picture(station: Station, trouble: str) -> None:
    async with station.open() as stub:
        station.models.gone = trouble == "gone"
        if trouble == "fails":
            station.models.fails = errors.ModelOutput("it broke", model="find_private", what="SCORES")
        if trouble == "unloaded":
            station.models.known = frozenset({"read_text"})
        error = await error_of(put(stub, png(picture((400, 300), PLACED))))
    assert error.reason == ("MODEL_OUTPUT" if trouble == "fails" else "PART_UNAVAILABLE")
    assert station.objects.held == {}


async def test_no_span_tells_what_was_painted_over(station: Station) -> None:
    provider, spans = trace.get_tracer_provider(), InMemorySpanExporter()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with station.open() as stub:
        await put(stub, png(picture((400, 300), PLACED)))
    finished = spans.get_finished_spans()
    (redact,) = [dict(span.attributes or {}) for span in finished if span.name == "redact"]
    assert (redact[attributes.REDACTION_COUNT], redact[attributes.REDACTION_KINDS]) == (2, ("email", "face"))
    told = " ".join(str(dict(span.attributes or {})) + str(span.events) for span in finished)
    assert "ann" not in told


async def test_a_policy_that_cannot_be_read_keeps_the_service_from_starting(station: Station, tmp_path: Path) -> None:
    (tmp_path / "redaction.toml").write_text("[default]\nkinds = ['soul']")
    with pytest.raises(errors.MeshError, match="'soul' is no kind"):
        async with station.open():
            pass
