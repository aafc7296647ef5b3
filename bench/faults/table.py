"""Every fault, in the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.faults.clocks import PARTS, jumped
from bench.faults.disks import filled
from bench.faults.processes import frozen, killed, killed_while_starting, slowed, starved, workers_killed
from bench.faults.replies import LIES, flipped, lied

if TYPE_CHECKING:
    from bench.faults.fault import Fault

OURS = ("fusion", "perception", "llm", "provenance")

FAULTS: tuple[Fault, ...] = (
    *(killed(part) for part in (*OURS, "triton", "postgres")),
    workers_killed("triton", "its model processes killed"),
    workers_killed("postgres", "its sessions killed"),
    killed_while_starting(),
    *(frozen(part) for part in (*OURS, "triton", "postgres")),
    *(slowed(part) for part in ("perception", "triton", "postgres")),
    *(lied(lie) for lie in LIES),
    *(starved(part) for part in ("fusion", "perception", "provenance", "triton", "postgres")),
    flipped(),
    *(jumped(part, way) for part in PARTS for way in (1, -1)),
    filled("home", "postgres", "the disk of its data full"),
    filled("keys", "provenance", "the disk of its keys full, and it killed,", restarts=True),
    filled("checkpoints", "provenance", "the disk of its checkpoints' copies full"),
    filled("objects", "perception", "the disk of its pictures full", sends_pictures=True),
    *(hurt("vllm", "vllm") for hurt in (killed, frozen, slowed)),
)
