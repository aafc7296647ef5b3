from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from services.common.errors import ModelOutput
from services.common.geometry import Size
from services.perception.core import outputs
from services.perception.core.outputs import ModelRun

DIGEST = "0123456789abcdef" * 4


def bytes_of(*texts: str) -> Any:
    return np.array([text.encode() for text in texts], dtype=np.object_)


def reading(**instead: Any) -> dict[str, Any]:
    sound = {
        "POLYGONS": np.zeros((2, 4, 2), np.float32),
        "TEXTS": bytes_of("one", "zwö"),
        "SCORES": np.array([0.5, 1.0], np.float32),
        "WEIGHTS_DIGEST": bytes_of(DIGEST),
    }
    return {name: tensor for name, tensor in (sound | instead).items() if tensor is not None}


def detection(**instead: Any) -> dict[str, Any]:
    sound = {
        "BOXES": np.array([[1, 2, 3, 4]], np.float32),
        "PHRASE": np.array([1], np.int32),
        "SCORES": np.array([0.5], np.float32),
        "EMBEDDINGS": np.zeros((1, 0), np.float32),
    }
    return {name: tensor for name, tensor in (sound | instead).items() if tensor is not None}


def test_a_sound_reading_is_taken_as_it_is() -> None:
    found = outputs.readings("m", reading(), "7")
    assert found.words == ("one", "zwö")
    assert found.scores is not None
    assert found.scores.tolist() == [0.5, 1.0]
    assert found.run == ModelRun("7", DIGEST)


def test_the_bounds_of_a_model_are_kept_by_name() -> None:
    found = outputs.readings("m", reading(THRESHOLDS=bytes_of('{"text_score": 0.5, "det": 1}')), "7")
    assert found.run.thresholds == (("det", 1.0), ("text_score", 0.5))


def test_no_lettering_is_sound() -> None:
    nothing = {
        "POLYGONS": np.zeros((0, 4, 2), np.float32),
        "TEXTS": bytes_of(),
        "SCORES": np.zeros(0, np.float32),
    }
    assert len(outputs.readings("m", nothing, "7")) == 0


def test_scores_and_a_weights_digest_may_be_missing() -> None:
    found = outputs.readings("m", reading(SCORES=None, WEIGHTS_DIGEST=None), "7")
    assert found.scores is None
    assert found.run.weights_digest == ""


def test_what_single_precision_adds_to_a_score_is_taken_off() -> None:
    scores = np.array([1.0000001, -0.0000001], np.float32)
    found = outputs.readings("m", reading(SCORES=scores), "7")
    assert found.scores is not None
    assert found.scores.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("instead", "what"),
    [
        ({"POLYGONS": None}, "POLYGONS is missing"),
        ({"POLYGONS": np.zeros((2, 4), np.float32)}, "POLYGONS has shape [2, 4], not [N,4,2]"),
        ({"POLYGONS": np.zeros((2, 4, 2), np.int64)}, "POLYGONS has dtype int64"),
        ({"POLYGONS": np.zeros((4, 4, 2), np.float32)}, "TEXTS has shape [2], not [4]"),
        ({"TEXTS": None}, "TEXTS is missing"),
        ({"TEXTS": np.zeros(2, np.float32)}, "TEXTS has dtype float32"),
        ({"TEXTS": np.array([b"\xff", b""], np.object_)}, "TEXTS has a value that is not UTF-8"),
        ({"TEXTS": np.array([1, 2], np.object_)}, "TEXTS has a value of type int"),
        ({"SCORES": np.zeros(3, np.float32)}, "SCORES has shape [3], not [2]"),
        ({"SCORES": np.array([0.5, np.nan], np.float32)}, "SCORES has nan, which is not in [0, 1]"),
        ({"SCORES": np.array([0.5, 1.5], np.float32)}, "SCORES has 1.5, which is not in [0, 1]"),
        ({"WEIGHTS_DIGEST": bytes_of("abc")}, "WEIGHTS_DIGEST is not 64 lower-case hexadecimal digits"),
        ({"WEIGHTS_DIGEST": bytes_of()}, "WEIGHTS_DIGEST has shape [0], not [1]"),
        *(
            ({"THRESHOLDS": bytes_of(said)}, "THRESHOLDS is no JSON object of numbers")
            for said in ("", "[0.5]", "0.5", '{"score": "high"}', '{"score": null}', "[" * 5000)
        ),
        *(
            ({"THRESHOLDS": bytes_of(said)}, "THRESHOLDS has a number that is not finite, or more than 16 of them")
            for said in ('{"score": NaN}', '{"score": 1e999}', json.dumps({str(i): 0.5 for i in range(17)}))
        ),
    ],
)
def test_a_reading_that_breaks_the_contract_is_named(instead: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelOutput) as broken:
        outputs.readings("reader", reading(**instead), "7")
    assert broken.value.metadata == {"model": "reader", "what": what}


