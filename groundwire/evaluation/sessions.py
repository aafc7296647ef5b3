"""A run from the first question to the last figure: journal, mesh, truth, cost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundwire.async_client import AsyncClient
from groundwire.errors import Unavailable
from groundwire.evaluation import costs, runs
from groundwire.evaluation.asking import Pace, ask_all
from groundwire.evaluation.journal import Journal
from groundwire.words import capability, tier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundwire.addresses import Addresses
    from groundwire.evaluation.examples import Example
    from groundwire.evaluation.journal import Call
    from groundwire.evaluation.runs import Run
    from groundwire.v1 import perception_service_pb2


@dataclass(frozen=True, slots=True)
class Target:
    """The mesh that is measured.

    Attributes:
        addresses: Where its services listen.
        pids: Its processes, where it runs on this machine; empty otherwise.
        usd_per_cpu_hour: What an hour of a CPU costs; 0 for not known.
    """

    addresses: Addresses
    pids: tuple[int, ...] = ()
    usd_per_cpu_hour: float = 0.0

    def client(self, pace: Pace) -> AsyncClient:
        """A client of it, for one event loop."""
        at = self.addresses
        return AsyncClient(
            at.fusion,
            perception_address=at.perception,
            llm_address=at.llm,
            provenance_address=at.provenance,
            timeout_s=pace.timeout_s,
        )


@dataclass(frozen=True, slots=True)
class Session:
    """What is asked of which mesh, and where the answers go.

    Attributes:
        target: The mesh.
        pace: How to ask.
        seed: Of the bootstrap.
        told: Called with each call that ended.
    """

    target: Target
    pace: Pace
    seed: int = 0
    told: Callable[[Call], None] = lambda _: None

    def run(
        self, examples: Sequence[Example], head: Mapping[str, Any], journal: Path
    ) -> tuple[Run, Mapping[str, Call]]:
        """Ask, judge, sum up.

        Args:
            examples: What to ask.
            head: What to write of the set.
            journal: Where the answers go, and come from where an unfinished run is taken up.

        Returns:
            The run, and its calls by example.

        Raises:
            Unavailable: The mesh is not there, or went away; what was answered is kept.
        """
        full = {**head, **self.identity(), "examples": runs.digest(examples)}
        with Journal.open(journal, full) as book:
            there = len(book.calls)
            before = costs.cpu_seconds(self.target.pids)
            asyncio.run(self._ask(examples, book))
            used = costs.cpu_seconds(self.target.pids) - before
            book.finish()
        asked = len(examples) - there
        cost = costs.priced(used, asked, self.target.usd_per_cpu_hour) if self.target.pids else {}
        return runs.finished(full, examples, book.calls, cost, self.seed), book.calls

    def identity(self) -> dict[str, Any]:
        """Which mesh it is: its models by capability and tier, and how it is asked.

        Raises:
            Unavailable: It does not serve.
        """
        return {**asyncio.run(self._identity()), "stakes": self.pace.stakes}

    async def _identity(self) -> dict[str, Any]:
        async with self.target.client(self.pace) as client:
            seen = await client.status()
        if not seen.serving:
            problem = next((one.problem for one in seen.services if one.problem is not None), None)
            raise problem or Unavailable("the mesh does not serve yet", remedy="see groundwire status")
        models = [
            f"{capability(one.capability)}/{tier(bound.tier)}: {_model(bound)}"
            for one in seen.capabilities
            for bound in one.bindings
        ]
        return {"address": self.target.addresses.fusion, "models": models}

    async def _ask(self, examples: Sequence[Example], book: Journal) -> None:
        async with self.target.client(self.pace) as client:
            await ask_all(client, examples, book, self.pace, self.told)


def _model(bound: perception_service_pb2.ModelBinding) -> str:
    """Name, version and the first digits of the weights' digest."""
    return f"{bound.model} {bound.version} {bound.weights_digest[:12]}".strip()
