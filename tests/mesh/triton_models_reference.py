"""What `transformers` itself answers: its own processors, networks and post-processing, without a line of the runners.

    .venv-models/bin/python tests/mesh/triton_models_reference.py CHECKPOINTS QUESTIONS.npz ANSWERS.npz

QUESTIONS holds pictures (`image/<name>`, u8 [H, W, 3]), boxes in each (`boxes/<name>`, f32 [N, 4]), `phrases` and
`texts`. ANSWERS holds arrays by `<architecture>/<output>/<name of the picture>`. It runs in the models' environment
and needs nothing of the project.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as hf
from PIL import Image

Arrays = dict[str, Any]
Answers = Iterator[tuple[str, Any]]


def detections(boxes: torch.Tensor, scores: torch.Tensor, image: Image.Image) -> np.ndarray[Any, Any]:
    """(N, 6): phrase, score, clipped box of every query for every phrase, of (Q, 4) and (Q, P); empty ones left out."""
    width, height = image.size
    rows = []
    for query, phrase in np.ndindex(*scores.shape):
        left, top, right, bottom = boxes[query].tolist()
        left, right = (min(max(x, 0.0), float(width)) for x in (left, right))
        top, bottom = (min(max(y, 0.0), float(height)) for y in (top, bottom))
        if left < right and top < bottom:
            rows.append([phrase, float(scores[query, phrase]), left, top, right, bottom])
    return np.array(rows, np.float32)


def grounding(folder: Path, asked: Arrays) -> Answers:
    """Boxes of the library's post-processing; scores from the logits, by where the tokenizer says the words are."""
    processor = hf.AutoProcessor.from_pretrained(folder)
    network = hf.AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    prompt = ". ".join(asked["phrases"]) + "."
    offsets = processor.tokenizer(prompt, return_offsets_mapping=True)["offset_mapping"]
    starts = [sum(len(phrase) + 2 for phrase in asked["phrases"][:number]) for number in range(len(asked["phrases"]))]
    for name, image in asked["images"].items():
        inputs = processor(images=image, text=prompt, return_tensors="pt")
        with torch.no_grad():
            seen = network(**inputs)
        found = processor.post_process_grounded_object_detection(
            seen, inputs["input_ids"], threshold=-1, target_sizes=[image.size[::-1]]
        )[0]
        by_token = seen.logits[0].sigmoid()
        columns = []
        for phrase, start in zip(asked["phrases"], starts, strict=True):
            own = [n for n, (a, b) in enumerate(offsets) if start <= a < b <= start + len(phrase)]
            columns.append(by_token[:, own].mean(dim=1))
        yield f"detections/{name}", detections(found["boxes"], torch.stack(columns, dim=1), image)


def owl(folder: Path, asked: Arrays) -> Answers:
    """Boxes of the library's post-processing, and its class vectors."""
    processor = hf.AutoProcessor.from_pretrained(folder)
    network = hf.AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    for name, image in asked["images"].items():
        inputs = processor(images=image, text=[asked["phrases"]], return_tensors="pt", truncation=True)
        with torch.no_grad():
            seen = network(**inputs)
        found = processor.post_process_grounded_object_detection(seen, threshold=-1, target_sizes=[image.size[::-1]])[0]
        yield f"detections/{name}", detections(found["boxes"], seen.logits[0].sigmoid(), image)
        yield f"embeddings/{name}", seen.class_embeds[0].numpy()


def closed_set(folder: Path, asked: Arrays) -> Answers:
    """The library's post-processing: as many of the best pairs of query and label as there are queries."""
    processor = hf.AutoImageProcessor.from_pretrained(folder)
    network = hf.AutoModelForObjectDetection.from_pretrained(folder).eval()
    for name, image in asked["images"].items():
        with torch.no_grad():
            seen = network(**processor(images=image, return_tensors="pt"))
        found = processor.post_process_object_detection(seen, threshold=-1, target_sizes=[image.size[::-1]])[0]
        rows = [
            [label, *row[:, 1:].tolist()[0]]
            for box, label, score in zip(found["boxes"], found["labels"].tolist(), found["scores"], strict=True)
            if len(row := detections(box[None], score[None, None], image))
        ]
        yield f"detections/{name}", np.array(rows, np.float32)


def sam(folder: Path, asked: Arrays) -> Answers:
    """SAM's own processor from picture to mask."""
    processor = hf.SamProcessor(hf.AutoImageProcessor.from_pretrained(folder))
    network = hf.SamModel.from_pretrained(folder).eval()
    for name, image in asked["images"].items():
        inputs = processor(image, input_boxes=[asked["boxes"][name].tolist()], return_tensors="pt")
        sizes = inputs["original_sizes"], inputs["reshaped_input_sizes"]
        inputs["input_boxes"] = inputs["input_boxes"].float()
        with torch.no_grad():
            seen = network(
                pixel_values=inputs["pixel_values"], input_boxes=inputs["input_boxes"], multimask_output=False
            )
        masks = processor.post_process_masks(seen.pred_masks, *sizes)
        yield f"masks/{name}", masks[0][:, 0].numpy().astype(np.uint8)


