"""The descriptor of an ONNX detector that is brought along: what its network takes, and what it puts out.

A TOML file that a person writes:

    classes = "classes.txt"            # one name a line, beside this file; or a list of names
    licence = "BSD-3-Clause"

    [input]
    size = [352, 352]                  # width, height
    channels = "BGR"

    [output]
    format = "fastestdet_grid"

    [synonyms]
    motorcycle = "motorbike"

The store keeps it as `descriptor.json`, whole and checked, which is what the runner `detect_onnx` reads.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from groundwire.models.cards import FILE_NAME
from groundwire.models.errors import BadDescriptor

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "descriptor.json"
HUB_FILE: Final = "groundwire.toml"
"""Under this name a repository of a hub carries the descriptor of its ONNX detector."""

MAX_CLASSES: Final = 20_000

Side = Annotated[int, Field(ge=8, le=8192)]
Channel = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]

Format = Literal[
    "fastestdet_grid",
    "yolo_xywh_obj_cls",
    "yolo_cxcywh_cls",
    "yolo_xyxy_score_cls",
    "detr_cxcywh_logits",
    "xyxy_labels_scores",
]
"""Names of the runner's decoders, where each format is described."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Part):
    """What the network takes: the picture resized, its values divided by `divisor`, less `mean`, divided by `std`."""

    size: tuple[Side, Side] = Field(description="Width and height, pixels.")
    layout: Literal["NCHW", "NHWC"] = Field("NCHW", description="Order of the axes.")
    channels: Literal["RGB", "BGR"] = Field("RGB", description="Order of the colours.")
    divisor: Positive = Field(255.0, description="What pixel values, 0 to 255, are divided by first.")
    mean: tuple[Channel, Channel, Channel] = Field((0.0, 0.0, 0.0), description="Subtracted, in the channels' order.")
    std: tuple[Positive, Positive, Positive] = Field((1.0, 1.0, 1.0), description="Divided by, likewise.")
    resize: Literal["stretch", "letterbox", "letterbox_corner"] = Field(
        "stretch", description="Whether the sides keep their ratio, and where the picture then lies."
    )


class Output(_Part):
    """What the network puts out, and what of it counts."""

    format: Format = Field(description="How the boxes are written.")
    names: tuple[Name, ...] = Field((), description="The outputs, in the format's order; empty for the network's own.")
    score_threshold: float = Field(0.3, ge=0, le=1, description="Least score of what is found.")
    nms_iou: float = Field(0.45, ge=0, le=1, description="IoU over which two boxes of a class are one; 1 for never.")


class Descriptor(_Part):
    """A detector."""

    model: Name = Field(pattern=f"^(?:{FILE_NAME.pattern})$", description="The ONNX file.")
    classes: tuple[Name, ...] = Field(min_length=1, max_length=MAX_CLASSES, description="Names, by class number.")
    licence: str = Field("unstated", max_length=200, description="Of the weights, as SPDX spells it.")
    input: Input
    output: Output
    synonyms: dict[Name, Name] = Field({}, description="Further phrases for a class: its name by phrase.")

    @model_validator(mode="after")
    def _synonyms_mean_classes(self) -> Descriptor:
        unknown = sorted(set(self.synonyms.values()) - set(self.classes))
        if unknown:
            msg = f"synonyms: {unknown[0]!r} is no class"
            raise ValueError(msg)
        return self

    def to_json(self) -> str:
        """The descriptor as the store keeps it."""
        return self.model_dump_json(indent=2) + "\n"


def read(path: Path, model: str = "") -> Descriptor:
    """The descriptor in a TOML file, with the class names that it has in a file beside it.

    Args:
        path: The file.
        model: File name of the network, where the descriptor does not name it.

    Raises:
        BadDescriptor: It is none. The message names the first field that is wrong.
    """
    said = _said(path)
    return _checked({"model": model, **said, "classes": _classes(said.get("classes"), path.parent)}, path)


def classes_file(path: Path) -> str:
    """Name of the file that a descriptor has its class names in; empty where it lists them itself.

    Raises:
        BadDescriptor: It cannot be read, or the file would be elsewhere than beside it.
    """
    named = _said(path).get("classes")
    return _beside(named) if isinstance(named, str) else ""


def _said(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadDescriptor(f"the descriptor {path} cannot be read: {error}", remedy="write it as TOML") from error


def _classes(named: Any, folder: Path) -> Any:
    """The class names: the lines of a file, or what is listed."""
    if not isinstance(named, str):
        return named
    try:
        lines = (folder / _beside(named)).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDescriptor(f"the class names in {named} cannot be read: {error}", remedy="one name a line") from error
    return [line.strip() for line in lines if line.strip()]


def _beside(name: str) -> str:
    if not FILE_NAME.fullmatch(name):
        raise BadDescriptor(
            f"classes: {name!r} is no plain file name", remedy="put the file with the class names beside the descriptor"
        )
    return name


def _checked(said: dict[str, Any], path: Path) -> Descriptor:
    try:
        return Descriptor.model_validate_json(json.dumps(said, default=str), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "it"
        raise BadDescriptor(
            f"the descriptor {path.name} is not right: {field}: {first['msg']}",
            remedy="see the fields in groundwire/models/descriptors.py",
            metadata={"field": field},
        ) from error
