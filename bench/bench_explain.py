"""How long it takes to explain and to prove a claim in a log of many records, and how large proofs are.

    .venv/bin/python -m bench.bench_explain [--records 100000] [--calls 500]

Fills a PostgreSQL of its own with real answers, sealed and appended as the service does it but without a caller each,
signs the log, then starts the service as a process and asks it over gRPC for claims of answers drawn at random.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc
import psycopg

from groundwire.proofs.bundles import Bundle
from groundwire.proofs.claim_bundles import ClaimBundle
from groundwire.proofs.notes import PublicKey
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance import convert_answer
from services.provenance.key_folder import FolderKeys
from services.provenance.notary import Notary
from services.provenance.postgres import Limits, open_database
from services.provenance.sealing import Sealer
from services.provenance.signing import load_or_create
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed, free_port, wait_until_it_serves

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

BATCH: Final = 500
REGIONS: Final = 60
"""Regions of the answer whose proofs are weighed."""


async def fill(dsn: str, folder: Path, count: int) -> list[str]:
    """Append so many answers and sign the log; their ids."""
    ids: list[str] = []
    sealer = Sealer(FolderKeys(folder / "keys"))
    async with open_database(dsn, Limits(statement_s=600)) as database:
        await database.ready()
        while len(ids) < count:
            answers = [_answer(len(ids) + i) for i in range(min(BATCH, count - len(ids)))]
            await database.append([await sealer.seal(convert_answer.answer_from(content)) for _, content in answers])
            ids += [answer_id for answer_id, _ in answers]
        notary = Notary(database, load_or_create(folder / "key.pem", "groundwire.local/log"), None, every=1000)
        await notary.sign()
    return ids


def _answer(number: int) -> tuple[str, bytes]:
    answer = an_answer(f"question {number}")
    if number == 0:
        for i in range(REGIONS):
            region = answer.regions.add()
            region.CopyFrom(answer.regions[i % 3])
            region.id = f"more{i}"
    return answer.id, answer.SerializeToString()


async def timed(ids: Sequence[str], call: Callable[[str], Awaitable[object]]) -> dict[str, float]:
    """One call after the other; how long they took, milliseconds."""
    waits = []
    for answer_id in ids:
        start = time.perf_counter()
        await call(answer_id)
        waits.append((time.perf_counter() - start) * 1e3)
    centiles = statistics.quantiles(waits, n=100)
    return {"p50_ms": centiles[49], "p99_ms": centiles[98]}


async def measure(stub: Stub, ids: Sequence[str], calls: int) -> dict[str, dict[str, float]]:
    """Explaining, proving, listing and searching, each on answers of its own draw."""
    draw = random.Random(7)  # noqa: S311 - the same answers in every run
    drawn = {name: [draw.choice(ids) for _ in range(calls)] for name in ("warm", "explain", "prove", "list", "search")}
    pages = [pb.ListAnswersRequest(), pb.ListAnswersRequest(filter=pb.AnswerFilter(text="no such text"))]
    methods: dict[str, Callable[[str], Awaitable[object]]] = {
        "warm": lambda answer_id: stub.GetAnswer(pb.GetAnswerRequest(answer_id=answer_id)),
        "explain": lambda answer_id: stub.ExplainClaim(pb.ExplainClaimRequest(answer_id=answer_id, claim_id="c1")),
        "prove": lambda answer_id: stub.GetInclusionProof(pb.GetInclusionProofRequest(answer_id=answer_id)),
        "list": lambda _: stub.ListAnswers(pages[0]),
        "search": lambda _: stub.ListAnswers(pages[1]),
    }
    drawn["search"] = drawn["search"][: max(2, calls // 20)]
    return {name: await timed(drawn[name], method) for name, method in methods.items()}


async def weigh(stub: Stub, answer_id: str, key: PublicKey) -> dict[str, Any]:
    """How many bytes prove an answer with many regions, and one claim of it; both must hold."""
    proof = await stub.GetInclusionProof(pb.GetInclusionProofRequest(answer_id=answer_id))
    whole, claim = Bundle.of(proof), ClaimBundle.of(proof, "c1")
    findings = [bundle.verify(key) for bundle in (whole, claim)]
    if not all(finding.holds for finding in findings):
        raise SystemExit(f"a proof does not hold: {findings}")
    return {
        "regions": len(proof.opening.content) and REGIONS + 3,
        "record_bytes": len(proof.record),
        "inclusion_bytes": 32 * len(proof.hashes),
        "answer_bundle_bytes": len(whole.text),
        "claim_bundle_bytes": len(claim.text),
    }


async def main(count: int, calls: int) -> None:
    """Fill, measure, print."""
    with embedded_postgres() as server, tempfile.TemporaryDirectory(dir=server.data.parent) as name:
        folder, dsn, port = Path(name), server.new_database(), free_port()
        start = time.perf_counter()
        ids = await fill(dsn, folder, count)
        filled_s = time.perf_counter() - start
        with psycopg.connect(dsn) as connection:
            connection.execute("ANALYZE")
            size = connection.execute("SELECT pg_database_size(current_database())").fetchall()[0][0]
        process = await Killed(dsn, folder, checkpoint_records=count).start(port)
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
                await wait_until_it_serves(channel)
                times = await measure(stub, ids, calls)
                weights = await weigh(stub, ids[0], PublicKey.parse((folder / "key.pub").read_text()))
        finally:
            process.terminate()
            await process.wait()
    print(f"{count} records in {filled_s:.0f} s, {size / count:.0f} B each in PostgreSQL")
    for what, row in times.items():
        print(f"{what:8} p50 {row['p50_ms']:7.2f} ms  p99 {row['p99_ms']:7.2f} ms")
    print(", ".join(f"{what} {value}" for what, value in weights.items()))
    print(json.dumps({"records": count, "filled_s": filled_s, "bytes_each": size / count, **times, **weights}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="records in the log")
    parser.add_argument("--calls", type=int, default=500, help="calls of each kind")
    given = parser.parse_args()
    asyncio.run(main(given.records, given.calls))