def sam2(folder: Path, asked: Arrays) -> Answers:
    """SAM 2 without its processor, which wants torchvision: Pillow resizes, and the figures are written out."""
    network = hf.Sam2Model.from_pretrained(folder).eval()
    side = 128
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    for name, image in asked["images"].items():
        pixels = (np.asarray(image.resize((side, side), Image.Resampling.BILINEAR)) / 255 - mean) / std
        scale = np.array([side / image.width, side / image.height] * 2)
        with torch.no_grad():
            seen = network(
                pixel_values=torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32),
                input_boxes=torch.tensor((asked["boxes"][name] * scale)[None], dtype=torch.float32),
                multimask_output=False,
            )
        masks = torch.nn.functional.interpolate(seen.pred_masks[0], image.size[::-1], mode="bilinear")
        yield f"masks/{name}", (masks[:, 0] > 0).numpy().astype(np.uint8)


def siglip(folder: Path, asked: Arrays) -> Answers:
    """As the model cards do it: lower case, padded to the full length."""
    network = hf.AutoModel.from_pretrained(folder).eval()
    tokens = hf.AutoTokenizer.from_pretrained(folder)
    ids = tokens([text.lower() for text in asked["texts"]], padding="max_length", max_length=16, return_tensors="pt")
    with torch.no_grad():
        yield "texts", unit(network.get_text_features(input_ids=ids["input_ids"]))
    yield from crops(folder, network, asked)


def clip(folder: Path, asked: Arrays) -> Answers:
    """As the model cards do it."""
    network = hf.AutoModel.from_pretrained(folder).eval()
    tokens = hf.AutoTokenizer.from_pretrained(folder)(asked["texts"], padding=True, return_tensors="pt")
    with torch.no_grad():
        yield "texts", unit(network.get_text_features(**tokens))
    yield from crops(folder, network, asked)


def crops(folder: Path, network: Any, asked: Arrays) -> Answers:
    """The vectors of the pixels that boxes touch, one crop at a time."""
    processor = hf.AutoImageProcessor.from_pretrained(folder)
    for name, image in asked["images"].items():
        vectors = []
        for left, top, right, bottom in asked["boxes"][name]:
            corners = (int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom)))
            with torch.no_grad():
                inputs = processor(images=image.crop(corners), return_tensors="pt")
                vectors.append(unit(network.get_image_features(**inputs))[0])
        yield f"crops/{name}", np.stack(vectors)


def unit(output: Any) -> np.ndarray[Any, Any]:
    """Unit vectors of what a tower gave."""
    vectors = output.pooler_output.numpy()
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def depth(folder: Path, asked: Arrays) -> Answers:
    """The library's post-processing."""
    processor = hf.AutoImageProcessor.from_pretrained(folder)
    network = hf.AutoModelForDepthEstimation.from_pretrained(folder).eval()
    for name, image in asked["images"].items():
        with torch.no_grad():
            seen = network(**processor(images=image, return_tensors="pt"))
        found = processor.post_process_depth_estimation(seen, target_sizes=[image.size[::-1]])
        yield f"depth/{name}", found[0]["predicted_depth"].numpy()


REFERENCES = {
    "grounding-dino": grounding,
    "mm-grounding-dino": grounding,
    "owlv2": owl,
    "owlvit": owl,
    "d_fine": closed_set,
    "rt_detr_v2": closed_set,
    "sam2": sam2,
    "sam2_video": sam2,
    "sam": sam,
    "siglip": siglip,
    "siglip2": siglip,
    "clip": clip,
    "depth_anything": depth,
}


def main(checkpoints: Path, questions: Path, answers: Path) -> None:
    """Every architecture's answers."""
    hf.logging.set_verbosity_error()
    hf.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    with np.load(questions) as given:
        named = {name: given[name] for name in given.files}
    asked: Arrays = {
        "images": {key[6:]: Image.fromarray(value) for key, value in named.items() if key.startswith("image/")},
        "boxes": {key[6:]: value for key, value in named.items() if key.startswith("boxes/")},
        "phrases": named["phrases"].tolist(),
        "texts": named["texts"].tolist(),
    }
    found = {
        f"{architecture}/{key}": value
        for architecture, answer in REFERENCES.items()
        for key, value in answer(checkpoints / architecture, asked)
    }
    np.savez(answers, **found)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
