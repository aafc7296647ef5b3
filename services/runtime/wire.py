"""Contract messages to core values and back, for what several services speak: boxes, regions, plans, claims.

Going in, values are checked: a message that breaks the contract raises `InvalidField`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, TypeVar

from groundwire.v1 import geometry_pb2, plan_pb2, region_pb2
from services.common.errors import InvalidField
from services.common.geometry import Box, Size, Transform
from services.common.plans import Aspect, Engine, Order, Plan, Rank, Relation, RelationKind, Target, Task, TextField
from services.common.regions import Appearance, Capability, Mask, Region, Source, Tier

if TYPE_CHECKING:
    from enum import IntEnum

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

E = TypeVar("E", bound="IntEnum")


def member(enum: type[E], number: int, field: str) -> E:
    """The enum's member with the contract's number.

    Raises:
        InvalidField: There is none; `field` is named.
    """
    try:
        return enum(number)
    except ValueError as error:
        allowed = ", ".join(value.name for value in enum)
        raise InvalidField(
            field, f"{field} is {number}, which means nothing here", remedy=f"one of {allowed}"
        ) from error


def digest(text: str, field: str) -> str:
    """`text`, if it is a SHA-256 in lower-case hexadecimal.

    Raises:
        InvalidField: It is not.
    """
    if not _DIGEST.fullmatch(text):
        raise InvalidField(field, f"{field} is no SHA-256 digest", remedy="give 64 lower-case hexadecimal digits")
    return text


def box_from(message: geometry_pb2.Box, field: str) -> Box:
    """A finite box with a positive area.

    Raises:
        InvalidField: It is not finite, or empty.
    """
    box = Box(message.x_min, message.y_min, message.x_max, message.y_max)
    if not all(map(math.isfinite, (box.x_min, box.y_min, box.x_max, box.y_max))):
        raise InvalidField(field, f"{field} has a coordinate that is not finite")
    if box.area == 0:
        raise InvalidField(field, f"{field} is empty", remedy="x_max > x_min and y_max > y_min")
    return box


def box_to(box: Box) -> geometry_pb2.Box:
    """The box as a message."""
    return geometry_pb2.Box(x_min=box.x_min, y_min=box.y_min, x_max=box.x_max, y_max=box.y_max)


def size_to(size: Size) -> geometry_pb2.Size:
    """The extent as a message."""
    return geometry_pb2.Size(width=size.width, height=size.height)


def size_from(message: geometry_pb2.Size) -> Size:
    """The extent as a value."""
    return Size(message.width, message.height)


def transform_to(transform: Transform) -> geometry_pb2.Transform:
    """The map as a message."""
    return geometry_pb2.Transform(
        scale_x=transform.scale_x,
        scale_y=transform.scale_y,
        offset_x=transform.offset_x,
        offset_y=transform.offset_y,
        output_size=size_to(transform.output_size),
    )


def transform_from(message: geometry_pb2.Transform) -> Transform:
    """The map as a value."""
    return Transform(
        message.scale_x, message.scale_y, message.offset_x, message.offset_y, size_from(message.output_size)
    )


def source_to(source: Source) -> region_pb2.Source:
    """The source as a message."""
    return region_pb2.Source(
        capability=region_pb2.Capability.ValueType(source.capability),
        model=source.model,
        version=source.version,
        weights_digest=source.weights_digest,
        tier=region_pb2.Tier.ValueType(source.tier),
        trace_id=source.trace_id,
        span_id=source.span_id,
        thresholds=[region_pb2.Threshold(name=name, value=value) for name, value in source.thresholds],
    )


def source_from(message: region_pb2.Source) -> Source:
    """The source as a value."""
    return Source(
        member(Capability, message.capability, "source.capability"),
        message.model,
        message.version,
        message.weights_digest,
        member(Tier, message.tier, "source.tier"),
        message.trace_id,
        message.span_id,
        tuple((each.name, each.value) for each in message.thresholds),
    )


def region_to(region: Region) -> region_pb2.Region:
    """The region as a message."""
    outline = geometry_pb2.Polygon(points=[geometry_pb2.Point(x=x, y=y) for x, y in region.polygon])
    return region_pb2.Region(
        id=region.id,
        image_digest=region.image_digest,
        box=box_to(region.box),
        polygon=outline if region.polygon else None,
        mask=None if region.mask is None else mask_to(region.mask),
        label=region.label,
        text=region.text,
        score=region.score,
        source=source_to(region.source),
        transform=transform_to(region.transform),
        appearance=None if region.appearance is None else appearance_to(region.appearance),
    )


def region_from(message: region_pb2.Region) -> Region:
    """The region as a value."""
    return Region(
        id=message.id,
        image_digest=message.image_digest,
        box=box_from(message.box, "region.box"),
        source=source_from(message.source),
        transform=transform_from(message.transform),
        polygon=tuple((point.x, point.y) for point in message.polygon.points),
        label=message.label,
        text=message.text,
        score=message.score if message.HasField("score") else None,
        mask=mask_from(message.mask) if message.HasField("mask") else None,
        appearance=appearance_from(message.appearance) if message.HasField("appearance") else None,
    )


def mask_to(mask: Mask) -> geometry_pb2.Mask:
    """The mask as a message."""
    return geometry_pb2.Mask(size=size_to(mask.size), counts=mask.counts)


def mask_from(message: geometry_pb2.Mask) -> Mask:
    """The mask as a value."""
    return Mask(size_from(message.size), message.counts)


def appearance_to(appearance: Appearance) -> region_pb2.Appearance:
    """The measurement as a message."""
    return region_pb2.Appearance(
        colors=[region_pb2.ColorShare(name=name, share=share) for name, share in appearance.colors],
        nearness=appearance.nearness,
        pixels=appearance.pixels,
    )


def appearance_from(message: region_pb2.Appearance) -> Appearance:
    """The measurement as a value."""
    return Appearance(
        colors=tuple((color.name, color.share) for color in message.colors),
        pixels=message.pixels,
        nearness=message.nearness if message.HasField("nearness") else None,
    )


def engine_to(engine: Engine) -> plan_pb2.Engine:
    """The engine as a message."""
    return plan_pb2.Engine(
        name=engine.name,
        version=engine.version,
        prompt_digest=engine.prompt_digest,
        temperature=engine.temperature,
        seed=engine.seed,
        trouble=engine.trouble,
    )


def engine_from(message: plan_pb2.Engine) -> Engine:
    """The engine as a value."""
    return Engine(
        message.name,
        message.version,
        message.prompt_digest,
        temperature=message.temperature if message.HasField("temperature") else None,
        seed=message.seed if message.HasField("seed") else None,
        trouble=message.trouble,
    )


def plan_to(plan: Plan) -> plan_pb2.Plan:
    """The plan as a message."""
    return plan_pb2.Plan(
        task=plan_pb2.Task.ValueType(plan.task),
        targets=[_target_to(target) for target in plan.targets],
        relations=[
            plan_pb2.Relation(
                subject_id=relation.subject_id,
                kind=plan_pb2.RelationKind.ValueType(relation.kind),
                object_id=relation.object_id,
                second_object_id=relation.second_object_id,
            )
            for relation in plan.relations
        ],
        engine=engine_to(plan.engine),
        aspect=plan_pb2.Aspect.ValueType(plan.aspect),
        least=plan.least,
    )


def plan_from(message: plan_pb2.Plan) -> Plan:
    """The plan as a value."""
    return Plan(
        task=member(Task, message.task, "plan.task"),
        engine=engine_from(message.engine),
        targets=tuple(_target_from(target) for target in message.targets),
        relations=tuple(
            Relation(r.subject_id, member(RelationKind, r.kind, "plan.relations.kind"), r.object_id, r.second_object_id)
            for r in message.relations
        ),
        aspect=member(Aspect, message.aspect, "plan.aspect"),
        least=message.least,
    )


def _target_to(target: Target) -> plan_pb2.Target:
    return plan_pb2.Target(
        id=target.id,
        noun=target.noun,
        attributes=target.attributes,
        literal_text=target.literal_text,
        is_text=target.is_text,
        text_field=plan_pb2.TextField.ValueType(target.text_field),
        rank=None if target.rank is None else _rank_to(target.rank),
        earlier=target.earlier,
    )


def _target_from(message: plan_pb2.Target) -> Target:
    return Target(
        id=message.id,
        noun=message.noun,
        attributes=tuple(message.attributes),
        literal_text=message.literal_text,
        is_text=message.is_text,
        text_field=member(TextField, message.text_field, "plan.targets.text_field"),
        rank=_rank_from(message.rank) if message.HasField("rank") else None,
        earlier=message.earlier,
    )


def _rank_to(rank: Rank) -> plan_pb2.Rank:
    return plan_pb2.Rank(order=plan_pb2.Order.ValueType(rank.order), place=rank.place)


def _rank_from(message: plan_pb2.Rank) -> Rank:
    if message.place < 1:
        raise InvalidField("plan.targets.rank.place", "a rank's place is below 1", remedy="count from 1")
    return Rank(member(Order, message.order, "plan.targets.rank.order"), message.place)
