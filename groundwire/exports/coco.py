"""An answer as COCO JSON: its image, and every region as an annotation, with box, outline or mask.

Boxes become x, y, width, height. The format has no word for most of what a region is, so that stands in fields of its
own, which readers of the format pass over.

Source of the format: https://cocodataset.org/#format-data; of the counts of masks: maskApi.c of pycocotools.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from groundwire import words
from groundwire.errors import Internal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire.v1 import answer_pb2, geometry_pb2, region_pb2

LETTERING: Final = "lettering"
"""Category of regions that were read: they have no label."""

_OFFSET: Final = 48
_MORE: Final = 0x20
_SIGN: Final = 0x10


def coco_json(answer: answer_pb2.Answer) -> str:
    """The answer as COCO JSON, ending in a line break.

    Raises:
        Internal: A region's mask is not in the encoding of the contract.
    """
    names = sorted({_category(region) for region in answer.regions})
    numbers = {name: number for number, name in enumerate(names, 1)}
    said = {
        "info": {
            "description": f"groundwire answer {answer.id}",
            "date_created": answer.create_time.ToJsonString(),
            "version": "1",
        },
        "licenses": [],
        "images": [_image(answer)],
        "categories": [{"id": number, "name": name, "supercategory": ""} for name, number in numbers.items()],
        "annotations": [
            _annotation(number, region, numbers[_category(region)], _cited(answer, region.id))
            for number, region in enumerate(answer.regions, 1)
        ],
    }
    return json.dumps(said, indent=2) + "\n"


def _category(region: region_pb2.Region) -> str:
    return region.label or LETTERING


def _image(answer: answer_pb2.Answer) -> dict[str, Any]:
    return {
        "id": 1,
        "width": answer.image.size.width,
        "height": answer.image.size.height,
        "file_name": f"{answer.image.digest}.{answer.image.media_type.rpartition('/')[2] or 'png'}",
        "sha256": answer.image.digest,
    }


def _annotation(number: int, region: region_pb2.Region, category: int, claims: list[str]) -> dict[str, Any]:
    box = region.box
    width, height = box.x_max - box.x_min, box.y_max - box.y_min
    segmentation, area = _outline(region)
    source = region.source
    return {
        "id": number,
        "image_id": 1,
        "category_id": category,
        "bbox": [box.x_min, box.y_min, width, height],
        "segmentation": segmentation,
        "area": area,
        "iscrowd": 0,
        **({"score": region.score} if region.HasField("score") else {}),
        "region": region.id,
        "text": region.text,
        "claims": claims,
        "source": {"model": source.model, "version": source.version, "tier": words.tier(source.tier)},
    }


def _outline(region: region_pb2.Region) -> tuple[Any, float]:
    """The segmentation and its area, pixels: of the mask, else of the polygon, else of the box."""
    if region.HasField("mask"):
        mask = region.mask
        size = [mask.size.height, mask.size.width]
        return {"size": size, "counts": mask.counts.decode("ascii", "replace")}, _mask_area(mask)
    if region.HasField("polygon"):
        points = [(point.x, point.y) for point in region.polygon.points]
    else:
        box = region.box
        points = [(box.x_min, box.y_min), (box.x_max, box.y_min), (box.x_max, box.y_max), (box.x_min, box.y_max)]
    return [[coordinate for point in points for coordinate in point]], _polygon_area(points)


def _polygon_area(points: list[tuple[float, float]]) -> float:
    """By the shoelace formula."""
    following = [*points[1:], *points[:1]]
    return abs(sum(x * y_next - x_next * y for (x, y), (x_next, y_next) in zip(points, following, strict=True))) / 2


def _mask_area(mask: geometry_pb2.Mask) -> float:
    runs = list(_runs(mask.counts))
    if min(runs, default=0) < 0 or sum(runs) != mask.size.width * mask.size.height:
        raise Internal("a region's mask does not fill its image", remedy="verify the answer: groundwire verify")
    return float(sum(runs[1::2]))


def _runs(counts: bytes) -> Iterator[int]:
    """Lengths of the runs of a mask, background first: numbers of five bits a byte, from the fourth on less the one
    before the last.
    """  # noqa: D205 - one sentence
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = character - _OFFSET
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & _MORE:
            continue
        if bits & _SIGN:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))  # noqa: PLR2004 - the format's own
        value = shift = 0
    yield from runs


def _cited(answer: answer_pb2.Answer, region_id: str) -> list[str]:
    return [claim.id for claim in answer.claims if any(citation.region_id == region_id for citation in claim.citations)]
