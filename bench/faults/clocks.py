"""Clocks that jump: services under libfaketime (Debian's package `faketime`), which reads the time of day from a file.

The monotonic clock goes on as it is, as it does where a real clock is set.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.faults.fault import Fault, Log, pause
from bench.faults.plans import restart_with

if TYPE_CHECKING:
    from groundwire.mesh.local import Mesh

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
)
PARTS = ("fusion", "perception", "provenance")
JUMP_S = 3600
JUMPED_S = 8.0
"""How long the clock stays there."""
SEEN_S = JUMP_S / 2
"""A log line that is off by more was written by a clock that jumped."""


def lacking() -> str:
    """Why clocks cannot jump here; empty where they can."""
    return "" if library() else "needs libfaketime: apt-get install faketime"


def library() -> str:
    """libfaketime, where it is installed."""
    return next((path for path in LIBRARIES if Path(path).exists()), "")


def prepare(mesh: Mesh) -> None:
    """Start the services again with clocks that can be set."""
    for part in PARTS:
        _set(mesh, part, 0)
    said = {"LD_PRELOAD": library(), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    restart_with(mesh, {part: {**said, "FAKETIME_TIMESTAMP_FILE": str(_file(mesh, part))} for part in PARTS})


def jumped(part: str, direction: int) -> Fault:
    """A service's clock is an hour ahead (1) or behind (-1) for a while."""

    def inflict(mesh: Mesh) -> str:
        log = Log(mesh, part)
        _set(mesh, part, direction * JUMP_S)
        pause(JUMPED_S)
        _set(mesh, part, 0)
        return _off(log)

    way = "ahead" if direction > 0 else "behind"
    what = f"its clock an hour {way} for {JUMPED_S:g} s"
    return Fault(f"{part}-clock-{way}", part, what, inflict, prepare=prepare)


def _off(log: Log) -> str:
    """By how much the log's own times were off at most."""
    most = 0.0
    for line in log.lines():
        try:
            told = datetime.fromisoformat(json.loads(line)["timestamp"])
        except (ValueError, KeyError, TypeError):
            continue
        off = (told - datetime.now(UTC)).total_seconds()
        most = off if abs(off) > abs(most) else most
    return f"its log was off by {most:+.0f} s" if abs(most) > SEEN_S else ""


def _file(mesh: Mesh, part: str) -> Path:
    return mesh.home / f"clock-{part}"


def _set(mesh: Mesh, part: str, seconds: int) -> None:
    unfinished = _file(mesh, f"{part}.unfinished")
    unfinished.write_text(f"{seconds:+d}s\n")
    unfinished.replace(_file(mesh, part))
