"""The descriptor of an ONNX detector: what a person may write, and what is said where it is wrong."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, get_args

import pytest

from groundwire.models import descriptors
from groundwire.models.errors import BadDescriptor
from tests.fakes.colour_detector import DESCRIPTOR

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    path = folder / "detector.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_not_said_is_filled_in_and_kept_for_the_runner(tmp_path: Path) -> None:
    described = descriptors.read(written(tmp_path, DESCRIPTOR))
    kept = json.loads(described.to_json())

    assert kept["input"] == {
        "size": [64, 64],
        "layout": "NCHW",
        "channels": "RGB",
        "divisor": 255.0,
        "mean": [0.0, 0.0, 0.0],
        "std": [1.0, 1.0, 1.0],
        "resize": "stretch",
    }
    assert (kept["output"]["score_threshold"], kept["output"]["nms_iou"]) == (0.3, 0.45)
    assert kept["synonyms"] == {"fire": "red thing"}


def test_the_descriptor_in_the_modules_own_words_is_one(tmp_path: Path) -> None:
    example = "\n".join(line.strip() for line in (descriptors.__doc__ or "").splitlines() if line.startswith("    "))
    assert tomllib.loads(example)["output"] == {"format": "fastestdet_grid"}
    (tmp_path / "classes.txt").write_text("person\n\n motorbike \n")

    described = descriptors.read(written(tmp_path, example), model="m.onnx")

    assert described.classes == ("person", "motorbike")
    assert described.input.channels == "BGR"


def test_every_format_has_a_decoder(decoders: Any) -> None:
    assert set(get_args(descriptors.Format)) == set(decoders.DECODERS)


WRONG = {
    "a size of one number": ("size = [64, 64]", "size = [64]", "input.size"),
    "a size of nothing": ("size = [64, 64]", "size = [0, 64]", "input.size"),
    "a format that nobody knows": ("xyxy_labels_scores", "magic", "output.format"),
    "a word that means nothing": ("[output]", "[output]\nanchors = 3", "output.anchors"),
    "no classes": ('classes = ["red thing", "blue thing"]', "classes = []", "classes"),
    "classes that are numbers": ('classes = ["red thing", "blue thing"]', "classes = [1]", "classes"),
    "a synonym for no class": ('fire = "red thing"', 'fire = "green thing"', "green thing"),
    "a network elsewhere": ("colours.onnx", "../colours.onnx", "model"),
    "class names elsewhere": ('["red thing", "blue thing"]', '"../names.txt"', "plain file name"),
    "class names that are not there": ('["red thing", "blue thing"]', '"names.txt"', "names.txt"),
    "a threshold over one": ("[output]", "[output]\nscore_threshold = 1.5", "output.score_threshold"),
    "a divisor of zero": ("[input]", "[input]\ndivisor = 0", "input.divisor"),
    "a mean that is no number": ("[input]", "[input]\nmean = [nan, 0, 0]", "input.mean"),
    "no TOML": ("[input]", "[input", "TOML"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_field_that_is_wrong_is_named(tmp_path: Path, wrong: str) -> None:
    was, now, named = WRONG[wrong]
    with pytest.raises(BadDescriptor) as caught:
        descriptors.read(written(tmp_path, DESCRIPTOR.replace(was, now)))
    assert named in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "x.toml", tmp_path / "gone.toml"):
        with pytest.raises(BadDescriptor, match="cannot be read"):
            descriptors.read(path)
