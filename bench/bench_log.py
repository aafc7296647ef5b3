"""Durable acknowledgements a second, beside what the disk and gRPC can do, in one run; and how large proofs are.

    .venv/bin/python -m bench.bench_log [--seconds 3] [--slower 1 4] [--ceilings] [--json FILE]

Records answers on a PostgreSQL of its own with 1, 16 and 64 callers, each waiting for its receipt: in one process, and
over gRPC with the service as a process of its own. Before and after each row, the same disk is asked for as many
writes of one page, each followed by fdatasync, as it makes: what a log without group commit could not pass.

Many virtual disks acknowledge a flush out of a cache of the host's, in a tenth of a millisecond. The rows with a
`delay` say what the same log does where a flush takes longer: PostgreSQL sleeps for so many milliseconds before each
flush of its log (`commit_delay`, with `commit_siblings` at 0), and the disk's own rate beside them is counted with the
same delay. `records/commit` is how many acknowledgements shared one flush.

The rows `grpc bare` and `grpc served` are of a handler that does nothing at all, on gRPC alone and inside the server
that every service of the mesh runs in: no log reached over gRPC from Python can be faster on this machine. They are
measured in turns, and with --ceilings alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import psycopg

from bench.measuring import command, goal, machine
from groundwire.proofs import tree
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance import convert_answer
from services.provenance.key_folder import FolderKeys
from services.provenance.postgres import Limits, open_database
from tests.fakes.ports import free_port
from tests.fakes.provenance import assembled
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed, wait_until_it_serves

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    Record = Callable[[bytes], Awaitable[object]]
    Way = Callable[[str, Path], AbstractAsyncContextManager[Record]]

CALLERS = (1, 16, 64)
PAGE = bytes(8192)
GOAL = 3.0


@dataclass(frozen=True, slots=True)
class Row:
    """One number of callers, one way.

    `ratio` is acknowledgements to flushes one by one; None where nothing is flushed, and so `per_commit`.
    """

    way: str
    callers: int
    delay_ms: float
    acks_per_s: float
    p50_ms: float
    p99_ms: float
    fdatasync_per_s: float
    ratio: float | None
    per_commit: float | None


def fdatasyncs_a_second(folder: Path, seconds: float) -> float:
    """How many appended pages the disk makes durable one by one."""
    fd = os.open(folder / "probe", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        count, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            os.write(fd, PAGE)
            os.fdatasync(fd)
            count += 1
        return count / spent
    finally:
        os.close(fd)
        (folder / "probe").unlink()


async def acknowledgements(record: Record, callers: int, seconds: float) -> tuple[float, float, float]:
    """Acknowledgements a second of so many callers, and the median and 99th percentile of their waits, milliseconds."""
    waits: list[float] = []
    template = an_answer()
    end = time.perf_counter() + seconds

    async def call() -> None:
        while (start := time.perf_counter()) < end:
            template.id = str(uuid.uuid4())
            await record(template.SerializeToString())
            waits.append((time.perf_counter() - start) * 1e3)

    start = time.perf_counter()
    await asyncio.gather(*[call() for _ in range(callers)])
    spent = time.perf_counter() - start
    centiles = statistics.quantiles(waits, n=100)
    return len(waits) / spent, centiles[49], centiles[98]


@asynccontextmanager
async def calling(process: asyncio.subprocess.Process, port: int) -> AsyncIterator[Record]:
    """Recording over gRPC, until the process is told to end."""
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await wait_until_it_serves(channel)
            yield lambda content: stub.Record(pb.RecordRequest(answer=content))
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def over_grpc(dsn: str, folder: Path) -> AsyncIterator[Record]:
    """The service as it runs: a process of its own, reached over gRPC."""
    port = free_port()
    process = await Killed(dsn, folder, checkpoint_records=1000).start(port)
    async with calling(process, port) as record:
        yield record


@asynccontextmanager
async def in_process(dsn: str, folder: Path) -> AsyncIterator[Record]:
    """The same without gRPC: seal, wait for the group commit, get the receipt."""
    keys = FolderKeys(folder / "keys")
    async with open_database(dsn, Limits()) as database, assembled(database, keys) as parts:
        await database.ready()
        yield lambda content: parts.vault.record(convert_answer.answer_from(content))


@asynccontextmanager
async def empty(*options: str) -> AsyncIterator[Record]:
    """A handler that does nothing, as a process of its own, reached over gRPC."""
    port, quiet = free_port(), asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.empty_log", str(port), *options, stdout=quiet, stderr=quiet
    )
    async with calling(process, port) as record:
        yield record


def delay(dsn: str, delay_ms: float) -> None:
    """Have PostgreSQL sleep before each flush of its log."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in (("commit_delay", round(delay_ms * 1000)), ("commit_siblings", 0)):
            connection.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
        connection.execute("SELECT pg_reload_conf()")


