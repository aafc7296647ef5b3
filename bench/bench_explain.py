"""How long it takes to explain, to prove, to list and to search in a log of many records, and how large proofs are.

    .venv/bin/python -m bench.bench_explain [--records 1000 10000 100000 1000000] [--calls 500] [--json FILE]

Fills a PostgreSQL of its own with real answers, each another and each under a key of its own, sealed and appended by
the service's own code, in batches and without a caller each; signs the log; then starts the service as a process and
asks it over gRPC about answers drawn at random. The log grows from each size to the next. A million records take about
five minutes on two quiet cores, and 4 GB of disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc
import psycopg

from bench import many_answers
from bench.measuring import command, machine
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.claim_bundles import ClaimBundle
from groundwire.proofs.notes import PublicKey
from groundwire.v1 import claim_pb2, provenance_service_pb2_grpc
from groundwire.v1 import provenance_service_pb2 as pb
from services.provenance.notary import Notary
from services.provenance.postgres import Limits, open_database
from services.provenance.signing import load_or_create
from tests.fakes.ports import free_port
from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed, wait_until_it_serves

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
TOLD_EVERY: Final = 50_000


async def fill(dsn: str, folder: Path, start: int, end: int) -> float:
    """Append the answers [start, end) and sign the log; how long the former took, seconds."""
    began = time.perf_counter()
    async with open_database(dsn, Limits(statement_s=600)) as database:
        await database.ready()
        done = start
        async for batch in many_answers.sealed(folder / "keys", start, end):
            await database.append(batch)
            done += len(batch)
            if done % TOLD_EVERY == 0 or done == end:
                tell(f"{done} records, {(done - start) / (time.perf_counter() - began):.0f} a second")
        spent = time.perf_counter() - began
        signer = load_or_create(folder / "key.pem", "groundwire.local/log")
        await Notary(database, signer, None, every=1000).sign()
    tell(f"signed after {time.perf_counter() - began - spent:.0f} s more")
    return spent


def tell(line: str) -> None:
    """Say how far it is, beside the results."""
    print(line, file=sys.stderr, flush=True)


async def timed(calls: int, call: Callable[[int], Awaitable[object]], size: int) -> dict[str, float]:
    """One call after the other, about answers drawn at random; how long they took, milliseconds."""
    draw = random.Random(7)  # noqa: S311 - the same answers in every run
    waits = []
    for number in [draw.randrange(size) for _ in range(calls)]:
        start = time.perf_counter()
        await call(number)
        waits.append((time.perf_counter() - start) * 1e3)
    centiles = statistics.quantiles(waits, n=100)
    return {"p50_ms": centiles[49], "p99_ms": centiles[98]}


def about_one(stub: Stub) -> dict[str, Callable[[int], Awaitable[object]]]:
    """Calls about one answer, by its number."""
    one = many_answers.id_of
    return {
        "get": lambda number: stub.GetAnswer(pb.GetAnswerRequest(answer_id=one(number))),
        "explain": lambda number: stub.ExplainClaim(pb.ExplainClaimRequest(answer_id=one(number), claim_id="c1")),
        "prove": lambda number: stub.GetInclusionProof(pb.GetInclusionProofRequest(answer_id=one(number))),
    }


def filters(size: int) -> dict[str, pb.AnswerFilter]:
    """What lists are asked for. `rare` and `old` are the worst: few agree, and they lie far back."""
    old = pb.AnswerFilter()
    old.until.FromDatetime(many_answers.time_of(many_answers.OLD))
    slow = pb.AnswerFilter()
    slow.min_latency.FromSeconds(30)
    degradations = [many_answers.numbered(17).degradations[0]]
    return {
        "newest": pb.AnswerFilter(),
        "common verdict": pb.AnswerFilter(verdicts=[claim_pb2.VERDICT_SUPPORTED]),
        "rare verdict": pb.AnswerFilter(verdicts=[claim_pb2.VERDICT_CONTRADICTED]),
        "rare degradation": pb.AnswerFilter(degradations=degradations),
        "old model": pb.AnswerFilter(model="read_text@1"),
        "old time": old,
        "slow": slow,
        "wrong": pb.AnswerFilter(review_state=pb.REVIEW_STATE_WRONG),
        "image": pb.AnswerFilter(image_digest=many_answers.image_of(size // 2)),
        "text": pb.AnswerFilter(text="no such text"),
    }


async def measure(stub: Stub, size: int, calls: int) -> dict[str, dict[str, float]]:
    """Explaining, proving, listing and searching."""
    await timed(50, about_one(stub)["get"], size)
    found = {name: await timed(calls, call, size) for name, call in about_one(stub).items()}
    for name, wanted in filters(size).items():
        request = pb.ListAnswersRequest(filter=wanted)
        found[f"list {name}"] = await timed(max(2, calls // 25), partial(_listed, stub, request), size)
    return found


def _listed(stub: Stub, request: pb.ListAnswersRequest, _index: int) -> Awaitable[object]:
    return stub.ListAnswers(request)


async def weigh(stub: Stub, key: PublicKey) -> dict[str, Any]:
    """How many bytes prove an answer with many regions, and one claim of it; both must hold."""
    proof = await stub.GetInclusionProof(pb.GetInclusionProofRequest(answer_id=many_answers.id_of(0)))
    whole, claim = Bundle.of(proof), ClaimBundle.of(proof, "c1")
    findings = [bundle.verify(key) for bundle in (whole, claim)]
    if not all(finding.holds for finding in findings):
        raise SystemExit(f"a proof does not hold: {findings}")
    return {
        "regions": many_answers.REGIONS + 3,
        "record_bytes": len(proof.record),
        "inclusion_bytes": 32 * len(proof.hashes),
        "answer_bundle_bytes": len(whole.text),
        "claim_bundle_bytes": len(claim.text),
    }


async def asked(dsn: str, folder: Path, size: int, calls: int) -> dict[str, Any]:
    """Start the service on a log of that size, and ask it."""
    port = free_port()
    process = await Killed(dsn, folder, checkpoint_records=size).start(port)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await wait_until_it_serves(channel)
            times = await measure(stub, size, calls)
            return {"times": times, **await weigh(stub, PublicKey.parse((folder / "key.pub").read_text()))}
    finally:
        process.terminate()
        await process.wait()


def prepared(dsn: str) -> int:
    """Statistics as autovacuum would have made them by now; the database's size, bytes."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        return int(connection.execute("SELECT pg_database_size(current_database())").fetchall()[0][0])


