"""What a run costs a mesh on this machine: CPU-seconds of all its processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS_AN_HOUR = 3600


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time so far of these processes and everything that they started, seconds."""
    import psutil  # noqa: PLC0415 - only where a mesh runs, which has it

    total = 0.0
    seen: set[int] = set()
    for pid in pids:
        try:
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in family:
            if process.pid not in seen:
                seen.add(process.pid)
                total += _own_seconds(process)
    return total


def _own_seconds(process: object) -> float:
    """Of one process; 0 where it ended meanwhile."""
    import psutil  # noqa: PLC0415 - as above

    try:
        times = process.cpu_times()  # type: ignore[attr-defined]  # psutil is imported late
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def priced(used_cpu_s: float, calls: int, usd_per_cpu_hour: float) -> dict[str, float]:
    """CPU-seconds a call and, where a price is given, dollars for a thousand calls."""
    if not calls:
        return {}
    each = used_cpu_s / calls
    cost = {"cpu_s_per_call": each, "calls": float(calls)}
    if usd_per_cpu_hour:
        cost["usd_per_cpu_hour"] = usd_per_cpu_hour
        cost["usd_per_1000_calls"] = each * 1000 / SECONDS_AN_HOUR * usd_per_cpu_hour
    return cost
