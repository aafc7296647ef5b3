"""The log's part of bench_growth.py: what recording, explaining, proving, listing and searching take as it grows."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc

from bench import bench_explain, many_answers
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from tests.fakes.ports import free_port
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import embedded_postgres
from tests.mesh.killed_provenance import Killed, wait_until_it_serves

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

LEAST: Final = 1000
CALLS: Final = 40


async def measured(most: int) -> Mapping[tuple[str, float], Sequence[float]]:
    """Seconds of each call, by method and number of records: 1,000, and ten times that as long as it fits."""
    seconds: dict[tuple[str, float], Sequence[float]] = {}
    with embedded_postgres() as server, tempfile.TemporaryDirectory(dir=server.data.parent) as name:
        folder, dsn, filled, size = Path(name), server.new_database(), 0, LEAST
        while size <= most:
            await bench_explain.fill(dsn, folder, filled, size)
            bench_explain.prepared(dsn)
            for method, each in (await _served(dsn, folder, size)).items():
                seconds[f"records: {method}", float(size)] = each
            filled, size = size, 10 * size
    return seconds


async def _served(dsn: str, folder: Path, size: int) -> dict[str, list[float]]:
    """The service as a process of its own, asked one call after the other; what it records stays in the log."""
    port = free_port()
    process = await Killed(dsn, folder, checkpoint_records=size).start(port)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await wait_until_it_serves(channel)
            return {name: await _timed(call) for name, call in _methods(stub, size).items()}
    finally:
        process.terminate()
        await process.wait()


def _methods(stub: Stub, size: int) -> dict[str, Callable[[int], Awaitable[object]]]:
    """A call of each kind, on answers spread over the log."""
    spread = [many_answers.id_of(number * size // (CALLS + 1)) for number in range(CALLS + 1)]
    nothing = pb.ListAnswersRequest(filter=pb.AnswerFilter(text="no such text"))
    return {
        "record": lambda _: stub.Record(pb.RecordRequest(answer=an_answer().SerializeToString())),
        "explain": lambda n: stub.ExplainClaim(pb.ExplainClaimRequest(answer_id=spread[n], claim_id="c1")),
        "prove": lambda n: stub.GetInclusionProof(pb.GetInclusionProofRequest(answer_id=spread[n])),
        "list": lambda _: stub.ListAnswers(pb.ListAnswersRequest()),
        "search": lambda _: stub.ListAnswers(nothing),
    }


async def _timed(call: Callable[[int], Awaitable[object]]) -> list[float]:
    """How long each call took; the first, which finds nothing warm, does not count."""
    taken = []
    for number in range(CALLS + 1):
        began = time.perf_counter()
        await call(number)
        taken.append(time.perf_counter() - began)
    return taken[1:]
