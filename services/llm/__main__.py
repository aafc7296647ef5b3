"""`python -m services.llm`: the process, wired."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from groundwire.v1.llm_service_pb2_grpc import add_LlmServiceServicer_to_server
from services.llm.rules import RulesEngine
from services.llm.servicer import LlmServicer
from services.llm.settings import LlmSettings
from services.runtime.server import Service, run
from services.runtime.settings import load_or_exit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.llm.ports import Composer, Judge, Planner, Readiness

NAME: Final = "groundwire.v1.LlmService"


def service(*, planner: Planner, composer: Composer, judge: Judge, readiness: Readiness) -> Service:
    """The service on the given parts."""
    servicer = LlmServicer(planner=planner, composer=composer, judge=judge)
    return Service(NAME, partial(add_LlmServiceServicer_to_server, servicer), readiness.ready)


async def main() -> AsyncIterator[Service]:
    """The service on the rules, until it ends."""
    rules = RulesEngine()
    yield service(planner=rules, composer=rules, judge=rules, readiness=rules)


if __name__ == "__main__":
    run(load_or_exit(LlmSettings), main)
