"""One tenant's flood beside another's questions: what the polite one feels of it.

    .venv/bin/python -m bench.bench_flood [--calls 60] [--flood 96] [--seconds 240] [--json FILE]

Tenant *polite* asks a third of what the mesh can do, each question about a picture that was never seen; first alone,
then while tenant *flood* keeps so many questions on their way, every second one casual, and comes back as soon as it is
refused or answered. Fusion lets 32 calls wait here, so that more than it takes arrive.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from bench.fresh import Fresh, fresh_pictures
from bench.measuring import goal, percentile, write_rows
from bench.meshes import a_mesh, end_cleanly
from groundwire.cli.example import QUESTION
from groundwire.v1 import answer_pb2, grounding_service_pb2, grounding_service_pb2_grpc, image_pb2
from services.common.errors import Overloaded
from services.fusion.settings import FusionSettings
from services.runtime.status import from_rpc_error
from services.runtime.tenant import METADATA

if TYPE_CHECKING:
    from groundwire.mesh.local import Mesh

ENVIRON = {
    "GROUNDWIRE_FUSION_MAX_CALLS_WAITING": "32",
    "GROUNDWIRE_FUSION_MAX_CALLS_IN_FLIGHT": str(FusionSettings.model_fields["max_calls_in_flight"].default),
}
"""As many questions at once as the mesh comes with: other benches let all of their callers in."""
CALL_S = 30.0
OWN = (("grpc.use_local_subchannel_pool", 1),)
"""A connection that is not shared with the polite tenant."""
PAUSE_S = 0.5
"""After a refusal of the flood: it does not wait as it is told."""
POLITE = 2.0
"""How much longer the polite tenant pauses than an answer took alone: it asks for a third of what the mesh can do."""
SETTLE_S = 10.0
"""How long the flood runs before the polite tenant asks."""
GOAL = 2.0


@dataclass
class Tenant:
    """What one tenant saw.

    Attributes:
        name: Its own.
        took_s: Of each answer.
        with_claims: Answers that say something.
        refused: Refusals by reason and stakes.
        told_when: Refusals that said when to come back.
    """

    name: str
    took_s: list[float] = field(default_factory=list)
    with_claims: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    told_when: int = 0

    async def ask(self, channel: grpc.aio.Channel, picture: bytes, stakes: answer_pb2.Stakes.ValueType) -> bool:
        """One question; whether it was answered."""
        image = image_pb2.ImageInput(content=picture)
        request = grounding_service_pb2.AskRequest(image=image, question=QUESTION, stakes=stakes)
        stub = grounding_service_pb2_grpc.GroundingServiceStub(channel)
        began = time.monotonic()
        try:
            response = await stub.Ask(request, timeout=CALL_S, metadata=((METADATA, self.name),))
        except grpc.aio.AioRpcError as error:
            told = from_rpc_error(error, part="fusion")
            self.refused[f"{told.reason}, {answer_pb2.Stakes.Name(stakes).removeprefix('STAKES_').lower()}"] += 1
            self.told_when += isinstance(told, Overloaded)
            return False
        self.took_s.append(time.monotonic() - began)
        self.with_claims += bool(response.answer.claims)
        return True

    def row(self, when: str) -> dict[str, Any]:
        """For the file."""
        return {
            "tenant": self.name,
            "when": when,
            "answered": len(self.took_s),
            "with_claims": self.with_claims,
            "p50_s": percentile(self.took_s, 50),
            "p99_s": percentile(self.took_s, 99),
            "refused": dict(self.refused),
            "refusals_with_retry_info": self.told_when,
        }


async def politely(
    channel: grpc.aio.Channel, pictures: Fresh, calls: int, seconds: float, pause_s: float, when: str
) -> Tenant:
    """One question after the other, until there were enough or the time is over."""
    tenant, began = Tenant("polite"), time.monotonic()
    for _ in range(calls):
        if time.monotonic() - began > seconds:
            break
        await tenant.ask(channel, await asyncio.to_thread(pictures.take), answer_pb2.STAKES_STANDARD)
        print(f"{when}: {len(tenant.took_s)} answered, the last in {(tenant.took_s or [0.0])[-1]:.2f} s", flush=True)
        await asyncio.sleep(pause_s)
    return tenant


async def flood(channel: grpc.aio.Channel, pictures: Fresh, tenant: Tenant, number: int) -> None:
    """Ask for ever, and again of the same picture where it was refused: to make another takes longer than to refuse."""
    stakes = answer_pb2.STAKES_CASUAL if number % 2 else answer_pb2.STAKES_STANDARD
    picture = await asyncio.to_thread(pictures.take)
    while True:
        if await tenant.ask(channel, picture, stakes):
            picture = await asyncio.to_thread(pictures.take)
        else:
            await asyncio.sleep(PAUSE_S)


async def measured(mesh: Mesh, calls: int, at_once: int, seconds: float) -> list[dict[str, Any]]:
    """Alone, then beside the flood."""
    with fresh_pictures() as pictures:
        at = mesh.addresses["fusion"]
        async with grpc.aio.insecure_channel(at) as polite, grpc.aio.insecure_channel(at, options=OWN) as rude:
            warm = await politely(polite, pictures, 3, seconds, 0.0, "warming up")
            pause_s = POLITE * percentile(warm.took_s[1:], 50)
            alone = await politely(polite, pictures, calls, seconds, pause_s, "alone")
            flooding = Tenant("flood")
            tasks = [asyncio.create_task(flood(rude, pictures, flooding, number)) for number in range(at_once)]
            await asyncio.sleep(SETTLE_S)
            beside = await politely(polite, pictures, calls, seconds, pause_s, "beside the flood")
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
    return [alone.row("alone"), beside.row("beside the flood"), flooding.row("flooding")]


def main() -> None:
    """Start a mesh, flood it, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=60, help="Questions of the polite tenant, each time.")
    parser.add_argument("--flood", type=int, default=96, help="Questions that the other keeps on their way.")
    parser.add_argument("--seconds", type=float, default=240.0, help="The most that each of the two parts takes.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    end_cleanly()
    with a_mesh(ENVIRON) as mesh:
        rows = asyncio.run(measured(mesh, options.calls, options.flood, options.seconds))
    for each in rows:
        print({name: round(value, 3) if isinstance(value, float) else value for name, value in each.items()})
    alone, beside, _ = rows
    verdict = goal("p99 beside the flood against alone", beside["p99_s"] / alone["p99_s"], GOAL, at_least=False)
    print(verdict)
    if options.json:
        write_rows(options.json, "flood", rows, verdicts=[verdict])


if __name__ == "__main__":
    main()
