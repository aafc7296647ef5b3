"""Labels: what they say of a claim and of what it rests on, the same on every surface; and where they go on a picture.

On a picture they stand beside their box, inside the picture, and not on one another. Rectangles are
`(x_min, y_min, x_max, y_max)`, pixels, origin top-left, in the picture.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from groundwire import words
from groundwire.v1 import claim_pb2, plan_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from groundwire.v1 import geometry_pb2, image_pb2, region_pb2

Rectangle: TypeAlias = tuple[float, float, float, float]
Size: TypeAlias = tuple[float, float]

_GAPS: Final = (0.25, 0.75, 1.5, 4.0, 8.0)
"""Distances from the box that are tried, in label heights: near first, farther only where it is crowded."""

_OWN_BOX: Final = 100.0
_LABEL: Final = 60.0
_OTHER_BOX: Final = 10.0
"""What a pixel of overlap costs, against a pixel of distance: a label must not hide its own box, nor a label."""


def place(
    boxes: Sequence[Rectangle],
    sizes: Sequence[Size],
    canvas: Size,
    *,
    avoid: Sequence[Rectangle] = (),
    reach: float = _GAPS[-1],
) -> Sequence[Rectangle]:
    """One place for each label, inside the canvas.

    Args:
        boxes: What each label belongs to.
        sizes: Width and height of each label; no larger than the canvas.
        canvas: Width and height of the picture.
        avoid: What else had better stay visible.
        reach: How far from its box a label may go, in label heights.
    """
    gaps = [gap for gap in _GAPS if gap <= reach]
    placed: list[Rectangle] = []
    for own, size in zip(boxes, sizes, strict=True):
        candidates = list(_candidates(own, size, canvas, gaps))
        others = [box for box in (*boxes, *avoid) if box is not own]
        placed.append(_best(own, _in_reach(others, candidates), _in_reach(placed, candidates), candidates))
    return placed


def _best(
    own: Rectangle, others: Sequence[Rectangle], placed: Sequence[Rectangle], candidates: Sequence[Rectangle]
) -> Rectangle:
    """The first place that touches nothing, else the one that costs least."""
    best, least = own, float("inf")
    for candidate in candidates:
        cost = overlap(candidate, own) * _OWN_BOX
        cost += sum(overlap(candidate, label) for label in placed) * _LABEL
        cost += sum(overlap(candidate, box) for box in others) * _OTHER_BOX
        if cost == 0:
            return candidate
        cost += distance(candidate, own)
        if cost < least:
            best, least = candidate, cost
    return best


def _in_reach(rectangles: Sequence[Rectangle], candidates: Sequence[Rectangle]) -> Sequence[Rectangle]:
    """Those that any candidate can touch: on a full page, a few of hundreds."""
    x_mins, y_mins, x_maxs, y_maxs = zip(*candidates, strict=True)
    hull = min(x_mins), min(y_mins), max(x_maxs), max(y_maxs)
    return [rectangle for rectangle in rectangles if overlap(rectangle, hull) > 0]


def _candidates(box: Rectangle, size: Size, canvas: Size, gaps: Sequence[float]) -> Iterator[Rectangle]:
    """Above, below, right, left, each in three alignments; pushed back where they would leave the canvas."""
    width, height = size
    x_min, y_min, x_max, y_max = box
    columns = (x_min, x_max - width, (x_min + x_max - width) / 2)
    rows = (y_min, y_max - height, (y_min + y_max - height) / 2)
    for gap in gaps:
        away = gap * height
        corners = [(x, y) for y in (y_min - away - height, y_max + away) for x in columns]
        corners += [(x, y) for x in (x_max + away, x_min - away - width) for y in rows]
        for x, y in corners:
            yield inside((x, y, x + width, y + height), canvas)


def inside(rectangle: Rectangle, canvas: Size) -> Rectangle:
    """The rectangle moved, not cut, so that it lies in the canvas."""
    x_min, y_min, x_max, y_max = rectangle
    left = max(0.0, min(x_min, canvas[0] - (x_max - x_min)))
    top = max(0.0, min(y_min, canvas[1] - (y_max - y_min)))
    return left, top, left + (x_max - x_min), top + (y_max - y_min)


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Area that two rectangles share, square pixels."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def distance(a: Rectangle, b: Rectangle) -> float:
    """Shortest way between two rectangles, along the axes, pixels; 0 when they touch."""
    return max(0.0, a[0] - b[2], b[0] - a[2]) + max(0.0, a[1] - b[3], b[1] - a[3])


def bridge(a: Rectangle, b: Rectangle) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of the shortest line between two rectangles that do not overlap."""
    return (
        (_nearest(b[0], b[2], a[0], a[2]), _nearest(b[1], b[3], a[1], a[3])),
        (_nearest(a[0], a[2], b[0], b[2]), _nearest(a[1], a[3], b[1], b[3])),
    )


def _nearest(low: float, high: float, inside_low: float, inside_high: float) -> float:
    """The point of [inside_low, inside_high] nearest to [low, high]: the middle of what they share, if anything."""
    start, end = max(low, inside_low), min(high, inside_high)
    if start <= end:
        return (start + end) / 2
    return inside_low if high < inside_low else inside_high


COMPARISONS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        plan_pb2.ASPECT_SIZE: ("larger", "smaller"),
        plan_pb2.ASPECT_NEARNESS: ("nearer", "farther away"),
        plan_pb2.ASPECT_LEFTNESS: ("farther left", "farther right"),
        plan_pb2.ASPECT_HEIGHT: ("higher up", "lower down"),
        plan_pb2.ASPECT_NUMBER: ("more", "fewer"),
    }
)
"""What has the more of an aspect, and what has the less."""

