"""What a model costs: latency and throughput, asked through Triton as perception asks."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from groundwire.models.errors import NotLoaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

WARM_CALLS: Final = 3
CALL_TIMEOUT_S: Final = 120.0

Tensors = dict[str, "npt.NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a bench.

    Attributes:
        callers: Callers at once, each waiting for its answer before it asks again.
        calls: Calls altogether.
        p50_ms: Median latency, milliseconds.
        p95_ms: Latency that 95 of 100 calls stay under, milliseconds.
        per_second: Answers a second, all callers together.
    """

    callers: int
    calls: int
    p50_ms: float
    p95_ms: float
    per_second: float


def inputs(capability: str, image_rgb: npt.NDArray[np.uint8], phrases: Sequence[str]) -> Tensors:
    """What a model of that capability is asked, by the names of the contract.

    Args:
        capability: Which.
        image_rgb: (H, W, 3) uint8.
        phrases: What to find, or to embed.
    """
    height, width = image_rgb.shape[:2]
    words = np.array([phrase.encode() for phrase in phrases], np.object_)
    middle = np.array([[width / 4, height / 4, 3 * width / 4, 3 * height / 4]], np.float32)
    given: Mapping[str, Tensors] = {
        "detect": {"IMAGE": image_rgb, "PHRASES": words},
        "segment": {"IMAGE": image_rgb, "BOXES": middle},
        "embed_image": {"IMAGE": image_rgb, "BOXES": middle},
        "embed_text": {"TEXTS": words},
    }
    return given.get(capability, {"IMAGE": image_rgb})


def measure(address: str, model: str, tensors: Tensors, *, callers: int, calls: int) -> Measured:
    """Call a model of a running Triton, first a few times untimed.

    Args:
        address: Of Triton's gRPC port, host:port.
        model: Its name there.
        tensors: What each call sends.
        callers: How many ask at once.
        calls: How many calls each of them makes.

    Raises:
        NotLoaded: The model does not answer.
    """
    with triton.InferenceServerClient(address, channel_args=[("grpc.enable_http_proxy", 0)]) as client:

        def call(_: int) -> float:
            begun = time.perf_counter()
            client.infer(model, asked, client_timeout=CALL_TIMEOUT_S)
            return time.perf_counter() - begun

        try:
            # One that takes requests together has an axis of them in front of every tensor.
            together = client.get_model_config(model).config.max_batch_size > 0
            asked = [_input(name, value[np.newaxis] if together else value) for name, value in tensors.items()]
            for number in range(WARM_CALLS):
                call(number)
            begun = time.perf_counter()
            with ThreadPoolExecutor(callers) as pool:
                took_s = list(pool.map(call, range(callers * calls)))
            wall_s = time.perf_counter() - begun
        except InferenceServerException as error:
            raise NotLoaded(f"{model} does not answer: {error.message()}", remedy="see Triton's log") from error
    percent = statistics.quantiles(took_s, n=100, method="inclusive")
    return Measured(callers, len(took_s), percent[49] * 1e3, percent[94] * 1e3, len(took_s) / wall_s)


def drawn(width: int, height: int) -> npt.NDArray[np.uint8]:
    """A picture of coloured blocks, (height, width, 3), always the same: something in it for every network."""
    blocks = np.random.default_rng(7).integers(0, 256, (height // 32 + 1, width // 32 + 1, 3), dtype=np.uint8)
    picture: npt.NDArray[np.uint8] = np.kron(blocks, np.ones((32, 32, 1), np.uint8))[:height, :width]
    return np.ascontiguousarray(picture)


def _input(name: str, value: npt.NDArray[Any]) -> Any:
    tensor = triton.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    tensor.set_data_from_numpy(value)
    return tensor
