"""Which networks the mesh can run, what they do, and which folder of the model repository runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from groundwire.models.errors import UnknownArchitecture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DETECT: Final = {"detect": "detect_transformers"}
_SEGMENT: Final = {"segment": "segment_transformers"}
_EMBED: Final = {"embed_text": "embed_text_transformers", "embed_image": "embed_image_transformers"}
_DEPTH: Final = {"depth": "depth_transformers"}

RUNNERS: Final[Mapping[str, Mapping[str, str]]] = {
    "grounding-dino": _DETECT,
    "mm-grounding-dino": _DETECT,
    "owlv2": _DETECT,
    "owlvit": _DETECT,
    "d_fine": _DETECT,
    "rt_detr_v2": _DETECT,
    "sam": _SEGMENT,
    "sam2": _SEGMENT,
    # SAM 2.1's checkpoints are published with the video model's configuration; its image part is the same.
    "sam2_video": _SEGMENT,
    "clip": _EMBED,
    "siglip": _EMBED,
    "siglip2": _EMBED,
    "depth_anything": _DEPTH,
}
"""Runner by capability, by the `model_type` of a checkpoint's config.json."""

ONNX: Final = "onnx"
ONNX_RUNNERS: Final[Mapping[str, str]] = {"detect": "detect_onnx"}
"""Of a detector that was brought along as ONNX with a descriptor."""


def runners(config: Path, source: str) -> tuple[str, Mapping[str, str]]:
    """The architecture that a checkpoint's configuration names, and who runs it.

    Args:
        config: The checkpoint's config.json.
        source: Whose it is, to say so.

    Raises:
        UnknownArchitecture: Nobody does.
    """
    architecture = _model_type(config)
    if isinstance(architecture, str) and architecture in RUNNERS:
        return architecture, RUNNERS[architecture]
    raise UnknownArchitecture(
        f"{source} is of the architecture {architecture!r}, for which there is no runner",
        remedy=f"pull a model of one of these: {', '.join(RUNNERS)}; or export it to ONNX and add it with a descriptor",
    )


def _model_type(config: Path) -> object:
    try:
        said = json.loads(config.read_text(encoding="utf-8"))
    except ValueError:  # Also what is not UTF-8.
        return None
    return said.get("model_type") if isinstance(said, dict) else None
