"""Models of a running Triton, loaded and unloaded by hand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException

from groundwire.models.errors import NotLoaded

if TYPE_CHECKING:
    from collections.abc import Iterator

LOAD_TIMEOUT_S: Final = 600.0
"""How long a model may take to load or to finish what it has begun. Seconds; gigabytes of weights take minutes."""

QUESTION_TIMEOUT_S: Final = 5.0
REASON_CHARACTERS: Final = 2_000


class ModelServer:
    """A Triton whose models are controlled from outside.

    Args:
        address: Of its gRPC port, host:port.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def load(self, model: str) -> None:
        """Have it load a model of its repositories, anew where it has it; return when the model can be called.

        Raises:
            NotLoaded: It does not load, or Triton is out of reach.
        """
        with self._asked(f"load {model}") as client:
            client.load_model(model, client_timeout=LOAD_TIMEOUT_S)
            if not client.is_model_ready(model, client_timeout=QUESTION_TIMEOUT_S):
                raise NotLoaded(f"{model} was loaded and is not ready", remedy="see Triton's log")

    def unload(self, model: str) -> None:
        """Have it drop a model; what that has begun, it finishes.

        Raises:
            NotLoaded: Triton is out of reach.
        """
        with self._asked(f"unload {model}") as client:
            client.unload_model(model, client_timeout=LOAD_TIMEOUT_S)

    def is_ready(self, model: str) -> bool:
        """Whether it can be called.

        Raises:
            NotLoaded: Triton is out of reach.
        """
        with self._asked(f"say whether {model} is ready") as client:
            return bool(client.is_model_ready(model, client_timeout=QUESTION_TIMEOUT_S))

    @contextmanager
    def _asked(self, what: str) -> Iterator[triton.InferenceServerClient]:
        try:
            with triton.InferenceServerClient(self.address, channel_args=[("grpc.enable_http_proxy", 0)]) as client:
                yield client
        except InferenceServerException as error:
            raise NotLoaded(
                f"triton at {self.address} did not {what}: {error.message()[-REASON_CHARACTERS:]}",
                remedy="see Triton's log, which groundwire status names",
                metadata={"address": self.address},
            ) from error
