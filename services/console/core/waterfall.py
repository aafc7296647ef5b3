"""The spans of a trace over time: rows, their bars as fractions of the whole, and the ticks of the axis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LEAST_BAR: Final = 0.003
"""Narrowest bar, as a part of the whole: no span is invisible."""

_STEPS: Final = (1, 2, 5, 10)

CLAIM: Final = "claim"
LINKED: Final = "linked"


@dataclass(frozen=True, slots=True)
class Span:
    """A span, as much of it as a row needs.

    Attributes:
        id: W3C span id.
        parent_id: Of the span that it is part of; empty at the root.
        name: Its name.
        service: Who made it.
        begin_ns: When it began, nanoseconds of any one clock.
        duration_ns: How long it lasted, nanoseconds.
        error: What went wrong; empty when nothing did.
        attributes: Values as text, by name.
        links: Ids of the spans that it points to.
    """

    id: str
    parent_id: str
    name: str
    service: str
    begin_ns: int
    duration_ns: int
    error: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One span in its place.

    Attributes:
        span: The span.
        depth: Generations below the root, from 0.
        left: Where its bar begins, as a part of the whole, in [0, 1).
        width: How long its bar is, as a part of the whole, in (0, 1]; `left + width` is at most 1.
    """

    span: Span
    depth: int
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: where, as a part of the whole, and how long after the beginning, seconds."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The whole picture.

    Attributes:
        rows: The spans.
        ticks: The axis.
        total_ns: From the first beginning to the last end, nanoseconds.
        whole: Whether every span's parent is here too. Parents arrive after their children: they end later.
    """

    rows: Sequence[Row]
    ticks: Sequence[Tick]
    total_ns: int
    whole: bool


def layout(spans: Sequence[Span]) -> Waterfall:
    """Rows in depth-first order, siblings by their beginning. No spans give no rows and no ticks."""
    if not spans:
        return Waterfall((), (), 0, whole=False)
    begin = min(span.begin_ns for span in spans)
    total = max(1, max(span.begin_ns + span.duration_ns for span in spans) - begin)
    rows = tuple(_row(span, depth, begin, total) for depth, span in _in_order(spans))
    known = {"", *(span.id for span in spans)}
    return Waterfall(rows, ticks(total), total, whole=all(span.parent_id in known for span in spans))


def ticks(total_ns: int) -> Sequence[Tick]:
    """Round times from 0 on, four to ten of them, none beyond the end."""
    rough = total_ns / 5
    magnitude = 10 ** (len(str(max(1, int(rough)))) - 1)
    step = next(factor * magnitude for factor in _STEPS if factor * magnitude >= rough)
    return tuple(Tick(at / total_ns, at / 1e9) for at in range(0, total_ns + 1, step))


def marks(spans: Sequence[Span], claim_span_id: str) -> Mapping[str, str]:
    """What each span is to a claim: the claim's own and what lies below it, or one that it links to.

    Spans that have nothing to do with the claim are left out. A claim without a span marks nothing.
    """
    own = next((span for span in spans if span.id == claim_span_id and claim_span_id), None)
    if own is None:
        return {}
    linked = {span.id: LINKED for span in spans if span.id in own.links}
    return linked | dict.fromkeys(_below(spans, own.id), CLAIM)


def _below(spans: Sequence[Span], root_id: str) -> Iterator[str]:
    """The root and everything under it, each once."""
    children = _children(spans)
    waiting, seen = [root_id], {root_id}
    while waiting:
        current = waiting.pop()
        yield current
        fresh = [child.id for child in children.get(current, ()) if child.id not in seen]
        seen.update(fresh)
        waiting += fresh


def _row(span: Span, depth: int, begin_ns: int, total_ns: int) -> Row:
    left = min((span.begin_ns - begin_ns) / total_ns, 1 - LEAST_BAR)
    width = min(max(span.duration_ns / total_ns, LEAST_BAR), 1 - left)
    return Row(span, depth, left, width)


def _in_order(spans: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    """Depth first. A span whose parent is not here is a root; those in a ring of parents come last, as roots."""
    children = _children(spans)
    shown: set[str] = set()
    # A ring of parents hangs below no root: its members are offered as roots after all others.
    for root in [*children.get("", ()), *sorted(spans, key=_beginning)]:
        waiting = [(0, root)]
        while waiting:
            depth, span = waiting.pop()
            if span.id in shown:
                continue
            shown.add(span.id)
            yield depth, span
            waiting += [(depth + 1, child) for child in reversed(children.get(span.id, ()))]


def _children(spans: Sequence[Span]) -> Mapping[str, Sequence[Span]]:
    """Spans by the parent that is here, in the order of their beginning; roots under the empty id."""
    known = {span.id for span in spans}
    found: dict[str, list[Span]] = {}
    for span in sorted(spans, key=_beginning):
        found.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
    return found


def _beginning(span: Span) -> tuple[int, int]:
    """By beginning; of two that begin together, the longer first."""
    return span.begin_ns, -span.duration_ns