INCONCLUSIVE: Final[Mapping[int, str]] = MappingProxyType(
    {
        claim_pb2.INCONCLUSIVE_REASON_UNSURE: "its figures decide neither way",
        claim_pb2.INCONCLUSIVE_REASON_NOT_BOUND: "no model is bound to what it needs",
        claim_pb2.INCONCLUSIVE_REASON_OVER_BUDGET: "the deadline left no time",
        claim_pb2.INCONCLUSIVE_REASON_UNAVAILABLE: "what it needs was out of reach",
    }
)
"""Why a check could not tell."""

UNTYPED: Final = "untyped"
"""The kind of a statement that this version does not know."""


def statement(predicate: claim_pb2.Predicate) -> tuple[str, str]:
    """A predicate's kind, and what it states, such as ("related", "red mug left of bowl"). One line."""
    kind = predicate.WhichOneof("kind")
    if kind is None:
        return UNTYPED, ""
    told = {
        "exists": lambda: predicate.exists.label,
        "absent": lambda: f"no {predicate.absent.label}",
        "located": lambda: predicate.located.label,
        "count": lambda: f"{predicate.count.value} \N{MULTIPLICATION SIGN} {predicate.count.label}",
        "reading": lambda: quoted(predicate.reading.text),
        "field": lambda: _field(predicate.field),
        "attribute": lambda: _attribute(predicate.attribute),
        "state": lambda: f"{predicate.state.label}: {'not ' if predicate.state.negated else ''}{predicate.state.value}",
        "related": lambda: _related(predicate.related),
        "compared": lambda: _compared(predicate.compared),
        "knowledge": lambda: quoted(predicate.knowledge.quote),
    }
    return kind, words.plain(told[kind]())


def quoted(text: str) -> str:
    """In quotation marks, on one line."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{words.plain(text)}\N{RIGHT DOUBLE QUOTATION MARK}"


def aspect(value: int) -> str:
    """Such as "color"."""
    try:
        name: str = plan_pb2.Aspect.Name(value)  # type: ignore[arg-type]  # a newer contract may know more
    except ValueError:
        return f"unknown ({value})"
    return name.removeprefix("ASPECT_").lower()


def inconclusive(check: claim_pb2.Check) -> str:
    """Why a check could not tell; empty where it could, or where its detail alone says it."""
    return INCONCLUSIVE.get(check.inconclusive_reason, "")


def figures(check: claim_pb2.Check) -> str:
    """What decided, such as "iou 0.91, score 0.8"; empty where nothing was measured."""
    return ", ".join(f"{words.plain(name)} {value:.4g}" for name, value in sorted(check.figures.items()))


def confidence(claim: claim_pb2.Claim) -> str:
    """The calibrated probability beside the raw score; the raw score alone where nothing is calibrated."""
    raw = f"raw {claim.evidence_score:.2f}"
    return f"{claim.confidence:.2f} calibrated, {raw}" if claim.HasField("confidence") else raw


def search(message: claim_pb2.Search) -> str:
    """One search: who looked, and where."""
    source = message.source
    looked = f"{source.model} {source.version} ({words.capability(source.capability)}, {words.tier(source.tier)} tier)"
    return words.plain(f"{looked} in {area(message.area)}" if message.HasField("area") else looked)


def area(box: geometry_pb2.Box) -> str:
    """Whole pixels, xyxy."""
    return f"[{box.x_min:.0f} {box.y_min:.0f} {box.x_max:.0f} {box.y_max:.0f}]"


def redaction(message: image_pb2.Redaction) -> str:
    """What was painted over, where, and who found it."""
    whom = f", found by {message.found_by}" if message.found_by else ", as the caller asked"
    return words.plain(f"{message.kind} at {area(message.box)}{whom}")


def colors(region: region_pb2.Region) -> str:
    """Measured colours with their shares, such as "red 62%, gray 20%"; empty where none was measured."""
    return ", ".join(f"{words.plain(each.name)} {each.share:.0%}" for each in region.appearance.colors)


def passage(message: claim_pb2.Passage, documents: Iterable[claim_pb2.Document]) -> str:
    """Document and characters of a cited passage, and its words; the place alone where the document is not here."""
    place = f"{message.document_id} {message.begin}\N{EN DASH}{message.end}"
    texts = (each.text for each in documents if each.id == message.document_id)
    cut = next(texts, "")[max(0, message.begin) : max(0, message.end)]
    return words.plain(f"{place} {quoted(cut)}" if cut else place)


def cited_name(citation: claim_pb2.Citation) -> str:
    """What a citation names: the region, else the document."""
    return words.plain(citation.passage.document_id if citation.HasField("passage") else citation.region_id)


def searches(claim: claim_pb2.Claim) -> Sequence[claim_pb2.Search]:
    """What an absence searched; of other claims, nothing."""
    return tuple(claim.predicate.absent.searches)


def verbatim(text: str) -> str:
    """`text` with its lines and spaces, and nothing in it that a terminal or a page acts upon."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    category = unicodedata.category(character)
    return character not in "\n\t" and (category.startswith("C") or category in ("Zl", "Zp"))


def _field(message: claim_pb2.Field) -> str:
    key = message.key or words.text_field(message.field)
    return f"{key}: {message.value}"


def _attribute(message: claim_pb2.Attribute) -> str:
    return f"{message.label}: {aspect(message.aspect)} {message.value}"


def _related(message: claim_pb2.Related) -> str:
    second = f" and {message.second_object_id}" if message.second_object_id else ""
    return f"{message.label} {words.relation(message.kind)} {message.object_label}{second}"


def _compared(message: claim_pb2.Compared) -> str:
    more, less = COMPARISONS.get(message.aspect, (f"more {aspect(message.aspect)}", f"less {aspect(message.aspect)}"))
    return f"{message.label}: {less if message.least else more} than {message.other_label}"
