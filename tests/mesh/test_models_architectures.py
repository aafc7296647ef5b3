"""Every architecture that can be pulled, all the way: hub, store, binding, Triton, perception.

What each network makes of pictures is tested with the runners (`test_triton_models.py`); here, that it gets there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient, InferInput
from tritonclient.utils import np_to_triton_dtype

from groundwire.models import architectures, bench, pulling
from groundwire.models.bindings import Place
from groundwire.models.hub import Hub
from groundwire.models.pulling import Wanted
from groundwire.v1 import geometry_pb2, perception_service_pb2_grpc
from groundwire.v1 import perception_service_pb2 as pb
from tests.fakes.hub import FakeHub
from tests.mesh.seeing import Seeing, edges, look, put, seeing, squares
from tests.mesh.triton_models_server import environment, run_there

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, tzinfo=UTC)
IMAGE = bench.drawn(128, 96)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    """A hub with a tiny checkpoint of each architecture."""
    environment()
    folder = tmp_path_factory.mktemp("checkpoints") / "made"
    run_there("tiny_checkpoints.py", folder)
    with FakeHub() as serving:
        for name in architectures.RUNNERS:
            serving.put(f"tiny/{name}", {path.name: path.read_bytes() for path in (folder / name).iterdir()})
        yield serving


@pytest.fixture(scope="module")
def eye(tmp_path_factory: pytest.TempPathFactory, hub: FakeHub) -> Iterator[Seeing]:
    assert hub.repositories
    with seeing(tmp_path_factory.mktemp("seeing")) as there:
        yield there


def digest_said(address: str, model: str, capability: str) -> str:
    """The digest of the weights that a model of Triton says it has loaded."""
    asked = []
    for name, value in bench.inputs(capability, IMAGE, ["dog"]).items():
        asked.append(InferInput(name, value.shape, np_to_triton_dtype(value.dtype)))
        asked[-1].set_data_from_numpy(value)
    with InferenceServerClient(address) as client:
        (digest,) = client.infer(model, asked).as_numpy("WEIGHTS_DIGEST")
    return str(digest.decode())


@pytest.mark.parametrize("architecture", architectures.RUNNERS)
async def test_a_checkpoint_goes_from_the_hub_to_an_answer(eye: Seeing, hub: FakeHub, architecture: str) -> None:
    card = pulling.pull(eye.store, Hub(hub.endpoint), Wanted(f"tiny/{architecture}"), now=NOW).card

    for capability in card.runners:
        place = Place(capability, "fast")
        model = eye.binder.bind(place, card.name)
        try:
            assert digest_said(eye.mesh.addresses["triton"], model, capability) == card.weights_digest
            async with grpc.aio.insecure_channel(eye.mesh.addresses["perception"]) as channel:
                await ask(perception_service_pb2_grpc.PerceptionServiceStub(channel), capability)
        finally:
            eye.binder.unbind(place)


async def ask(stub: Any, capability: str) -> None:
    """Ask perception for what it offers of a capability, and check that it honours the contract."""
    digest = await put(stub, squares())
    if capability == "detect":
        found = await look(stub, digest, "dog", "traffic light")
        for region in found.regions:
            left, top, right, bottom = edges(region)
            assert 0 <= left < right <= 256
            assert 0 <= top < bottom <= 128
            assert region.label in ("dog", "traffic light")
    if capability == "segment":
        box = geometry_pb2.Box(x_min=40, y_min=20, x_max=120, y_max=60)
        answer = await stub.Segment(pb.SegmentRequest(image_digest=digest, boxes=[box]), timeout=60)
        assert [(mask.size.width, mask.size.height) for mask in answer.masks] == [(256, 128)]
