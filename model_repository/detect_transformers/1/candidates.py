"""From what a detector thinks of every place to the few places that it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

Look = tuple[U8, list[str]]
"""What a detector is asked: a picture (H, W, 3), RGB, and phrases, at least one."""


@dataclass(frozen=True, slots=True)
class PhraseNotes:
    """What there is to say of P phrases.

    Attributes:
        searchable: (P,); false where the network knows no such thing.
        cut: (P,); true where the network reads the beginning alone.
    """

    searchable: Flags
    cut: Flags

    @classmethod
    def of(cls, phrases: int, *, unknown: Iterable[int] = (), cut: Iterable[int] = ()) -> PhraseNotes:
        """Of so many phrases, these by number."""
        notes = cls(np.ones(phrases, np.bool_), np.zeros(phrases, np.bool_))
        notes.searchable[list(unknown)] = False
        notes.cut[list(cut)] = True
        return notes


@dataclass(frozen=True, slots=True)
class Candidates:
    """Q places that a network looked at, and what it thinks of each for P phrases.

    Attributes:
        boxes_xyxy: (Q, 4), pixels of the picture; they may reach out of it.
        scores: (Q, P), from 0 to 1.
        embeddings: (Q, D); D is 0 where the network has none.
        notes: What there is to say of each phrase.
    """

    boxes_xyxy: F32
    scores: F32
    embeddings: F32
    notes: PhraseNotes


@dataclass(frozen=True, slots=True)
class Rule:
    """Which candidates are meant.

    Attributes:
        threshold: Scores must be over it.
        nms_iou: Of two boxes for one phrase that overlap by more than this (intersection over union), the better one
            stays; 1 keeps both.
        most: Boxes for one phrase, at most.
        most_in_all: Boxes for all phrases, at most; each has an equal share, which is at least one.
    """

    threshold: float
    nms_iou: float
    most: int
    most_in_all: int

    def share(self, phrases: int) -> int:
        """Boxes for one of so many phrases, at most."""
        return max(1, min(self.most, self.most_in_all // max(1, phrases)))


@dataclass(frozen=True, slots=True)
class Detections:
    """N boxes: (N, 4) xyxy in the picture, (N,) the phrase's number, (N,) scores falling, (N, D) embeddings."""

    boxes_xyxy: F32
    phrase: I32
    scores: F32
    embeddings: F32


def select(candidates: Candidates, size_wh: tuple[int, int], rule: Rule) -> Detections:
    """The boxes that are meant, clipped to the picture; those wholly outside it are left out.

    A place is given once for every phrase that it answers: phrases are questions apart, and `animal` is no less right
    for `dog` being asked too.
    """
    width, height = size_wh
    boxes = np.clip(candidates.boxes_xyxy, 0, np.array([width, height, width, height], np.float32))
    seen = (boxes[:, :2] < boxes[:, 2:]).all(axis=1)
    places: list[npt.NDArray[np.intp]] = []
    most = rule.share(candidates.scores.shape[1])
    for scores in candidates.scores.T:
        good = np.flatnonzero(seen & (scores > rule.threshold))
        ordered = good[np.argsort(-scores[good], kind="stable")]
        places.append(suppressed(boxes, ordered, rule.nms_iou, most))
    place = np.concatenate([np.zeros(0, np.intp), *places])
    phrase = np.repeat(np.arange(len(places)), np.array([len(each) for each in places], np.intp))
    scores = candidates.scores[place, phrase]
    order = np.argsort(-scores, kind="stable")
    place, phrase = place[order], phrase[order]
    return Detections(boxes[place], phrase.astype(np.int32), scores[order], candidates.embeddings[place])


def suppressed(boxes_xyxy: F32, ordered: npt.NDArray[np.intp], iou: float, most: int) -> npt.NDArray[np.intp]:
    """Greedy non-maximum suppression: of `ordered`, best first, the first `most` that no better one covers."""
    if iou >= 1:
        return ordered[:most]
    kept: list[int] = []
    while len(ordered) and len(kept) < most:
        best, ordered = ordered[0], ordered[1:]
        kept.append(int(best))
        ordered = ordered[overlaps(boxes_xyxy[best], boxes_xyxy[ordered]) <= iou]
    return np.array(kept, np.intp)


def overlaps(box_xyxy: F32, boxes_xyxy: F32) -> F32:
    """(N,): intersection over union of a box with each of (N, 4), all with an area."""
    corners = np.minimum(box_xyxy[2:], boxes_xyxy[:, 2:]) - np.maximum(box_xyxy[:2], boxes_xyxy[:, :2])
    shared = np.clip(corners, 0, None).prod(axis=1)
    areas = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(axis=1) + (box_xyxy[2:] - box_xyxy[:2]).prod()
    return np.asarray(shared / (areas - shared))


def corners_of(boxes_cxcywh: F32, size_wh: tuple[float, float]) -> F32:
    """(N, 4): xyxy in pixels, for centre, width and height as fractions of a frame of that size."""
    centre, half = boxes_cxcywh[:, :2], boxes_cxcywh[:, 2:] / 2
    return np.concatenate([centre - half, centre + half], axis=1) * np.array([*size_wh, *size_wh], np.float32)