async def main(sizes: list[int], calls: int) -> list[dict[str, Any]]:
    """Fill, measure, fill further."""
    rows: list[dict[str, Any]] = []
    with embedded_postgres() as server, tempfile.TemporaryDirectory(dir=server.data.parent) as name:
        folder, dsn, start = Path(name), server.new_database(), 0
        for size in sorted(sizes):
            filled_s = await fill(dsn, folder, start, size)
            row = {"records": size, "filled_s": filled_s, "bytes_each": prepared(dsn) / size}
            rows.append(row | await asked(dsn, folder, size, calls))
            tell(json.dumps(rows[-1]))
            start = size
    return rows


def table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Columns, one for each size, and lines: times as "p50 / p99" in milliseconds, then what else was measured."""
    columns = ["p50 / p99, ms", *(f"{row['records']:,} records" for row in rows)]
    lines = []
    for what in rows[0]["times"]:
        cells = [row["times"][what] for row in rows]
        lines.append([what, *(f"{cell['p50_ms']:.2f} / {cell['p99_ms']:.2f}" for cell in cells)])
    rest = [key for key in rows[0] if key not in ("records", "times")]
    return columns, [*lines, *([what, *(f"{row[what]:,.0f}" for row in rows)] for what in rest)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=list(SIZES), help="sizes of the log, one by one")
    parser.add_argument("--calls", type=int, default=500, help="calls of each kind about one answer")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured there")
    given = parser.parse_args()
    found = asyncio.run(main(given.records, given.calls))
    columns, lines = table(found)
    for line in (columns, *lines):
        print(line[0].ljust(24) + "".join(cell.rjust(22) for cell in line[1:]))
    if given.json is not None:
        body = {"bench": "explain", "command": command(), "columns": columns, "rows": lines, "facts": found}
        given.json.write_text(json.dumps({**body, "machine": machine()}, indent=1) + "\n")
