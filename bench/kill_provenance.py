"""Kill the provenance service fifty times under load; then see that all that was acknowledged is there.

python -m bench.kill_provenance [TIMES]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed


async def main(times: int) -> None:
    """Kill, look, print."""
    with tempfile.TemporaryDirectory() as folder, embedded_postgres() as server:
        killed = Killed(server.new_database(), Path(folder))
        await killed.kill(times)
        finding, lost = await killed.verdict()
    print(f"kills {killed.kills}, acknowledged {len(killed.acknowledged)}, lost {len(lost)}")
    print(f"{finding.outcome.value} {finding.detail}")
    if lost or not finding.holds:
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
