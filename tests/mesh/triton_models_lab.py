"""What the tests of the vision models share: pictures, questions, the models that are loaded, and what to expect."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from tests.mesh.triton_models_server import Bound, Models, bind, environment, packed, run_there, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Arrays = dict[str, npt.NDArray[Any]]

OPEN: Final = ("grounding-dino", "mm-grounding-dino", "owlv2", "owlvit")
CLOSED: Final = ("d_fine", "rt_detr_v2")
SEGMENTERS: Final = ("sam2", "sam2_video", "sam")
TOWERS: Final = ("siglip", "siglip2", "clip")
TOGETHER: Final = ("owlv2", "d_fine", "depth_anything", "siglip_image")
"""Of each way of taking pictures together one model, which is there a second time so that it does."""

LABELS: Final = ("person", "traffic_light", "dining table", "dog")
"""What the closed sets know."""

PHRASES: Final = ("red car", "dog", "remote control", "wheel")
TEXTS: Final = ("a photo of a dog", "Red Car", "left wheel")
SIZES: Final = {"small": (97, 61), "wide": (640, 333)}
"""Width and height of the pictures; neither is square, and neither is a network's own size."""

EVERYTHING: Final = {"threshold": "0", "nms_iou": "1", "max_boxes_per_phrase": "1000", "max_boxes": "100000"}
"""Every box that a network proposes: tiny ones are sure of nothing."""


@dataclass(frozen=True)
class Lab:
    """What the tests share.

    Attributes:
        models: The Triton.
        checkpoints: Folder of the checkpoints.
        images: The pictures by name.
        boxes: Boxes in each.
        expected: What transformers answers, by `<architecture>/<output>/<picture>`.
    """

    models: Models
    checkpoints: Path
    images: Mapping[str, U8]
    boxes: Mapping[str, F32]
    expected: Mapping[str, npt.NDArray[Any]]

    def detect(self, model: str, image: U8, phrases: Sequence[str] = PHRASES) -> Mapping[str, npt.NDArray[Any]]:
        return self.models.infer(model, IMAGE=image, PHRASES=packed(phrases))


def picture(width: int, height: int, seed: int) -> U8:
    """Noise that is smooth enough to survive being resized."""
    rng = np.random.default_rng(seed)
    rows, columns = np.linspace(0, 9, height), np.linspace(0, 9, width)
    phases = rng.uniform(0, 2 * np.pi, (3, 4, 2))
    waves = [
        [np.outer(np.sin(k * rows + a), np.cos(k * columns + b)) for k, (a, b) in enumerate(each, 1)] for each in phases
    ]
    image = np.moveaxis(np.array(waves).sum(axis=1), 0, 2)
    return np.asarray((image - image.min()) / np.ptp(image) * 255, np.uint8)


def boxes_in(width: int, height: int) -> F32:
    """The whole, a part with broken corners, and one at the far corner."""
    parts = np.array([[0, 0, 1, 1], [0.1234, 0.21, 0.567, 0.654], [0.8, 0.71, 1, 1]])
    return (parts * [width, height, width, height]).astype(np.float32)


def bound_models(checkpoints: Path, *, cuda: bool) -> dict[str, Bound]:
    """Everything that Triton is given to load, good and bad, by name."""
    models = {name: Bound("detect", checkpoints / name, EVERYTHING) for name in (*OPEN, *CLOSED)}
    models |= {name: Bound("segment", checkpoints / name, {"max_masks_mib": "8"}) for name in SEGMENTERS}
    models |= {f"{name}_text": Bound("embed_text", checkpoints / name) for name in TOWERS}
    models |= {f"{name}_image": Bound("embed_image", checkpoints / name) for name in TOWERS}
    models["depth_anything"] = Bound("depth", checkpoints / "depth_anything")
    models |= {f"{name}-together": replace(models[name], together=True) for name in TOGETHER}
    models["half"] = Bound("detect", checkpoints / "owlvit", {**EVERYTHING, "dtype": "bfloat16", "nms_iou": "1"})
    if cuda:
        models["cuda"] = Bound("detect", checkpoints / "owlvit", {**EVERYTHING, "device": "cuda"})
    wrong = ("pickled", "lacking", "not-finite", "cut-short")
    models |= {name: Bound("embed_text", checkpoints / f"siglip-{name}") for name in wrong}
    models["trusted"] = Bound("embed_text", checkpoints / "siglip-pickled", {"allow_pickle": "true"})
    models["changed"] = Bound("embed_text", checkpoints / "siglip", {"weights_digest": "ab" * 32})
    models["foreign"] = Bound("depth", checkpoints / "owlvit")
    models["nowhere"] = Bound("depth", checkpoints / "nowhere")
    models["template"] = Bound("depth", checkpoints / "depth_anything", {"checkpoint": ""})
    models["misspelt"] = Bound("depth", checkpoints / "depth_anything", {"device": "gpu"})
    return models


def has_cuda() -> bool:
    command = [str(environment() / "bin" / "python"), "-c", "import torch; print(torch.cuda.is_available())"]
    asked = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own command
    return asked.stdout.strip() == "True"


@contextmanager
def opened(folder: Path) -> Iterator[Lab]:
    """Checkpoints, the answers of transformers, and a Triton with everything, until the context ends."""
    checkpoints, repository = folder / "checkpoints", folder / "repository"
    run_there("tiny_checkpoints.py", checkpoints)
    images = {name: picture(*size, seed) for seed, (name, size) in enumerate(SIZES.items())}
    boxes = {name: boxes_in(*size) for name, size in SIZES.items()}
    named: dict[str, Any] = {f"image/{name}": image for name, image in images.items()}
    named |= {f"boxes/{name}": each for name, each in boxes.items()}
    np.savez(folder / "questions.npz", phrases=np.array(PHRASES), texts=np.array(TEXTS), **named)
    run_there("triton_models_reference.py", checkpoints, folder / "questions.npz", folder / "answers.npz")
    with np.load(folder / "answers.npz") as answers:
        expected = {name: answers[name] for name in answers.files}
    for name, bound in bound_models(checkpoints, cuda=has_cuda()).items():
        bind(repository, name, bound)
    with serving(repository, folder) as models:
        yield Lab(models, checkpoints, images, boxes, expected)
