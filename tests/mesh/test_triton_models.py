"""The runners of vision models on a real Triton: for every architecture, what transformers itself answers.

The checkpoints know nothing, so what they find means nothing; that the same is found by the library's own processors
and post-processing, on the same picture, is the proof that prompts, resizing, frames and thresholds are right.
"""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

from services.common.geometry import Size
from services.perception.core import outputs
from tests.mesh import triton_models_lab
from tests.mesh.triton_models_lab import (
    CLOSED,
    LABELS,
    OPEN,
    PHRASES,
    SEGMENTERS,
    SIZES,
    TEXTS,
    TOGETHER,
    TOWERS,
    Lab,
    has_cuda,
)
from tests.mesh.triton_models_server import packed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from tests.mesh.triton_models_lab import F32, U8, Arrays

GREY: Final = (60, 90)
TENFOLD: Final = 10
BF16_STEP: Final = 2**-8
"""Relative distance of neighbours in bfloat16."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with triton_models_lab.opened(tmp_path_factory.mktemp("models")) as shared:
        yield shared


def rows_of(answer: Mapping[str, npt.NDArray[Any]]) -> F32:
    """(N, 6): phrase, score, box."""
    columns = [answer["PHRASE"][:, None], answer["SCORES"][:, None], answer["BOXES"]]
    return np.asarray(np.concatenate(columns, axis=1), np.float32)


def missing(wanted: F32, found: F32, image: U8) -> F32:
    """The wanted detections that are not among the found: the same phrase, score and box, but for rounding."""
    return absent(wanted, found, (0, 2e-4, *[2e-4 * max(image.shape)] * 4))


def absent(wanted: F32, found: F32, slack: Sequence[float]) -> F32:
    """The wanted rows that no found one equals, each column within its slack."""
    near = np.abs(wanted[:, None] - found[None]) <= np.array(slack)
    return np.asarray(wanted[~np.any(np.all(near, axis=2), axis=1)])


def check_contract(model: str, answer: Mapping[str, npt.NDArray[Any]], image: U8, phrases: Sequence[str]) -> None:
    """Perception takes it, and no box leaves the picture."""
    found = outputs.detections(model, answer, "1", tuple(phrases))
    height, width = image.shape[:2]
    assert len(found.run.weights_digest) == 64
    assert answer["BOXES"].dtype == answer["SCORES"].dtype == answer["EMBEDDINGS"].dtype == np.float32
    assert answer["PHRASE"].dtype == np.int32
    assert len(answer["EMBEDDINGS"]) == len(found)
    assert answer["SEARCHABLE"].shape == answer["CUT"].shape == (len(phrases),)
    assert (answer["BOXES"] >= 0).all()
    assert (answer["BOXES"] <= [width, height, width, height]).all()
    assert (answer["BOXES"][:, :2] < answer["BOXES"][:, 2:]).all()
    assert (np.diff(answer["SCORES"]) <= 0).all()


def questions(lab: Lab, model: str) -> list[Arrays]:
    """Sixteen requests of a model, no two alike: pictures of several sizes, and few or many things asked of each."""
    asked = []
    for number in range(16):
        image = np.ascontiguousarray(lab.images["wide"][: 200 + 8 * number, : 600 - 16 * (number % 5)])
        inputs: Arrays = {"IMAGE": image}
        if model in (*OPEN, *CLOSED):
            inputs["PHRASES"] = packed((*PHRASES, *LABELS)[number % 3 : 4 + number % 5])
        if model.endswith("_image"):
            inputs["BOXES"] = triton_models_lab.boxes_in(image.shape[1], image.shape[0])[: 1 + number % 3]
        asked.append(inputs)
    return asked


def answered_together(lab: Lab, model: str, asked: Sequence[Arrays]) -> list[Mapping[str, npt.NDArray[Any]]]:
    """The answers to requests that are sent all at once, each without its axis of one."""
    with ThreadPoolExecutor(len(asked)) as callers:
        given = [{name: value[np.newaxis] for name, value in inputs.items()} for inputs in asked]
        found = list(callers.map(lambda inputs: lab.models.infer(f"{model}-together", **inputs), given))
    assert all(len(value) == 1 for each in found for value in each.values())
    return [{name: value[0] for name, value in each.items()} for each in found]


@pytest.mark.parametrize("model", TOGETHER)
def test_requests_that_are_taken_together_are_answered_as_alone(lab: Lab, model: str) -> None:
    asked = questions(lab, model)
    alone = [lab.models.infer(model, **inputs) for inputs in asked]
    together = answered_together(lab, model, asked)

    (statistics,) = lab.models.client.get_inference_statistics(f"{model}-together").model_stats
    assert statistics.inference_count == 16
    assert statistics.execution_count < 16
    for inputs, wanted, found in zip(asked, alone, together, strict=True):
        assert wanted.keys() == found.keys()
        if "BOXES" in wanted:
            rows = rows_of(wanted), rows_of(found)
            assert len(rows[0]) == len(rows[1])
            assert not len(missing(*rows, inputs["IMAGE"]))
        for name in wanted.keys() & {"DEPTH", "SEARCHABLE", "CUT"}:
            np.testing.assert_allclose(found[name], wanted[name], atol=1e-4)
        if "BOXES" not in wanted and "EMBEDDINGS" in wanted:
            np.testing.assert_allclose(found["EMBEDDINGS"], wanted["EMBEDDINGS"], atol=1e-5)


def test_a_bad_request_fails_alone_among_those_taken_together(lab: Lab) -> None:
    asked = questions(lab, "d_fine")
    asked[7]["PHRASES"] = packed((" ",))

    def tried(inputs: Arrays) -> str:
        try:
            lab.models.infer("d_fine-together", **{name: value[np.newaxis] for name, value in inputs.items()})
        except InferenceServerException as error:
            return error.message()  # type: ignore[no-any-return]
        return ""

    with ThreadPoolExecutor(len(asked)) as callers:
        said = list(callers.map(tried, asked))
    assert [number for number, each in enumerate(said) if each] == [7]
    assert "blank" in said[7]


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("model", OPEN)
def test_open_vocabulary_detectors_find_what_transformers_finds(lab: Lab, model: str, name: str) -> None:
    image, wanted = lab.images[name], lab.expected[f"{model}/detections/{name}"]

    answer = lab.detect(model, image)

    check_contract(model, answer, image, PHRASES)
    assert len(answer["BOXES"]) == len(wanted) > 0
    assert missing(wanted, rows_of(answer), image).tolist() == []
    assert np.ptp(wanted[:, 1]) > 0.01, "scores that are all alike would prove nothing"


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("model", CLOSED)
def test_closed_set_detectors_find_what_transformers_finds(lab: Lab, model: str, name: str) -> None:
    image, wanted = lab.images[name], lab.expected[f"{model}/detections/{name}"]

    answer = lab.detect(model, image, LABELS)

    check_contract(model, answer, image, LABELS)
    assert len(wanted) > 0
    assert missing(wanted, rows_of(answer), image).tolist() == []
    assert [label.decode() for label in answer["LABELS"]] == list(LABELS)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("model", ["owlv2", "owlvit"])
def test_owl_gives_the_class_vector_of_every_box(lab: Lab, model: str, name: str) -> None:
    wanted = lab.expected[f"{model}/embeddings/{name}"]

    vectors = lab.detect(model, lab.images[name])["EMBEDDINGS"]

    nearest = np.abs(vectors[:, None] - wanted[None]).max(axis=2).min(axis=1)
    assert nearest.max() < 1e-4


@pytest.mark.parametrize("model", [*OPEN, *CLOSED])
def test_boxes_are_in_the_frame_of_the_picture_whatever_its_size(lab: Lab, model: str) -> None:
    small = np.full((*GREY, 3), 127, np.uint8)
    large = np.full((GREY[0] * TENFOLD, GREY[1] * TENFOLD, 3), 127, np.uint8)
    phrases = (*PHRASES, *LABELS)

    found, enlarged = (rows_of(lab.detect(model, image, phrases)) for image in (small, large))

    assert len(found) > 0
    found[:, 2:] *= TENFOLD
    # A network sees the same grey in the same shape; OWLv2's padding alone is blurred differently at its edge.
    assert absent(found, enlarged, (0, 0.01, *[9.0] * 4)).tolist() == []


@pytest.mark.parametrize("model", OPEN)
def test_a_phrase_is_answered_alike_alone_and_among_others(lab: Lab, model: str) -> None:
    # Grounding DINO reads a whole prompt at once, so only the prompt that a phrase is in may matter.
    image = lab.images["small"]
    many = ("object", "photo of the cat", "left wheel of the car", "the photo of a red dog", *PHRASES)
    prompts = 2 if "dino" in model else 1
    alone = lab.detect(model, image, PHRASES)

    among = rows_of(lab.detect(model, image, many))

    offset = len(many) - len(PHRASES)
    assert len(among) == len(alone["BOXES"]) // len(PHRASES) * len(many)
    wanted = rows_of(alone)
    wanted[:, 0] += offset
    assert prompts == 1 or missing(wanted, among, image).tolist() == []


@pytest.mark.parametrize("model", ["owlv2", "owlvit"])
def test_what_owl_keeps_of_a_picture_is_that_picture_s(lab: Lab, model: str) -> None:
    first = {name: rows_of(lab.detect(model, image)) for name, image in lab.images.items()}
    again = {name: rows_of(lab.detect(model, image, PHRASES[::-1])) for name, image in lab.images.items()}

    for name, image in lab.images.items():
        again[name][:, 0] = len(PHRASES) - 1 - again[name][:, 0]
        assert missing(first[name], again[name], image).tolist() == []


@pytest.mark.parametrize(
    ("phrase", "label"), [("Person", 0), ("people", 0), ("traffic lights", 1), ("a dining_table", 2), ("the dogs", 3)]
)
def test_a_closed_set_is_asked_in_one_s_own_words(lab: Lab, phrase: str, label: int) -> None:
    image = lab.images["small"]
    exact = lab.detect("d_fine", image, [LABELS[label]])

    answer = lab.detect("d_fine", image, ["unicorn", phrase])

    assert set(answer["PHRASE"].tolist()) == {1}
    assert answer["BOXES"].tolist() == exact["BOXES"].tolist()
    assert answer["SEARCHABLE"].tolist() == [False, True]


@pytest.mark.parametrize("model", CLOSED)
def test_a_closed_set_finds_nothing_for_what_it_does_not_know(lab: Lab, model: str) -> None:
    answer = lab.detect(model, lab.images["small"], ["unicorn", "red dog"])

    check_contract(model, answer, lab.images["small"], ["unicorn", "red dog"])
    assert len(answer["BOXES"]) == 0
    assert answer["SEARCHABLE"].tolist() == [False, False]
    assert outputs.detections(model, answer, "1", ("unicorn", "red dog")).unsearchable == ("unicorn", "red dog")


@pytest.mark.parametrize("model", [*OPEN, *CLOSED])
def test_no_phrases_find_nothing_and_the_shapes_are_kept(lab: Lab, model: str) -> None:
    answer = lab.detect(model, lab.images["small"], [])

    assert answer["BOXES"].shape == (0, 4)
    assert answer["PHRASE"].shape == answer["SCORES"].shape == answer["SEARCHABLE"].shape == (0,)
    assert answer["EMBEDDINGS"].ndim == 2


@pytest.mark.parametrize("model", [*OPEN, *CLOSED])
def test_strange_phrases_are_answered_beside_others(lab: Lab, model: str) -> None:
    image = lab.images["small"]
    strange = ["\U0001f600", "dog " * 1250, "dog. cat? dog.", "ДОГ 狗", *PHRASES]

    answer = lab.detect(model, image, strange)

    check_contract(model, answer, image, strange)
    assert bool(answer["CUT"][1]) == (model in OPEN)
    assert not answer["CUT"][-len(PHRASES) :].any()
    assert bool(answer["SEARCHABLE"][-1]) == (model in OPEN)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 3000, 3), (3000, 1, 3), (3, 3, 3), (2, 2, 3)])
@pytest.mark.parametrize("model", [*OPEN, *CLOSED])
def test_slivers_of_pictures_are_looked_at_like_any_other(lab: Lab, model: str, shape: tuple[int, ...]) -> None:
    image = np.full(shape, 90, np.uint8)

    check_contract(model, lab.detect(model, image, (*PHRASES, "dog")), image, (*PHRASES, "dog"))


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("model", SEGMENTERS)
def test_segmenters_outline_what_transformers_outlines(lab: Lab, model: str, name: str) -> None:
    image, boxes, wanted = lab.images[name], lab.boxes[name], lab.expected[f"{model}/masks/{name}"]

    answer = lab.models.infer(model, IMAGE=image, BOXES=boxes)

    found = outputs.outlines(model, answer, "1", len(boxes), Size(image.shape[1], image.shape[0]))
    assert answer["MASKS"].max() == 1
    assert answer["SCORES"].shape == (len(boxes),)
    assert (found.masks != (wanted != 0)).mean() < 0.005
    assert 0.02 < wanted.mean() < 0.98, "masks of all or nothing would prove nothing"


@pytest.mark.parametrize("model", SEGMENTERS)
def test_more_boxes_than_the_decoder_takes_at_once_are_outlined_in_order(lab: Lab, model: str) -> None:
    image, boxes = lab.images["small"], lab.boxes["small"]
    once = lab.models.infer(model, IMAGE=image, BOXES=boxes)["MASKS"]

    often = lab.models.infer(model, IMAGE=image, BOXES=np.tile(boxes, (7, 1)))["MASKS"]

    assert (often != np.tile(once, (7, 1, 1))).mean() < 0.001


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 3000, 3), (3000, 1, 3)])
@pytest.mark.parametrize("model", SEGMENTERS)
def test_slivers_of_pictures_have_masks_of_their_shape(lab: Lab, model: str, shape: tuple[int, ...]) -> None:
    box = np.array([[0, 0, shape[1], shape[0]]], np.float32)

    assert lab.models.infer(model, IMAGE=np.full(shape, 90, np.uint8), BOXES=box)["MASKS"].shape == (1, *shape[:2])


@pytest.mark.parametrize("model", TOWERS)
def test_text_towers_read_as_transformers_reads(lab: Lab, model: str) -> None:
    answer = lab.models.infer(f"{model}_text", TEXTS=packed([*TEXTS, "dog " * 1250, "\U0001f600"]))

    vectors = answer["EMBEDDINGS"]
    assert vectors.dtype == np.float32
    assert np.abs(vectors[: len(TEXTS)] - lab.expected[f"{model}/texts"]).max() < 1e-4
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert answer["CUT"].tolist() == [False] * len(TEXTS) + [True, False]
    assert np.abs(vectors[0] - vectors[1]).max() > 0.01, "vectors that are all alike would prove nothing"


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("model", TOWERS)
def test_image_towers_see_as_transformers_sees(lab: Lab, model: str, name: str) -> None:
    wanted = lab.expected[f"{model}/crops/{name}"]

    answer = lab.models.infer(f"{model}_image", IMAGE=lab.images[name], BOXES=lab.boxes[name])

    assert answer["EMBEDDINGS"].shape == wanted.shape
    assert np.abs(answer["EMBEDDINGS"] - wanted).max() < 1e-4
    assert np.abs(wanted[0] - wanted[1]).max() > 0.01, "vectors that are all alike would prove nothing"


@pytest.mark.parametrize("model", TOWERS)
def test_texts_and_places_of_one_checkpoint_share_a_space(lab: Lab, model: str) -> None:
    thin = np.array([[0, 0, 640, 0.5], [3, 0, 3.25, 333]], np.float32)

    seen = lab.models.infer(f"{model}_image", IMAGE=lab.images["wide"], BOXES=thin)
    read = lab.models.infer(f"{model}_text", TEXTS=packed(TEXTS))

    assert seen["EMBEDDINGS"].shape[1] == read["EMBEDDINGS"].shape[1]
    assert seen["WEIGHTS_DIGEST"].tolist() == read["WEIGHTS_DIGEST"].tolist()


@pytest.mark.parametrize("model", TOWERS)
def test_nothing_to_embed_gives_no_vectors_of_the_usual_length(lab: Lab, model: str) -> None:
    width = lab.expected[f"{model}/texts"].shape[1]
    nowhere = np.zeros((0, 4), np.float32)

    read = lab.models.infer(f"{model}_text", TEXTS=packed([]))
    seen = lab.models.infer(f"{model}_image", IMAGE=lab.images["small"], BOXES=nowhere)

    assert read["EMBEDDINGS"].shape == seen["EMBEDDINGS"].shape == (0, width)


@pytest.mark.parametrize("name", SIZES)
def test_depth_is_what_transformers_measures(lab: Lab, name: str) -> None:
    wanted = lab.expected[f"depth_anything/depth/{name}"]

    answer = lab.models.infer("depth_anything", IMAGE=lab.images[name])

    assert answer["DEPTH"].dtype == np.float32
    assert answer["DEPTH"].shape == lab.images[name].shape[:2]
    assert np.abs(answer["DEPTH"] - wanted).max() < 1e-5
    assert np.ptp(wanted) > 1e-3, "one depth everywhere would prove nothing"
    assert answer["KIND"].tolist() == [b"inverse"]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 3000, 3), (3000, 1, 3)])
def test_slivers_of_pictures_have_a_depth_everywhere(lab: Lab, shape: tuple[int, ...]) -> None:
    depth = lab.models.infer("depth_anything", IMAGE=np.full(shape, 90, np.uint8))["DEPTH"]

    assert depth.shape == shape[:2]
    assert np.isfinite(depth).all()


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("model", ["half", "cuda"])
def test_half_precision_finds_the_same(lab: Lab, model: str, name: str) -> None:
    if model == "cuda" and not has_cuda():
        pytest.skip("torch finds no CUDA device: half precision on a GPU is not tried here")
    image, wanted = lab.images[name], lab.expected[f"owlvit/detections/{name}"]

    found = rows_of(lab.detect(model, image))

    # A box's side is a fraction of the picture's; both are told apart to one step in what is rounded last.
    slack = (0, 2 * BF16_STEP, *[2 * BF16_STEP * max(image.shape)] * 4)
    assert absent(wanted, found, slack).tolist() == []
    assert missing(wanted, found, image).size, "in full precision nothing would differ"


def test_texts_that_repeat_are_not_embedded_again(lab: Lab) -> None:
    first = lab.models.infer("clip_text", TEXTS=packed(["a text of its own"]))
    before = lab.models.client.get_inference_statistics("clip_text").model_stats[0].inference_stats.cache_hit.count

    again = lab.models.infer("clip_text", TEXTS=packed(["a text of its own"]))

    after = lab.models.client.get_inference_statistics("clip_text").model_stats[0].inference_stats.cache_hit.count
    assert after == before + 1
    assert (again["EMBEDDINGS"] == first["EMBEDDINGS"]).all()


def test_the_digest_is_over_the_safetensors_of_the_checkpoint(lab: Lab) -> None:
    weights = (lab.checkpoints / "depth_anything" / "model.safetensors").read_bytes()

    answer = lab.models.infer("depth_anything", IMAGE=lab.images["small"])

    assert answer["WEIGHTS_DIGEST"].tolist() == [hashlib.sha256(weights).hexdigest().encode()]


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("pickled", "may run any code"),
        ("lacking", "lacks 1 of the network's weights, such as text_model.head.weight"),
        ("not-finite", "not finite numbers"),
        ("cut-short", "safetensors|incomplete|SafetensorError"),
        ("changed", "was expected"),
        ("foreign", "architecture 'owlvit'; served are depth_anything"),
        ("nowhere", "config.json cannot be read"),
        ("template", "no checkpoint is bound"),
        ("misspelt", "parameter device must be one of auto, cpu, cuda, not 'gpu'"),
    ],
)
def test_a_checkpoint_that_must_not_be_loaded_is_refused_with_a_reason(lab: Lab, model: str, why: str) -> None:
    with pytest.raises(InferenceServerException, match=r"not ready|not found|no available"):
        lab.models.infer(model, IMAGE=lab.images["small"])

    assert re.search(why, lab.models.refusal(model))


def test_a_pickle_is_loaded_by_those_who_trust_it(lab: Lab) -> None:
    trusted = lab.models.infer("trusted", TEXTS=packed(TEXTS))

    assert np.abs(trusted["EMBEDDINGS"] - lab.expected["siglip/texts"]).max() < 1e-4


GOOD_BOX: Final = np.array([[1, 1, 9, 9]], np.float32)
GOOD_IMAGE: Final = np.zeros((10, 10, 3), np.uint8)


@pytest.mark.parametrize(
    ("model", "inputs", "why"),
    [
        ("owlvit", {"IMAGE": GOOD_IMAGE[:, :, :2], "PHRASES": packed(["dog"])}, "IMAGE|shape"),
        ("owlvit", {"IMAGE": GOOD_IMAGE[:0], "PHRASES": packed(["dog"])}, "IMAGE must be"),
        ("owlvit", {"IMAGE": GOOD_IMAGE, "PHRASES": packed(["dog", " "])}, r"PHRASES\[1\] is blank"),
        ("d_fine", {"IMAGE": GOOD_IMAGE, "PHRASES": packed(["dog"] * 10_000)}, "10000 entries, and at most 256"),
        ("grounding-dino", {"IMAGE": GOOD_IMAGE, "PHRASES": packed(["dog"] * 10_000)}, "at most 256"),
        ("owlvit", {"IMAGE": GOOD_IMAGE, "PHRASES": np.array([b"\xff\xfe"], np.object_)}, "not UTF-8"),
        ("sam", {"IMAGE": GOOD_IMAGE, "BOXES": GOOD_BOX[:, :3]}, "BOXES|shape"),
        ("sam", {"IMAGE": GOOD_IMAGE, "BOXES": GOOD_BOX * np.float32("nan")}, r"BOXES\[0\]"),
        ("sam2", {"IMAGE": GOOD_IMAGE, "BOXES": GOOD_BOX[:, ::-1].copy()}, "no box xyxy"),
        ("sam2", {"IMAGE": GOOD_IMAGE, "BOXES": GOOD_BOX + 10}, "no box xyxy with an area"),
        ("sam2", {"IMAGE": np.zeros((1000, 1000, 3), np.uint8), "BOXES": np.tile(GOOD_BOX, (9, 1))}, "ask for fewer"),
        ("clip_image", {"IMAGE": GOOD_IMAGE, "BOXES": np.tile(GOOD_BOX, (2000, 1))}, "at most 1024"),
        ("clip_text", {"TEXTS": packed(["dog"] * 2000)}, "at most 1024"),
        ("clip_text", {"TEXTS": packed([""])}, "blank"),
    ],
)
def test_bad_input_is_refused_by_name_and_the_next_request_is_answered(
    lab: Lab, model: str, inputs: Arrays, why: str
) -> None:
    good: Arrays = {"IMAGE": GOOD_IMAGE, "PHRASES": packed(["dog"]), "BOXES": GOOD_BOX, "TEXTS": packed(["dog"])}

    with pytest.raises(InferenceServerException, match=why) as caught:
        lab.models.infer(model, **inputs)

    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert lab.models.infer(model, **{name: good[name] for name in inputs})
