"""Durable acknowledgements a second, beside what the disk can do, in one run; and how large proofs are.

    .venv/bin/python -m bench.bench_log [--seconds 3]

Records answers on a PostgreSQL of its own with 1, 16 and 64 callers, each waiting for its receipt: in one process, and
over gRPC with the service as a process of its own. Before and after each of them, the same disk is asked for as many
writes of one page, each followed by fdatasync, as it makes: what a log without group commit could not pass.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from groundwire.proofs import tree
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance import convert_answer
from services.provenance.key_folder import FolderKeys
from services.provenance.postgres import Limits, open_database
from tests.fakes.provenance import assembled
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed, free_port, wait_until_it_serves

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    Record = Callable[[bytes], Awaitable[object]]
    Way = Callable[[str, Path], AbstractAsyncContextManager[Record]]

CALLERS = (1, 16, 64)
PAGE = bytes(8192)


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


async def acknowledgements(record: Record, callers: int, seconds: float) -> dict[str, float]:
    """Acknowledgements a second of so many callers, and how long each of them waited, milliseconds."""
    waits: list[float] = []
    end = time.perf_counter() + seconds

    async def call() -> None:
        while (start := time.perf_counter()) < end:
            await record(an_answer().SerializeToString())
            waits.append((time.perf_counter() - start) * 1e3)

    start = time.perf_counter()
    await asyncio.gather(*[call() for _ in range(callers)])
    spent = time.perf_counter() - start
    centiles = statistics.quantiles(waits, n=100)
    return {"acks_per_s": len(waits) / spent, "p50_ms": centiles[49], "p99_ms": centiles[98]}


@asynccontextmanager
async def over_grpc(dsn: str, folder: Path) -> AsyncIterator[Record]:
    """The service as it runs: a process of its own, reached over gRPC."""
    killed, port = Killed(dsn, folder, checkpoint_records=1000), free_port()
    process = await killed.start(port)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await wait_until_it_serves(channel)
            yield lambda content: stub.Record(pb.RecordRequest(answer=content))
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def in_process(dsn: str, folder: Path) -> AsyncIterator[Record]:
    """The same without gRPC: seal, wait for the group commit, get the receipt."""
    keys = FolderKeys(folder / "keys")
    async with open_database(dsn, Limits()) as database, assembled(database, keys) as parts:
        await database.ready()
        yield lambda content: parts.vault.record(convert_answer.answer_from(content))


async def measure(way: Way, dsn: str, folder: Path, seconds: float) -> list[dict[str, Any]]:
    """One row for each number of callers."""
    rows = []
    async with way(dsn, folder) as record:
        await acknowledgements(record, 4, 0.5)
        for callers in CALLERS:
            before = fdatasyncs_a_second(folder, seconds / 4)
            row = await acknowledgements(record, callers, seconds)
            disk = (before + fdatasyncs_a_second(folder, seconds / 4)) / 2
            ratio = row["acks_per_s"] / disk
            rows.append({"way": way.__name__, "callers": callers, **row, "fdatasync_per_s": disk, "ratio": ratio})
    return rows


def proof_bytes(size: int) -> dict[str, int]:
    """The longest proofs in a log of `size`, bytes, and the rows that one reads."""
    ranges = tree.inclusion_ranges(size - 1 >> 1, size)
    consistency = tree.consistency_ranges(size * 7 // 9, size)
    rows = len({node.completed_by for node in tree.nodes_of(ranges)})
    return {"records": size, "inclusion": 32 * len(ranges), "consistency": 32 * len(consistency), "rows_read": rows}


async def main(seconds: float) -> None:
    """Measure and print."""
    # On the disk of the database, whichever that is.
    with embedded_postgres() as server, tempfile.TemporaryDirectory(dir=server.data.parent) as folder:
        rows = [
            row
            for way in (in_process, over_grpc)
            for row in await measure(way, server.new_database(), Path(folder), seconds)
        ]
    print("way         callers  acks/s  p50 ms  p99 ms  fdatasync/s  ratio")
    for row in rows:
        print(
            f"{row['way']:10} {row['callers']:8.0f} {row['acks_per_s']:7.0f} {row['p50_ms']:7.2f} {row['p99_ms']:7.2f}"
            f" {row['fdatasync_per_s']:12.0f} {row['ratio']:6.2f}"
        )
    proofs = [proof_bytes(size) for size in (1_000, 1_000_000)]
    for proof in proofs:
        print(
            f"{proof['records']} records: inclusion {proof['inclusion']} B, consistency {proof['consistency']} B,"
            f" {proof['rows_read']} rows read"
        )
    print(json.dumps({"acknowledgements": rows, "proofs": proofs}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each number of callers")
    asyncio.run(main(parser.parse_args().seconds))
