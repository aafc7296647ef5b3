"""Names for models that are known to serve well, so that nobody has to know a hub's ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Known:
    """A model that can be pulled by a name of its own.

    Attributes:
        name: That name.
        hub_id: The hub's.
        capabilities: What it does.
        tier: The rung that it suits.
        licence: What its hub card stated when this table was written; what it states at the pull decides.
    """

    name: str
    hub_id: str
    capabilities: tuple[str, ...]
    tier: str
    licence: str = "apache-2.0"


_EMBED: Final = ("embed_text", "embed_image")

CATALOGUE: Final = (
    Known(
        "mm-grounding-dino-tiny",
        "openmmlab-community/mm_grounding_dino_tiny_o365v1_goldg_grit_v3det",
        ("detect",),
        "accurate",
    ),
    Known("llmdet-tiny", "iSEE-Laboratory/llmdet_tiny", ("detect",), "accurate"),
    Known("llmdet-base", "iSEE-Laboratory/llmdet_base", ("detect",), "accurate"),
    Known("grounding-dino-tiny", "IDEA-Research/grounding-dino-tiny", ("detect",), "accurate"),
    Known("grounding-dino-base", "IDEA-Research/grounding-dino-base", ("detect",), "accurate"),
    Known("owlv2-base", "google/owlv2-base-patch16-ensemble", ("detect",), "fast"),
    Known("owlvit-base", "google/owlvit-base-patch32", ("detect",), "fast"),
    Known("d-fine-small", "ustc-community/dfine-small-coco", ("detect",), "fast"),
    Known("rt-detr-v2-r18", "PekingU/rtdetr_v2_r18vd", ("detect",), "fast"),
    Known("sam2.1-tiny", "facebook/sam2.1-hiera-tiny", ("segment",), "fast"),
    Known("sam2.1-small", "facebook/sam2.1-hiera-small", ("segment",), "accurate"),
    Known("siglip2-base", "google/siglip2-base-patch16-224", _EMBED, "fast"),
    Known("clip-base", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", _EMBED, "fast", "mit"),
    Known("depth-anything-v2-small", "depth-anything/Depth-Anything-V2-Small-hf", ("depth",), "fast"),
)


def known(name: str) -> Known | None:
    """What the catalogue has under a name, or under a hub id."""
    return next((each for each in CATALOGUE if name in (each.name, each.hub_id)), None)
