"""Where bytes of strangers are read. A target may raise what its part promises to raise, and nothing else."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from fuzz.messages import Bytes, fill
from groundwire.errors import GroundwireError
from groundwire.v1 import grounding_service_pb2, llm_service_pb2, perception_service_pb2, provenance_service_pb2
from services.common import outlines
from services.common.errors import MeshError
from services.common.geometry import Size
from services.common.plans import Engine
from services.common.regions import Mask
from services.fusion import convert as fusion
from services.llm import convert as llm
from services.llm.core import answers
from services.llm.core.splitting import ClaimSplitter
from services.perception import convert as perception
from services.perception import pillow
from services.perception.core import outputs
from services.perception.core.limits import AdmissionLimits
from services.provenance import convert as provenance
from services.provenance.otlp import spans_from

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.message import Message

LIMITS: Final = AdmissionLimits(max_bytes=1 << 20, max_pixels=1 << 20, min_side=8)
ENGINE: Final = Engine("fuzz", "1")


def image_admission(data: bytes) -> None:
    """An upload: any bytes."""
    pillow.decode(data, LIMITS)


def image_mask(data: bytes) -> None:
    """Run-length codes of a mask."""
    if len(data) > 2:  # noqa: PLR2004 - two bytes of size before the codes
        try:
            outlines.pixels(Mask(Size(data[0] + 1, data[1] + 1), data[2:]))
        except outlines.MaskBroken:
            return


def _message(kind: type[Message], read: Callable[[Any], object]) -> Callable[[bytes], None]:
    """A message of the contract, and what reads it."""

    def target(data: bytes) -> None:
        read(fill(kind(), Bytes(data)))

    return target


def _asked(message: grounding_service_pb2.AskRequest) -> None:
    fusion.image_from(message.image)
    fusion.question_from(message.question, 2000)
    fusion.stakes_from(message.stakes)
    fusion.documents_from(message.documents)
    fusion.conversation_from(message.conversation_id)


def model_answer(data: bytes) -> None:
    """What a language model wrote where a plan was wanted: any text."""
    try:
        answers.plan(json.loads(data), ENGINE)
    except (answers.OutsideSchema, ValueError):
        return


def model_claims(data: bytes) -> None:
    """A stream of a language model's claims, cut anywhere."""
    splitter = ClaimSplitter()
    try:
        for start in range(0, len(data), 7):
            list(splitter.feed(data[start : start + 7].decode(errors="replace")))
    except answers.OutsideSchema:
        return


def model_outputs(data: bytes) -> None:
    """A vision model's tensors: shapes and values of its own choosing."""
    values = np.frombuffer(data[: len(data) // 4 * 4], np.float32)
    count = data[0] % 7 if data else 0
    boxes = np.resize(values, (count, 4)) if len(values) else np.zeros((count, 4), np.float32)
    tensors: Mapping[str, Any] = {
        "BOXES": boxes,
        "SCORES": values[:count],
        "PHRASE": values[:count].view(np.int32),
        "KINDS": np.array([data[i : i + 3] for i in range(count)], np.object_),
        "POLYGONS": np.resize(values, (count, 4, 2)) if len(values) else np.zeros((count, 4, 2), np.float32),
        "TEXTS": np.array([data[i : i + 5] for i in range(count)], np.object_),
    }
    reads: tuple[Callable[[], object], ...] = (
        lambda: outputs.readings("fuzz", tensors, "1"),
        lambda: outputs.detections("fuzz", tensors, "1", ("a", "b")),
        lambda: outputs.privates("fuzz", tensors, "1", ("face",)),
    )
    for read in reads:
        try:
            read()
        except MeshError:
            continue


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = MappingProxyType(
    {
        "image_admission": image_admission,
        "image_mask": image_mask,
        "ask": _message(grounding_service_pb2.AskRequest, _asked),
        "compose": _message(llm_service_pb2.ComposeRequest, llm.material_from),
        "judge": _message(llm_service_pb2.JudgeRequest, llm.statement_from),
        "perceive": _message(perception_service_pb2.PerceiveRequest, perception.look_from),
        "segment": _message(perception_service_pb2.SegmentRequest, perception.boxes_from),
        "measure": _message(perception_service_pb2.MeasureRequest, perception.places_from),
        "erase": _message(provenance_service_pb2.EraseRequest, provenance.subject_from),
        "spans": _message(trace_service_pb2.ExportTraceServiceRequest, spans_from),
        "model_answer": model_answer,
        "model_claims": model_claims,
        "model_outputs": model_outputs,
    }
)
"""Every target by its name."""

EXPECTED: Final = (MeshError, GroundwireError)
"""What says in its own words that the input is bad."""
