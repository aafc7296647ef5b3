"""`python -m services.llm`: the process, wired."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from groundwire.v1.llm_service_pb2_grpc import add_LlmServiceServicer_to_server
from services.llm import prompts
from services.llm.admission import Admission
from services.llm.endpoint import Sampling
from services.llm.model_engine import ModelEngine, Patience
from services.llm.model_judge import ModelJudge
from services.llm.openai import OpenAiEndpoint, Pace
from services.llm.perception import GrpcCrops
from services.llm.rules import RulesEngine
from services.llm.servicer import LlmServicer
from services.llm.settings import LlmSettings
from services.llm.turns import Turns
from services.llm.watch import Watch
from services.runtime.channels import open_channel
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


@asynccontextmanager
async def parts_on(settings: LlmSettings) -> AsyncIterator[Service]:
    """The service on what the settings name: a language model with the rules behind it, or the rules."""
    rules = RulesEngine()
    if not settings.endpoint:
        yield service(planner=rules, composer=rules, judge=rules, readiness=rules)
        return
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(aclosing(_endpoint(settings)))
        watch = Watch(endpoint, hold_off_s=settings.probe_hold_off_s)
        await stack.enter_async_context(_looking(watch))
        admission = Admission(at_once=settings.calls_at_once, waiting=settings.calls_waiting)
        turns = Turns(admission=admission, watch=watch, answer_s=settings.answer_timeout_s)
        engine = _engine(settings, endpoint, turns, rules)
        judge: Judge = rules
        if settings.perception_address:
            channel = open_channel(
                settings.perception_address,
                max_message_bytes=settings.max_message_bytes,
                certificates=settings.certificates,
            )
            crops = GrpcCrops(await stack.enter_async_context(channel))
            prompt = prompts.load().judge
            judge = ModelJudge(endpoint=endpoint, turns=turns, crops=crops, prompt=prompt, marks=settings.judge_marks)
        readiness: Readiness = watch if settings.require_endpoint else rules
        yield service(planner=engine, composer=engine, judge=judge, readiness=readiness)


@asynccontextmanager
async def _looking(watch: Watch) -> AsyncIterator[None]:
    """Looks for the endpoint meanwhile."""
    looking = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _endpoint(settings: LlmSettings) -> OpenAiEndpoint:
    return OpenAiEndpoint(
        settings.endpoint,
        model=settings.model,
        api_key=settings.api_key.get_secret_value(),
        max_tokens=settings.max_output_tokens,
        pace=Pace(
            connect_s=settings.connect_timeout_s,
            first_token_s=settings.first_token_timeout_s,
            next_token_s=settings.token_timeout_s,
            probe_s=settings.probe_timeout_s,
        ),
        # One more than there are turns, for probes.
        connections=settings.calls_at_once + 1,
        traces_content=settings.trace_content,
    )


def _engine(settings: LlmSettings, endpoint: OpenAiEndpoint, turns: Turns, rules: RulesEngine) -> ModelEngine:
    patience = Patience(
        attempts=settings.attempts,
        reserve_s=settings.stand_in_reserve_s,
        first_pause_s=settings.first_pause_s,
    )
    return ModelEngine(
        endpoint=endpoint,
        turns=turns,
        stand_in=rules,
        prompts=prompts.load(),
        patience=patience,
        sampling=Sampling(settings.temperature, settings.seed),
    )


async def main(settings: LlmSettings) -> AsyncIterator[Service]:
    """The service, until it ends."""
    async with parts_on(settings) as parts:
        yield parts


if __name__ == "__main__":
    given = load_or_exit(LlmSettings)
    run(given, partial(main, given))
