"""Models on Triton, over its gRPC protocol.

Everything that goes wrong with Triton or with a model on it is translated here, and named: the part, its address, the
model. What Triton says in its own words goes to the log only, since it holds paths and stack traces.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
import structlog
from opentelemetry import propagate
from tritonclient import grpc as protocol
from tritonclient.grpc import aio
from tritonclient.utils import (
    InferenceServerException,
    np_to_triton_dtype,
)

from services.common.errors import DeadlineExceeded, ModelOutput, Overloaded, PartUnavailable
from services.common.geometry import Size
from services.perception.core import outputs
from services.perception.model_turns import ModelTurns
from services.perception.ports import ModelMissing, ModelState
from services.perception.reviving import Revivals
from services.perception.shared_pixels import UNKNOWN_REGION, SharedPixels
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from services.common.geometry import Floats
    from services.perception.core.outputs import Depth, Found, Outlined, Tensors
    from services.perception.ports import Pixels

log = structlog.get_logger()

CHANNEL: Final = (
    ("grpc.max_send_message_length", protocol.MAX_GRPC_MESSAGE_SIZE),
    ("grpc.max_receive_message_length", protocol.MAX_GRPC_MESSAGE_SIZE),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A Triton that comes back is found again within seconds.
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Where a name stands for several Tritons, they are asked in turn.
    ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),
)
"""Pixels travel raw, so messages are as long as pictures are large."""

STATE_TIMEOUT_S: Final = 2.0
"""How long questions about readiness may take, seconds. Models do not run for them."""


WORKER_DIED: Final = "Stub process"
"""How Triton's python backend begins to say that the process which runs a model is gone."""

QUEUE_FULL: Final = "Exceeds maximum queue size"
"""How Triton refuses what its queue for a model has no room for."""

RETRY_AFTER_S: Final = 1.0
"""How long whoever met a full queue is told to wait, seconds."""


class WorkerDied(PartUnavailable):
    """The process that runs a model is gone, or starved until Triton gave it up."""