def test_a_sound_detection_answers_the_phrase_it_names() -> None:
    found = outputs.detections("m", detection(), "7", ("cup", "dog"))
    assert found.words == ("dog",)
    assert found.polygons.tolist() == [[[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("instead", "what"),
    [
        ({"BOXES": np.zeros((1, 5), np.float32)}, "BOXES has shape [1, 5], not [N,4]"),
        ({"PHRASE": np.array([0.0], np.float32)}, "PHRASE has dtype float32"),
        ({"PHRASE": np.array([2], np.int32)}, "PHRASE has values from 2 to 2 for 2 phrases"),
        ({"PHRASE": np.array([-1], np.int32)}, "PHRASE has values from -1 to -1 for 2 phrases"),
        ({"SCORES": np.array([-0.5], np.float32)}, "SCORES has -0.5, which is not in [0, 1]"),
    ],
)
def test_a_detection_that_breaks_the_contract_is_named(instead: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelOutput) as broken:
        outputs.detections("finder", detection(**instead), "7", ("cup", "dog"))
    assert broken.value.metadata["what"] == what


def test_masks_have_the_size_of_the_picture() -> None:
    outlined = outputs.outlines("m", {"MASKS": np.full((1, 2, 3), 255, np.uint8)}, "7", 1, Size(3, 2))
    assert outlined.masks.all()
    with pytest.raises(ModelOutput, match=r"MASKS has shape \[1, 3, 2\], not \[1,2,3\]"):
        outputs.outlines("m", {"MASKS": np.zeros((1, 3, 2), np.uint8)}, "7", 1, Size(3, 2))


def private(**instead: Any) -> dict[str, Any]:
    sound = {
        "BOXES": np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 10, 10]], np.float32),
        "KINDS": bytes_of("face", "plate", "tattoo"),
        "SCORES": np.array([0.5, 0.6, 0.7], np.float32),
        "SEARCHED": bytes_of("face", "plate", "tattoo"),
        "WEIGHTS_DIGEST": bytes_of(DIGEST),
    }
    return {name: tensor for name, tensor in (sound | instead).items() if tensor is not None}


def test_of_private_things_only_the_kinds_that_were_asked_for_are_taken() -> None:
    found = outputs.privates("m", private(), "1", ("plate", "face"))
    assert found.words == ("face", "plate")
    assert found.polygons.tolist() == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert found.scores is not None
    assert found.scores.tolist() == pytest.approx([0.5, 0.6])
    assert (found.unsearchable, found.run) == ((), ModelRun("1", DIGEST))


def test_kinds_that_a_finder_does_not_look_for_are_said() -> None:
    found = outputs.privates("m", private(SEARCHED=bytes_of("face")), "1", ("plate", "face"))
    assert found.unsearchable == ("plate",)


@pytest.mark.parametrize(
    ("instead", "what"),
    [
        ({"SEARCHED": None}, "SEARCHED is missing"),
        ({"KINDS": bytes_of("face")}, "KINDS has shape [1], not [3]"),
        ({"SCORES": np.array([0.5, np.nan, 0.7], np.float32)}, "SCORES has nan, which is not in [0, 1]"),
    ],
)
def test_a_finder_that_breaks_its_contract_is_named(instead: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelOutput) as broken:
        outputs.privates("m", private(**instead), "1", ("face",))
    assert broken.value.metadata["what"] == what


def test_a_model_that_finds_no_end_of_things_is_broken() -> None:
    count = outputs.MAX_FOUND + 1
    tensors = detection(
        BOXES=np.zeros((count, 4), np.float32), PHRASE=np.zeros(count, np.int32), SCORES=np.zeros(count, np.float32)
    )
    with pytest.raises(ModelOutput, match="BOXES has 5001 rows, over the limit of 5000"):
        outputs.detections("m", tensors, "1", ("cup", "dog"))


def test_what_was_found_for_one_word() -> None:
    found = outputs.readings("m", reading(), "1").only("zwö")
    assert (found.words, found.polygons.shape) == (("zwö",), (1, 4, 2))
    assert found.scores is not None
    assert found.scores.tolist() == [1.0]
    assert len(found.only("three")) == 0
