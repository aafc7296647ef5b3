"""A mesh that sees and does nothing else (Triton and perception), with what its user has beside it."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc
import numpy as np
from PIL import Image

from groundwire.mesh import triton
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from groundwire.models.binding import Binder
from groundwire.models.bindings import BindingsFile
from groundwire.models.deploying import Deployment
from groundwire.models.serving import ModelServer
from groundwire.models.store import Store
from groundwire.v1 import perception_service_pb2 as pb
from groundwire.v1 import perception_service_pb2_grpc, region_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PROJECT: Final = Path(__file__).parents[2]
RED_BOX: Final = (40, 20, 120, 60)
BLUE_BOX: Final = (150, 30, 190, 110)
SIZE_WH: Final = (256, 128)


@dataclass
class Seeing:
    """The mesh, and what `groundwire models` would work with, if it were the one of its folder."""

    mesh: Mesh
    store: Store
    binder: Binder

    def status(self) -> dict[str, bool]:
        """Whether each model of `detect` is ready, by name, as `groundwire status` shows it."""
        with grpc.insecure_channel(self.mesh.addresses["perception"]) as channel:
            listed = perception_service_pb2_grpc.PerceptionServiceStub(channel).ListCapabilities(
                pb.ListCapabilitiesRequest(), timeout=30
            )
        bindings = [each.bindings for each in listed.capabilities if each.capability == region_pb2.CAPABILITY_DETECT]
        return {bound.model: bound.ready for bound in bindings[0]}


@contextmanager
def seeing(home: Path) -> Iterator[Seeing]:
    """Such a mesh, until the context ends."""
    parts = [each for each in COMPONENTS if each.name in ("triton", "perception")]
    with Mesh.start(home, components=parts, ports=free_ports(parts)) as mesh:
        store, roots = Store(home), [PROJECT]
        deployment = Deployment(home, triton.find_models({}, roots), os.environ, roots, triton.bound_folder(home))
        server = ModelServer(mesh.addresses["triton"])
        yield Seeing(mesh, store, Binder(store, BindingsFile(home), deployment, server))


def squares() -> bytes:
    """A white picture of `SIZE_WH` with a red and a blue rectangle, as PNG."""
    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 255, np.uint8)
    for (left, top, right, bottom), colour in ((RED_BOX, (220, 0, 0)), (BLUE_BOX, (0, 0, 220))):
        image[top:bottom, left:right] = colour
    return png(image)


def png(pixels: Any) -> bytes:
    """Pixels (H, W, 3) as PNG."""
    written = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(written, "PNG")
    return written.getvalue()


async def put(eye: Any, content: bytes) -> str:
    """Upload a picture to perception; its digest."""

    async def messages() -> AsyncIterator[pb.PutImageRequest]:
        for start in range(0, len(content), 1 << 20):
            yield pb.PutImageRequest(chunk=content[start : start + (1 << 20)])

    return str((await eye.PutImage(messages())).image.digest)


async def look(eye: Any, digest: str, *phrases: str, tier: int = region_pb2.TIER_FAST) -> pb.PerceiveResponse:
    """Have perception detect what phrases name."""
    request = pb.PerceiveRequest(
        image_digest=digest,
        capability=region_pb2.CAPABILITY_DETECT,
        phrases=phrases,
        tier=region_pb2.Tier.ValueType(tier),
    )
    found: pb.PerceiveResponse = await eye.Perceive(request, timeout=60)
    return found


def edges(region: region_pb2.Region) -> tuple[float, float, float, float]:
    """Its box, xyxy."""
    return (region.box.x_min, region.box.y_min, region.box.x_max, region.box.y_max)