class TritonModels:
    """The port `Models` on a Triton server.

    Args:
        address: Of its gRPC port, host:port.
        timeout_s: How long a call to a model may take where the caller set no deadline, seconds.
        share: Whether pixels cross to a Triton on this host by shared memory.
        servers: Tritons behind the address.
    """

    def __init__(self, address: str, *, timeout_s: float, share: bool = True, servers: int = 1) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._client = aio.InferenceServerClient(address, channel_args=CHANNEL)
        self._turns = ModelTurns(self._client, servers)
        self._shared = SharedPixels(self._client, address) if share else None
        self._revivals = Revivals(self._client)

    async def close(self) -> None:
        """Close the channel."""
        if self._shared is not None:
            await self._shared.close()
        await self._client.close()

    async def live(self) -> None:
        """Return when the server answers."""
        with self._translated(""), self._readable(""):
            if not await self._client.is_server_live(client_timeout=_timeout(STATE_TIMEOUT_S)):
                raise self._unavailable(f"triton at {self._address} is not live", "")

    async def state(self, model: str) -> ModelState:
        """How the model is; one that does not exist is not ready."""
        with self._translated(model), self._readable(model):
            if not await self._client.is_model_ready(model, client_timeout=_timeout(STATE_TIMEOUT_S)):
                self._turns.forget(model)
                self._revivals.found_absent(model)
                return ModelState(ready=False, version="")
            self._revivals.found_ready(model)
            facts = await self._client.get_model_metadata(model, client_timeout=_timeout(STATE_TIMEOUT_S))
            return ModelState(ready=True, version=max(facts.versions, key=int, default=""))

    async def read_text(self, model: str, image_rgb: Pixels) -> Found:
        """Lettering in a picture."""
        tensors, version = await self._infer(model, IMAGE=image_rgb)
        return outputs.readings(model, tensors, version)

    async def detect(self, model: str, image_rgb: Pixels, phrases: tuple[str, ...]) -> Found:
        """What phrases name in a picture."""
        wanted = np.array([phrase.encode() for phrase in phrases], dtype=np.object_)
        tensors, version = await self._infer(model, IMAGE=image_rgb, PHRASES=wanted)
        return outputs.detections(model, tensors, version, phrases)

    async def find_private(self, model: str, image_rgb: Pixels, kinds: tuple[str, ...]) -> Found:
        """Faces, plates and the like in a picture."""
        tensors, version = await self._infer(model, IMAGE=image_rgb)
        return outputs.privates(model, tensors, version, kinds)

    async def segment(self, model: str, image_rgb: Pixels, boxes_xyxy: Floats) -> Outlined:
        """Masks of what boxes (N, 4) hold."""
        tensors, version = await self._infer(model, IMAGE=image_rgb, BOXES=boxes_xyxy.astype(np.float32))
        height, width = image_rgb.shape[:2]
        return outputs.outlines(model, tensors, version, len(boxes_xyxy), Size(width, height))

    async def depth(self, model: str, image_rgb: Pixels) -> Depth:
        """How near every pixel of a picture is."""
        tensors, version = await self._infer(model, IMAGE=image_rgb)
        return outputs.depths(model, tensors, version, Size(image_rgb.shape[1], image_rgb.shape[0]))

    async def _infer(self, model: str, **inputs: npt.NDArray[Any]) -> tuple[Tensors, str]:
        """The model's outputs by name, and the version that answered."""
        try:
            with self._translated(model):
                batches = await self._turns.batches(model)
                given = {name: value[np.newaxis] for name, value in inputs.items()} if batches else inputs
                result = await self._sent(model, given)
        except WorkerDied:
            await self._revivals.revived(model)
            raise
        response = result.get_response()
        if response is None:  # what arrived could not be parsed
            raise ModelOutput(
                f"the answer of the model {model} is none",
                remedy="try again; if it lasts, see what is between this service and Triton",
                model=model,
                what="bytes that are no answer",
            )
        tensors = {each.name: _output(model, result, each.name) for each in response.outputs}
        if batches:
            tensors = {name: _of_one(model, name, value) for name, value in tensors.items()}
        return tensors, response.model_version

    async def _sent(self, model: str, inputs: Mapping[str, npt.NDArray[Any]]) -> protocol.InferResult:
        """The model's answer, to pixels by shared memory where that can be."""
        pixels = inputs.get("IMAGE")
        if self._shared is not None and pixels is not None:
            rest = [_input(name, value) for name, value in inputs.items() if name != "IMAGE"]
            image = _named("IMAGE", pixels)
            try:
                async with self._shared.lent(pixels, image) as is_lent:
                    if is_lent:
                        return await self._call(model, [image, *rest])
            except InferenceServerException as error:
                if UNKNOWN_REGION not in error.message():
                    raise
                await self._shared.forget()
        return await self._call(model, [_input(name, value) for name, value in inputs.items()])

    async def _call(self, model: str, tensors: list[protocol.InferInput]) -> protocol.InferResult:
        headers: dict[str, str] = {}
        propagate.inject(headers)
        async with self._turns.turn(model):
            timeout = _timeout(self._timeout_s)
            return await self._client.infer(model, tensors, headers=headers, client_timeout=timeout)

    @contextmanager
    def _readable(self, model: str) -> Iterator[None]:
        """What arrived and could not be parsed is None to gRPC, and the client library looks into it all the same."""
        try:
            yield
        except (AttributeError, TypeError, ValueError) as error:
            log.warning("triton", model=model, said=repr(error))
            raise self._unavailable(f"triton at {self._address} answers what cannot be read", model) from error

    @contextmanager
    def _translated(self, model: str) -> Iterator[None]:
        try:
            yield
        except InferenceServerException as error:
            self._translate(error, model)

    def _translate(self, error: InferenceServerException, model: str) -> NoReturn:
        code = str(error.status()).removeprefix("StatusCode.")
        log.warning("triton", model=model, code=code, said=error.message())
        if code == "DEADLINE_EXCEEDED":
            raise DeadlineExceeded(
                f"the deadline passed while waiting for {model or 'triton'}",
                remedy="allow more time",
                step="perceive",
                part="triton",
                address=self._address,
                model=model,
            ) from error
        if code == "NOT_FOUND":
            message = f"triton at {self._address} has no model {model}"
            raise self._unavailable(message, model, ModelMissing) from error
        if WORKER_DIED in error.message():
            message = f"the process that runs {model} for triton at {self._address} has died, or is starved"
            remedy = "try again: the model is being loaded anew"
            raise WorkerDied(message, remedy=remedy, part="triton", address=self._address, model=model) from error
        if QUEUE_FULL in error.message():
            raise Overloaded(
                f"as many looks wait for {model} as may",
                retry_after_s=RETRY_AFTER_S,
                remedy="try again a little later, or give the model more instances",
                model=model,
                what="calls waiting for the model",
            ) from error
        if code in ("INTERNAL", "INVALID_ARGUMENT", "UNKNOWN") and model:
            raise ModelOutput(
                f"the model {model} failed on this picture",
                remedy="see the log of Triton and of this service under the trace id",
                model=model,
                what=f"it answered {code}",
            ) from error
        raise self._unavailable(f"triton at {self._address} is out of reach", model) from error

    def _unavailable(self, message: str, model: str, kind: type[PartUnavailable] = PartUnavailable) -> PartUnavailable:
        return kind(
            message,
            remedy="see whether Triton runs and has loaded the model, then try again",
            part="triton",
            address=self._address,
            model=model,
        )


def _timeout(longest_s: float) -> float:
    """The client timeout of one call, seconds."""
    timeout = deadlines.for_next_hop(longest_s)
    return longest_s if timeout is None else timeout


def _named(name: str, value: npt.NDArray[Any]) -> protocol.InferInput:
    return protocol.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))


def _input(name: str, value: npt.NDArray[Any]) -> protocol.InferInput:
    tensor = _named(name, value)
    tensor.set_data_from_numpy(value)
    return tensor


def _of_one(model: str, name: str, value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The answer to one request, of a model that takes several together."""
    if value.shape[:1] != (1,):
        raise ModelOutput(
            f"the model {model} broke its contract: {name} has shape {list(value.shape)}, not [1, …]",
            model=model,
            what=name,
        )
    one: npt.NDArray[Any] = value[0]
    return one


def _output(model: str, result: protocol.InferResult, name: str) -> npt.NDArray[Any]:
    try:
        return np.asarray(result.as_numpy(name))
    except Exception as error:  # the client library raises whatever the bytes make it trip over
        raise ModelOutput(
            f"the model {model} broke its contract: the bytes of {name} do not fill its shape", model=model, what=name
        ) from error
