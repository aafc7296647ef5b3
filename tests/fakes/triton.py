"""Two simulators of Triton with models on it: one behind perception's port, one behind Triton's own protocol.

The models of both see. A word is a filled rectangle of a colour of its own:

    models = FakeModels(lettering={RED: "EXIT"})
    image = picture((200, 100), {RED: (20, 30, 80, 50)})

A model that is shown an enlarged tile of this image finds the rectangle where the tile shows it, and reads only the
first half of a word that runs into the tile's edge, as real readers do.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import numpy.typing as npt
from tritonclient.grpc import model_config_pb2, service_pb2_grpc
from tritonclient.grpc import service_pb2 as pb
from tritonclient.utils import deserialize_bytes_tensor, np_to_triton_dtype, serialize_byte_tensor, triton_to_np_dtype

from services.common.errors import MeshError, PartUnavailable
from services.common.geometry import Size
from services.perception.core import outputs
from services.perception.ports import ModelState
from services.perception.shared_pixels import FOLDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from services.common.geometry import Floats
    from services.perception.core.outputs import Depth, Found, Outlined, Tensors
    from services.perception.ports import Pixels

Colour = tuple[int, int, int]
Corners = tuple[int, int, int, int]

RED: Colour = (200, 0, 0)
GREEN: Colour = (0, 160, 0)
BLUE: Colour = (0, 0, 200)

DIGEST = "ab" * 32
NEAR = 40
"""How far a channel may be from a colour, since enlarging blurs edges."""


def picture(size_wh: tuple[int, int], painted: Mapping[Colour, Corners]) -> Pixels:
    """A white image of that size with filled rectangles, xyxy pixels."""
    image = np.full((size_wh[1], size_wh[0], 3), 255, dtype=np.uint8)
    for colour, (left, top, right, bottom) in painted.items():
        image[top:bottom, left:right] = colour
    return image


def seen(image: Pixels, colours: Iterable[Colour]) -> list[tuple[Colour, list[float]]]:
    """Which colours are in the image, and the box, xyxy, that each one fills."""
    found = []
    for colour in colours:
        rows, columns = np.nonzero((np.abs(image.astype(int) - colour) <= NEAR).all(axis=2))
        if len(rows):
            found.append((colour, [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]))
    return found


@dataclass
class Vision:
    """What the models of both simulators make of pixels."""

    lettering: Mapping[Colour, str] = field(default_factory=dict)
    objects: Mapping[Colour, str] = field(default_factory=dict)
    private: Mapping[Colour, str] = field(default_factory=dict)
    searched: tuple[str, ...] = ("face", "plate")

    def tensors(self, inputs: Tensors) -> Tensors:
        """The contract's outputs for the contract's inputs: told apart by what is asked."""
        if "PHRASES" in inputs:
            return self._detected(inputs["IMAGE"], [phrase.decode() for phrase in inputs["PHRASES"]])
        if "BOXES" in inputs:
            return self._outlined(inputs["IMAGE"], inputs["BOXES"])
        return self._read(inputs["IMAGE"])

    def _read(self, image: Pixels) -> Tensors:
        height, width = image.shape[:2]
        found = seen(image, self.lettering)
        boxes = np.array([box for _, box in found], dtype=np.float32).reshape(-1, 4)
        words = [self.lettering[colour] for colour, _ in found]
        cut = [left == 0 or top == 0 or right == width or bottom == height for left, top, right, bottom in boxes]
        texts = [word[: len(word) // 2] if short else word for word, short in zip(words, cut, strict=True)]
        return {
            "POLYGONS": boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2),
            "TEXTS": np.array([text.encode() for text in texts], dtype=np.object_),
            "SCORES": np.array([0.5 if short else 0.9 for short in cut], dtype=np.float32),
            "WEIGHTS_DIGEST": np.array([DIGEST.encode()], dtype=np.object_),
            "THRESHOLDS": np.array([b'{"text_score": 0.5}'], dtype=np.object_),
        }

    def _detected(self, image: Pixels, phrases: list[str]) -> Tensors:
        found = [(self.objects[colour], box) for colour, box in seen(image, self.objects)]
        found = [(name, box) for name, box in found if name in phrases]
        return {
            "BOXES": np.array([box for _, box in found], dtype=np.float32).reshape(-1, 4),
            "PHRASE": np.array([phrases.index(name) for name, _ in found], dtype=np.int32),
            "SCORES": np.linspace(0.9, 0.5, len(found), dtype=np.float32),
            "EMBEDDINGS": np.zeros((len(found), 0), dtype=np.float32),
        }

    def privates(self, image: Pixels) -> Tensors:
        """What a `find_private` model answers, whose input is that of a reader."""
        found = seen(image, self.private)
        return {
            "BOXES": np.array([box for _, box in found], dtype=np.float32).reshape(-1, 4),
            "KINDS": np.array([self.private[colour].encode() for colour, _ in found], dtype=np.object_),
            "SCORES": np.full(len(found), 0.6, dtype=np.float32),
            "SEARCHED": np.array([kind.encode() for kind in self.searched], dtype=np.object_),
            "WEIGHTS_DIGEST": np.array([DIGEST.encode()], dtype=np.object_),
        }

    def depths(self, image: Pixels) -> Tensors:
        """What a `depth` model answers, whose input is that of a reader: what is lower in the picture is nearer."""
        rows = np.linspace(3, 9, len(image), dtype=np.float32)
        return {"DEPTH": np.repeat(rows[:, None], image.shape[1], axis=1)}

    def _outlined(self, image: Pixels, boxes: npt.NDArray[np.float32]) -> Tensors:
        masks = np.zeros((len(boxes), *image.shape[:2]), dtype=np.uint8)
        for mask, (left, top, right, bottom) in zip(masks, boxes.round().astype(int), strict=True):
            mask[top:bottom, left:right] = 1
        return {"MASKS": masks}


@dataclass
class FakeModels:
    """The port `Models`, in memory.

    Attributes:
        vision: What the models see.
        known: Models that the server has.
        gone: Set to take the server away.
        fails: Raised by the next looks, where set.
        shown: Sizes of the pictures that models were shown, (width, height).
        asked: Phrases that detectors were asked for, call by call.
        open: Cleared to keep looks waiting.
        arrived: Released once for every look that has begun.
        version: Which version answers, and is said to.
        digest: Of the weights that answer.
        instead: Outputs that replace the models'.
    """

    vision: Vision = field(default_factory=Vision)
    known: frozenset[str] = frozenset({"read_text", "segment_grabcut", "find_private"})
    gone: bool = False
    fails: MeshError | None = None
    shown: list[tuple[int, int]] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    version: str = "3"
    digest: str = DIGEST
    instead: Tensors = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open.set()

    @property
    def looks(self) -> int:
        """Calls of models, but for those that only ask a reader who it is."""
        return sum(size != (64, 64) for size in self.shown)

    async def live(self) -> None:
        self._reach()

    async def state(self, model: str) -> ModelState:
        self._reach()
        return ModelState(ready=model in self.known, version=self.version if model in self.known else "")

    async def read_text(self, model: str, image_rgb: Pixels) -> Found:
        return outputs.readings(model, await self._run(model, IMAGE=image_rgb), self.version)

    async def detect(self, model: str, image_rgb: Pixels, phrases: tuple[str, ...]) -> Found:
        asked = np.array([phrase.encode() for phrase in phrases], dtype=np.object_)
        self.asked.append(phrases)
        tensors = await self._run(model, IMAGE=image_rgb, PHRASES=asked)
        return outputs.detections(model, tensors, self.version, phrases)

    async def find_private(self, model: str, image_rgb: Pixels, kinds: tuple[str, ...]) -> Found:
        await self._run(model, IMAGE=image_rgb)
        return outputs.privates(model, self.vision.privates(image_rgb), "3", kinds)

    async def segment(self, model: str, image_rgb: Pixels, boxes_xyxy: Floats) -> Outlined:
        tensors = await self._run(model, IMAGE=image_rgb, BOXES=boxes_xyxy.astype(np.float32))
        size = Size(image_rgb.shape[1], image_rgb.shape[0])
        return outputs.outlines(model, tensors, "3", len(boxes_xyxy), size)

    async def depth(self, model: str, image_rgb: Pixels) -> Depth:
        await self._run(model, IMAGE=image_rgb)
        size = Size(image_rgb.shape[1], image_rgb.shape[0])
        return outputs.depths(model, self.vision.depths(image_rgb), "3", size)

    async def _run(self, model: str, **inputs: npt.NDArray[Any]) -> Tensors:
        self._reach()
        if model not in self.known:
            raise PartUnavailable(f"there is no model {model}", part="triton", model=model)
        if self.fails is not None:
            raise self.fails
        self.shown.append((inputs["IMAGE"].shape[1], inputs["IMAGE"].shape[0]))
        self.arrived.release()
        await self.open.wait()
        tensors = self.vision.tensors(inputs)
        weights = {"WEIGHTS_DIGEST": np.array([self.digest.encode()], dtype=np.object_)}
        return tensors | (weights if "WEIGHTS_DIGEST" in tensors else {}) | self.instead

    def _reach(self) -> None:
        if self.gone:
            raise PartUnavailable("triton is out of reach", part="triton", address="nowhere")


class FakeTriton(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]  # tritonclient ships no types
    """A server that speaks Triton's protocol, with one model, `read_text`, in versions 1 and 2.

    Attributes:
        vision: What its model sees.
        instead: Outputs that replace the model's; None removes one.
        spoiled: Bytes to answer instead of those of outputs, by name.
        refusal: Status, and what it says, of every call to a model, where set.
        instances: How many calls each model works on at once, as it says.
        batches: How many requests each model takes together, as it says; every tensor then has an axis of one in front.
        stalls: Set to leave calls unanswered.
        arrived: Set when a call to a model has arrived.
        headers: Metadata of the last call to a model.
        regions: Shared memory that is registered: the key of each, by name.
        shares: Cleared to refuse regions, as a server on another host must.
        away: Set to be out of reach for who brings a region.
        shared: How many calls brought their pixels by shared memory.
        absent: Models that it knows and does not run, with the reason that it gives.
        loads: Names of models that it was told to load.
    """

    def __init__(self, vision: Vision) -> None:
        self.regions: dict[str, str] = {}
        self.shares = True
        self.away = False
        self.shared = 0
        self.absent: dict[str, str] = {}
        self.loads: list[str] = []
        self.vision = vision
        self.instead: dict[str, npt.NDArray[Any] | None] = {}
        self.spoiled: dict[str, bytes] = {}
        self.refusal: tuple[grpc.StatusCode, str] | None = None
        self.stalls = False
        self.instances = 1
        self.batches = 0
        self.arrived = asyncio.Event()
        self.headers: dict[str, str | bytes] = {}

    async def ServerLive(self, _request: Any, _context: Any) -> Any:
        return pb.ServerLiveResponse(live=True)

    async def ModelReady(self, request: Any, _context: Any) -> Any:
        return pb.ModelReadyResponse(ready=request.name == "read_text" and request.name not in self.absent)

    async def RepositoryIndex(self, _request: Any, _context: Any) -> Any:
        there = pb.RepositoryIndexResponse.ModelIndex
        missing = [there(name=name, state="UNAVAILABLE", reason=reason) for name, reason in self.absent.items()]
        return pb.RepositoryIndexResponse(models=missing)

    async def RepositoryModelUnload(self, _request: Any, _context: Any) -> Any:
        return pb.RepositoryModelUnloadResponse()

    async def RepositoryModelLoad(self, request: Any, _context: Any) -> Any:
        self.loads.append(request.model_name)
        self.absent.pop(request.model_name, None)
        return pb.RepositoryModelLoadResponse()

    async def ModelMetadata(self, request: Any, _context: Any) -> Any:
        return pb.ModelMetadataResponse(name=request.name, versions=["1", "2"])

    async def ModelConfig(self, request: Any, _context: Any) -> Any:
        group = model_config_pb2.ModelInstanceGroup(count=self.instances)
        config = model_config_pb2.ModelConfig(name=request.name, instance_group=[group], max_batch_size=self.batches)
        return pb.ModelConfigResponse(config=config)

    async def SystemSharedMemoryRegister(self, request: Any, context: Any) -> Any:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the server is starting")
        if not self.shares:
            await context.abort(grpc.StatusCode.INTERNAL, f"Unable to open shared memory region: '{request.key}'")
        self.regions[request.name] = request.key
        return pb.SystemSharedMemoryRegisterResponse()

    async def SystemSharedMemoryUnregister(self, request: Any, _context: Any) -> Any:
        self.regions.pop(request.name, None)
        return pb.SystemSharedMemoryUnregisterResponse()

    async def ModelInfer(self, request: Any, context: Any) -> Any:
        self.headers = dict(context.invocation_metadata())
        self.arrived.set()
        named = [each.parameters["shared_memory_region"].string_param for each in request.inputs if each.parameters]
        if unknown := set(named) - set(self.regions):
            message = f"Unable to find shared memory region: '{unknown.pop()}'"
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)
        self.shared += bool(named)
        if self.stalls:
            await asyncio.Event().wait()
        if request.model_name != "read_text":
            await context.abort(grpc.StatusCode.NOT_FOUND, f"Request for unknown model: '{request.model_name}'")
        if self.refusal is not None:
            await context.abort(*self.refusal)
        tensors = self._tensors(self._decoded(request)) | self.instead
        response = pb.ModelInferResponse(model_name=request.model_name, model_version="2")
        for name, tensor in tensors.items():
            if tensor is not None:
                response.outputs.add(name=name, datatype=np_to_triton_dtype(tensor.dtype), shape=tensor.shape)
                response.raw_output_contents.append(self.spoiled.get(name, _encoded(tensor)))
        return response

    def _tensors(self, inputs: Tensors) -> Tensors:
        if not self.batches:
            return self.vision.tensors(inputs)
        made = self.vision.tensors({name: tensor[0] for name, tensor in inputs.items()})
        return {name: tensor[np.newaxis] for name, tensor in made.items()}

    def _decoded(self, request: Any) -> Tensors:
        raw = iter(request.raw_input_contents)
        data = [self._in_region(each) if each.parameters else next(raw) for each in request.inputs]
        pairs = zip(request.inputs, data, strict=True)
        return {each.name: _array(each.datatype, content).reshape(each.shape) for each, content in pairs}

    def _in_region(self, tensor: Any) -> bytes:
        path = FOLDER / self.regions[tensor.parameters["shared_memory_region"].string_param].lstrip("/")
        return path.read_bytes()[: tensor.parameters["shared_memory_byte_size"].int64_param]


def _array(datatype: str, data: bytes) -> npt.NDArray[Any]:
    if datatype == "BYTES":
        return np.asarray(deserialize_bytes_tensor(data))
    return np.frombuffer(data, triton_to_np_dtype(datatype))


def _encoded(tensor: npt.NDArray[Any]) -> bytes:
    if tensor.dtype == np.object_:
        packed = serialize_byte_tensor(tensor)
        return bytes(packed.item()) if packed.size else b""
    return tensor.tobytes()


@asynccontextmanager
async def triton_serving(triton: FakeTriton) -> AsyncIterator[tuple[str, grpc.aio.Server]]:
    """Serve until the context ends; yields the address, and the server for those who want to stop it."""
    server = grpc.aio.server()
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(triton, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}", server
    finally:
        await server.stop(None)
