"""A picture is its tenant's own: to any other, its digest says nothing, whatever the method."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from groundwire.v1 import geometry_pb2, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.runtime.tenant import METADATA
from tests.fakes.perception_station import STATION, Station, error_of, png, put
from tests.fakes.triton import picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READ = region_pb2.CAPABILITY_READ_TEXT
BOX = geometry_pb2.Box(x_max=40, y_max=30)
THEIRS: dict[str, Any] = {"metadata": ((METADATA, "globex"),)}
OURS: dict[str, Any] = {"metadata": ((METADATA, "acme"),)}

REQUESTS: dict[str, Any] = {
    "GetImage": pb.GetImageRequest(),
    "Perceive": pb.PerceiveRequest(capability=READ),
    "Segment": pb.SegmentRequest(boxes=[BOX]),
    "Measure": pb.MeasureRequest(places=[pb.Place(box=BOX)]),
    "Crop": pb.CropRequest(box=BOX),
}
"""Good in every respect but the digest, by method; erasing never fails, and is tried apart, as is the stream."""


def by_digest() -> set[str]:
    """Every method whose request names an image."""
    methods = pb.DESCRIPTOR.services_by_name["PerceptionService"].methods
    return {method.name for method in methods if "image_digest" in method.input_type.fields_by_name}


def named(method: str, digest: str) -> Any:
    request = type(REQUESTS[method])()
    request.CopyFrom(REQUESTS[method])
    request.image_digest = digest
    return request


@pytest.fixture
def station() -> Station:
    return Station()


async def held(stub: Any, tenant: str = "acme") -> str:
    """The digest of a picture that a tenant admitted and looked at in every way, so that everything is in memory."""
    digest = (await put(stub, png(picture((400, 300), STATION)), tenant=tenant)).digest
    for method in REQUESTS:
        await getattr(stub, method)(named(method, digest), metadata=((METADATA, tenant),))
    return digest


def test_every_method_that_names_an_image_is_tried() -> None:
    assert by_digest() == {*REQUESTS, "EraseImage"}


@pytest.mark.parametrize("method", REQUESTS)
@pytest.mark.parametrize("who", [THEIRS, {}], ids=["another", "default"])
async def test_another_tenants_picture_is_not_found(station: Station, method: str, who: dict[str, Any]) -> None:
    async with station.open() as stub:
        digest = await held(stub)
        theirs = await error_of(getattr(stub, method)(named(method, digest), **who))
        nobodys = await error_of(getattr(stub, method)(named(method, "0" * 64), **who))
        await getattr(stub, method)(named(method, digest), **OURS)
    assert theirs.reason == nobodys.reason == "IMAGE_NOT_FOUND"
    assert theirs.message.replace(digest, "") == nobodys.message.replace("0" * 64, ""), "nothing tells the two apart"


async def test_a_stream_does_not_see_another_tenants_picture(station: Station) -> None:
    async with station.open() as stub:
        digest = await held(stub)

        async def sent() -> AsyncIterator[pb.PerceiveStreamRequest]:
            yield pb.PerceiveStreamRequest(settings=pb.StreamSettings(capability=READ))
            yield pb.PerceiveStreamRequest(frame=pb.Frame(sequence=1, image_digest=digest))

        (theirs,) = [outcome async for outcome in stub.PerceiveStream(sent(), **THEIRS)]
        (ours,) = [outcome async for outcome in stub.PerceiveStream(sent(), **OURS)]
    assert (theirs.failed.reason, theirs.image_digest) == ("IMAGE_NOT_FOUND", "")
    assert ours.WhichOneof("outcome") == "found"


async def test_nobody_erases_another_tenants_picture(station: Station) -> None:
    async with station.open() as stub:
        digest = await held(stub)
        looks = station.models.looks
        erased = await stub.EraseImage(pb.EraseImageRequest(image_digest=digest), **THEIRS)
        for method in REQUESTS:
            await getattr(stub, method)(named(method, digest), **OURS)
    assert not erased.was_held
    assert station.models.looks == looks, "what was seen is still remembered"


async def test_what_two_tenants_admit_each_may_see_and_each_forgets_for_itself(station: Station) -> None:
    async with station.open() as stub:
        ours, theirs = await held(stub), await held(stub, "globex")
        assert ours == theirs
        assert (await stub.EraseImage(pb.EraseImageRequest(image_digest=ours), **OURS)).was_held
        for method in REQUESTS:
            await getattr(stub, method)(named(method, theirs), **THEIRS)
            assert (await error_of(getattr(stub, method)(named(method, ours), **OURS))).reason == "IMAGE_NOT_FOUND"
        assert (await stub.EraseImage(pb.EraseImageRequest(image_digest=ours), **THEIRS)).was_held
    assert station.objects.held == {}


async def test_how_another_tenant_sent_the_picture_is_not_told(station: Station) -> None:
    pixels = picture((400, 300), STATION)
    async with station.open() as stub:
        await put(stub, png(pixels) + b"trailing", tenant="acme")
        own = await put(stub, png(pixels), tenant="globex")
        told = await stub.GetImage(pb.GetImageRequest(image_digest=own.digest), **THEIRS)
    assert told.image == own


async def test_a_picture_that_is_being_decoded_for_its_tenant_is_not_given_to_another(station: Station) -> None:
    """Replicas share the store and not the memory: both ask a fresh one at the same time."""
    async with station.open() as stub:
        digest = await held(stub)
    async with station.open() as fresh:
        ours, theirs = await asyncio.gather(
            fresh.Crop(pb.CropRequest(image_digest=digest), **OURS),
            error_of(fresh.Crop(pb.CropRequest(image_digest=digest), **THEIRS)),
        )
    assert ours.png
    assert theirs.reason == "IMAGE_NOT_FOUND"


@pytest.mark.parametrize("name", ["../acme", "acme/images", "acme/..", "..", ".", "a\\b", "ACME", "a" * 65, "acme/"])
async def test_a_name_that_would_reach_into_another_folder_is_no_tenants(station: Station, name: str) -> None:
    async with station.open() as stub:
        digest = await held(stub)
        error = await error_of(stub.GetImage(pb.GetImageRequest(image_digest=digest), metadata=((METADATA, name),)))
    assert error.reason == "INVALID_FIELD"


@pytest.mark.parametrize(
    "digest",
    [
        "../" * 20 + "etc/passwd",
        "a" * 63 + "/",
        "a" * 61 + "%2e",
        "A" * 64,
        "a" * 63,
        "a" * 65,
        "",
        "\0" * 64,
        "é" * 64,
    ],
)
@pytest.mark.parametrize("method", [*REQUESTS, "EraseImage"])
async def test_a_digest_that_is_a_path_is_no_digest(station: Station, method: str, digest: str) -> None:
    request = pb.EraseImageRequest(image_digest=digest) if method == "EraseImage" else named(method, digest)
    async with station.open() as stub:
        error = await error_of(getattr(stub, method)(request))
    assert (error.reason, error.metadata["field"]) == ("INVALID_FIELD", "image_digest")
    assert station.objects.held == {}
