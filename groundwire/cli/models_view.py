"""Models, for a person at a terminal, and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from groundwire.models.catalogue import CATALOGUE
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwire.cli.models_parts import Benched
    from groundwire.models.bindings import Place
    from groundwire.models.cards import ModelCard


def stored_table(cards: Sequence[ModelCard], bound: Mapping[str, tuple[Place, ...]]) -> Table:
    """One row a stored model."""
    table = _table("in the store", "name", "capability", "architecture", "licence", "size", "bound", "from")
    for card in cards:
        places = Text("\n".join(map(str, bound[card.name])), style="bold green")
        capabilities = Text("\n".join(card.runners))
        size = f"{card.size / 1e6:.1f} MB"
        source = Text(plain(f"{card.source} {card.revision[:12]}"), style="dim")
        table.add_row(card.name, capabilities, card.architecture, plain(card.licence), size, places, source)
    return table


def known_table(cards: Sequence[ModelCard]) -> Table:
    """One row for each model of the catalogue that is not stored."""
    table = _table("can be pulled by name, as can any hub id", "name", "capability", "tier", "licence", "hub id")
    stored = {card.source for card in cards}
    for known in CATALOGUE:
        if known.hub_id not in stored:
            capabilities = "\n".join(known.capabilities)
            table.add_row(known.name, capabilities, known.tier, known.licence, Text(known.hub_id, style="dim"))
    return table


def bench_table(benched: Benched) -> Table:
    """One row for each number of callers."""
    title = f"{benched.model}, {benched.capability}, a picture of {benched.width} x {benched.height}"
    table = _table(title, "callers", "calls", "p50", "p95", "answers/s")
    for run in benched.runs:
        latencies = (f"{run.p50_ms:.1f} ms", f"{run.p95_ms:.1f} ms")
        table.add_row(str(run.callers), str(run.calls), *latencies, f"{run.per_second:.1f}")
    return table


def plain_data(cards: Sequence[ModelCard], bound: Mapping[str, tuple[Place, ...]]) -> dict[str, Any]:
    """The same as `list` shows, for JSON."""
    stored = [
        {
            "name": card.name,
            "capabilities": list(card.runners),
            "architecture": card.architecture,
            "licence": card.licence,
            "bytes": card.size,
            "bound": [{"capability": place.capability, "tier": place.tier} for place in bound[card.name]],
            "source": card.source,
            "revision": card.revision,
            "weights_digest": card.weights_digest,
            "pulled": card.pulled,
        }
        for card in cards
    ]
    known = [
        {"name": each.name, "hub_id": each.hub_id, "capabilities": list(each.capabilities), "tier": each.tier}
        for each in CATALOGUE
    ]
    return {"stored": stored, "known": known}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.ROUNDED, header_style="bold", border_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
