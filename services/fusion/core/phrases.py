"""What a detector is asked to find for a target.

The phrase is the noun alone. Attributes stay with resolution: those that pixels tell (colour, size, shape) are
measured there and measured again by the checks; the rest is for a judge. A detector that is given "red cup" answers
with any cup and a score for all of the phrase, and one of a closed set of classes knows "cup" alone.

Where nothing was found, the careful look searches by the noun's other names too, so that an absence rests on more than
one word.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.common.plans import Target

_SAME: Final = (
    ("sofa", "couch", "settee"),
    ("motorcycle", "motorbike"),
    ("aeroplane", "airplane", "plane"),
    ("bicycle", "bike"),
    ("television", "tv", "tvmonitor", "tv monitor"),
    ("mobile phone", "cell phone", "cellphone", "smartphone"),
    ("refrigerator", "fridge"),
    ("hair dryer", "hair drier"),
    ("cup", "mug"),
    ("doughnut", "donut"),
    ("dining table", "diningtable"),
    ("potted plant", "pottedplant", "houseplant"),
    ("handbag", "purse"),
    ("trash can", "garbage can", "rubbish bin", "dustbin"),
    ("lorry", "truck"),
    ("laptop", "notebook computer"),
    ("traffic light", "stoplight"),
    ("rucksack", "backpack"),
    ("fire extinguisher", "extinguisher"),
    ("ball", "sports ball"),
    ("person", "human"),
    ("spectacles", "eyeglasses", "glasses"),
)
"""Names of one thing, in British and American English and in the lists of classes that detectors are trained on."""

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {name: tuple(other for other in names if other != name) for names in _SAME for name in names}
)
"""A noun's other names."""


def phrase(target: Target) -> str:
    """What an object is searched for by: its noun."""
    return target.noun


def names(noun: str) -> tuple[str, ...]:
    """The noun and its other names."""
    return (noun, *SYNONYMS.get(noun, ()))


def queries(target: Target) -> tuple[str, ...]:
    """Every phrase that means the target."""
    return names(target.noun)


def careful_phrases(targets: Iterable[Target], unfound: frozenset[str]) -> tuple[str, ...]:
    """The phrases of a careful look: with the other names of the targets (by id) of which nothing was found."""
    found = [queries(target) if target.id in unfound else (phrase(target),) for target in targets]
    return tuple(dict.fromkeys(each for names in found for each in names))


EVERYDAY: Final = (
    "person", "bicycle", "car", "motorcycle", "bus", "train", "truck", "boat", "traffic light", "stop sign",
    "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "backpack", "umbrella", "handbag", "suitcase", "ball",
    "bottle", "glass", "cup", "fork", "knife", "spoon", "bowl", "plate", "banana", "apple", "orange", "sandwich",
    "pizza", "cake", "chair", "sofa", "potted plant", "bed", "table", "television", "laptop", "keyboard",
    "mobile phone", "book", "clock", "vase", "lamp", "window", "door", "tree", "flower", "sign", "shoe", "hat",
    "box", "bag", "tool", "toy",
)  # fmt: skip
"""What a picture is searched for that is to be described: things that everyday pictures show, at most 64."""