def commits(dsn: str) -> tuple[int, int]:
    """Records in the log, and the transactions that wrote them."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*), count(DISTINCT xmin::text) FROM records").fetchall()
    return int(found[0][0]), int(found[0][1])


async def measured(
    record: Record, place: tuple[str, Path] | None, way: str, callers: int, delay_ms: float, seconds: float
) -> Row:
    """One row; `place` is the database and a folder on its disk, None where nothing is kept."""
    print(f"{way}, {callers} callers, {delay_ms:g} ms", file=sys.stderr, flush=True)
    if place is None:
        return Row(way, callers, delay_ms, *await acknowledgements(record, callers, seconds), 0.0, None, None)
    dsn, folder = place
    probe = fdatasyncs_a_second(folder, seconds / 4)
    before = commits(dsn)
    acks, p50, p99 = await acknowledgements(record, callers, seconds)
    after = commits(dsn)
    disk = (probe + fdatasyncs_a_second(folder, seconds / 4)) / 2
    disk = 1 / (1 / disk + delay_ms / 1e3)
    shared = (after[0] - before[0]) / max(1, after[1] - before[1])
    return Row(way, callers, delay_ms, acks, p50, p99, disk, acks / disk, shared)


async def log_rows(way: Way, dsn: str, folder: Path, slower: list[float], seconds: float) -> list[Row]:
    """Each number of callers on the disk as it is, then the most callers on slower ones."""
    name, rows = way.__name__.replace("_", " "), []
    async with way(dsn, folder) as record:
        await acknowledgements(record, 4, 0.5)
        for delay_ms, callers in [*((0.0, callers) for callers in CALLERS), *((each, CALLERS[-1]) for each in slower)]:
            delay(dsn, delay_ms)
            rows.append(await measured(record, (dsn, folder), name, callers, delay_ms, seconds))
    delay(dsn, 0.0)
    return rows


async def ceilings(seconds: float) -> list[Row]:
    """What gRPC alone allows."""
    async with empty() as bare, empty("--served") as served:
        ways = (("grpc bare", bare), ("grpc served", served))
        for _, record in ways:
            await acknowledgements(record, 4, 0.5)
        return [
            await measured(record, None, name, callers, 0.0, seconds) for callers in CALLERS for name, record in ways
        ]


def proof_bytes(size: int) -> dict[str, int]:
    """The longest proofs in a log of `size`, bytes, and the rows that one reads."""
    ranges = tree.inclusion_ranges(size - 1 >> 1, size)
    consistency = tree.consistency_ranges(size * 7 // 9, size)
    rows = len({node.completed_by for node in tree.nodes_of(ranges)})
    return {"records": size, "inclusion": 32 * len(ranges), "consistency": 32 * len(consistency), "rows_read": rows}


def verdicts(rows: list[Row]) -> list[str]:
    """How the goal stands with the most callers, on the disk as it is and on slower ones; and what gRPC allows."""
    most = [row for row in rows if row.callers == CALLERS[-1]]
    said = [
        goal(
            f"acknowledgements to fdatasyncs, {row.way}, flush {row.delay_ms:g} ms slower",
            row.ratio,
            GOAL,
            at_least=True,
        )
        for row in most
        if row.ratio is not None
    ]
    return said + [
        f"{row.way}, doing nothing: {row.acks_per_s:.0f} calls a second" for row in most if row.ratio is None
    ]


def told(row: Row) -> str:
    """A line of the table."""
    disk = "" if row.ratio is None else f"{row.fdatasync_per_s:12.0f} {row.ratio:6.2f} {row.per_commit:14.1f}"
    times = f"{row.acks_per_s:7.0f} {row.p50_ms:7.2f} {row.p99_ms:7.2f}"
    return f"{row.way:11} {row.callers:7} {row.delay_ms:9g} {times} {disk}"


async def logs(slower: list[float], seconds: float) -> list[Row]:
    """What the log does, on the disk of the database, whichever that is."""
    with embedded_postgres() as server, tempfile.TemporaryDirectory(dir=server.data.parent) as name:
        return [
            row
            for way in (in_process, over_grpc)
            for row in await log_rows(way, server.new_database(), Path(name), slower, seconds)
        ]


async def main(seconds: float, slower: list[float], file: Path | None, *, only_ceilings: bool) -> None:
    """Measure, print, write."""
    rows = [] if only_ceilings else await logs(slower, seconds)
    rows += await ceilings(seconds)
    proofs = [proof_bytes(size) for size in (1_000, 1_000_000)]
    print("way         callers  delay ms  acks/s  p50 ms  p99 ms  fdatasync/s  ratio records/commit")
    for row in rows:
        print(told(row))
    print(*verdicts(rows), sep="\n")
    for proof in proofs:
        print(
            f"{proof['records']} records: inclusion {proof['inclusion']} B, consistency {proof['consistency']} B,"
            f" {proof['rows_read']} rows read"
        )
    if file is not None:
        found: dict[str, Any] = {
            "bench": "log",
            "command": command(),
            "rows": [asdict(row) for row in rows],
            "verdicts": verdicts(rows),
            "facts": {"proofs": proofs},
            "machine": machine(),
        }
        file.write_text(json.dumps(found, indent=1) + "\n")  # noqa: ASYNC240 - nothing else runs


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each row")
    parser.add_argument(
        "--slower", type=float, nargs="*", default=[1.0, 4.0], metavar="MS", help="delays of a flush to measure with"
    )
    parser.add_argument("--ceilings", action="store_true", help="only what gRPC allows, without a log")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured there")
    given = parser.parse_args()
    asyncio.run(main(given.seconds, given.slower, given.json, only_ceilings=given.ceilings))
