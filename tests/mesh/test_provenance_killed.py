"""Killed between append and acknowledgement: nothing acknowledged is lost, and the tree is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.proofs.outcomes import Outcome
from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 10
"""bench/kill_provenance.py kills fifty times."""


async def test_whatever_was_acknowledged_is_there_and_the_log_verifies(tmp_path: Path) -> None:
    with embedded_postgres() as server:
        killed = Killed(server.new_database(), tmp_path)
        await killed.kill(KILLS)
        finding, lost = await killed.verdict()
    assert (finding.outcome, lost) == (Outcome.VALID, set()), finding.detail
    assert len(killed.acknowledged) >= KILLS
