"""The attributes of a target: which of them pixels tell, and how well a region has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.common.plans import Task
from services.fusion.core.scene import adjectives, attributes, palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.geometry import Size
    from services.common.plans import Plan, Target
    from services.common.regions import Region


def is_color(attribute: str) -> bool:
    """Whether an attribute names a colour or a shade."""
    return attribute in palette.SHADES or palette.tone(attribute) is not None


def colors(target: Target) -> tuple[str, ...]:
    """The target's attributes that are measured in the pixels' colours."""
    return tuple(attribute for attribute in target.attributes if is_color(attribute))


def shapes(target: Target, region: Region, image_size: Size) -> tuple[str, ...]:
    """The target's attributes that outlines tell: size, shape, how it lies."""
    others = [attribute for attribute in target.attributes if not is_color(attribute)]
    return tuple(a for a in others if attributes.fits(a, region, (region,), image_size) is not None)


def untold(target: Target, region: Region, image_size: Size) -> tuple[str, ...]:
    """The target's attributes that nothing measured tells, such as "wearing a hat"."""
    known = (*colors(target), *shapes(target, region, image_size))
    return tuple(attribute for attribute in target.attributes if attribute not in known)


def conditions(target: Target) -> tuple[str, ...]:
    """The conditions that a question about a state asks about, the last of the target's attributes.

    All that stand at the end and that nothing measured tells, "open" and "closed"; at least the last one: a light is
    "red" as it is "on".
    """
    others = [attribute for attribute in target.attributes if is_color(attribute) or attribute in adjectives.FITS]
    last = max((target.attributes.index(attribute) + 1 for attribute in others), default=0)
    return target.attributes[last:] or target.attributes[-1:]


def sought(plan: Plan, target: Target) -> Target:
    """The target as regions are held against it.

    What is asked of it does not single it out, and what an earlier turn was about is known by its place.
    """
    if target.earlier:
        return replace(target, attributes=(), rank=None)
    if plan.task is Task.STATE and target.id == plan.targets[0].id:
        return replace(target, attributes=target.attributes[: len(target.attributes) - len(conditions(target))])
    return target


def fit(target: Target, region: Region, peers: Sequence[Region], image_size: Size) -> float:
    """How well a region has the attributes that can be told, in [0, 1]: the least of them; 1 where none can be."""
    told = (attributes.fits(attribute, region, peers, image_size) for attribute in target.attributes)
    return min((value for value in told if value is not None), default=1.0)
