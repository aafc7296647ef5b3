"""The language model as an engine, with the rules to stand in where it fails.

What it writes is held to a schema, and checked again. A call is tried again while nothing has been said; what has been
said stands, and the rules say the rest.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import stamina

from services.common.plans import Engine
from services.llm.core import answers, prompting, schemas
from services.llm.core.remainder import remainder
from services.llm.core.splitting import ClaimSplitter
from services.llm.core.trouble import ModelTrouble, Trouble, worth_another_try
from services.llm.endpoint import Request
from services.llm.ports import Composed, Composer, Planned, Planner

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from services.common.claims import ClaimDraft
    from services.common.plans import Plan
    from services.llm.core.evidence import Material
    from services.llm.core.prompting import Messages
    from services.llm.endpoint import Abilities, Endpoint
    from services.llm.prompts import Prompts
    from services.llm.turns import Turns

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How much is tried before the rules stand in.

    Attributes:
        attempts: Tries of one call, at most.
        reserve_s: Kept of the caller's deadline for the rules, seconds.
        first_pause_s: Before the second try, about, seconds; doubled for each further one, with jitter.
        temperature: The endpoint's; without one, a bad answer is not asked for twice.
    """

    attempts: int = 3
    reserve_s: float = 0.25
    first_pause_s: float = 0.1
    temperature: float = 0.0


class StandIn(Planner, Composer, Protocol):
    """Does what the model does, without one."""


class ModelEngine:
    """The `Planner` and `Composer` ports on a language model.

    Args:
        endpoint: The model.
        turns: The queue before it.
        stand_in: Plans and writes claims in its place.
        prompts: What it is told.
        patience: How much is tried.
    """

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        turns: Turns,
        stand_in: StandIn,
        prompts: Prompts,
        patience: Patience,
    ) -> None:
        self._endpoint = endpoint
        self._turns = turns
        self._stand_in = stand_in
        self._prompts = prompts
        self._patience = patience

    # ---- Plan

    async def plan(self, question: str) -> Planned:
        """Plan by the model; by the rules where that fails."""
        try:
            return Planned(await self._plan(prompting.for_plan(self._prompts.plan, question)))
        except ModelTrouble as trouble:
            self._turns.failed("plan", trouble)
        planned = await self._stand_in.plan(question)
        return Planned(planned.plan, degraded=True)

    async def _plan(self, messages: Messages) -> Plan:
        async with self._turns.asking(reserve_s=self._patience.reserve_s) as (abilities, until):

            async def attempt(number: int) -> Plan:
                request = Request("plan", messages, schemas.PLAN, number)
                async with aclosing(self._endpoint.write(request, abilities, until=until)) as pieces:
                    text = "".join([piece async for piece in pieces])
                return _plan_from(text, _engine(abilities, messages))

            return await self._tried(attempt, until)

    # ---- Compose

    async def compose(self, material: Material) -> AsyncGenerator[Composed, None]:
        """Write claims by the model; the rules write what it left unsaid when it failed."""
        spoken: list[ClaimDraft] = []
        try:
            async with aclosing(self._composed(material)) as claims:
                async for composed in claims:
                    spoken.append(composed.draft)
                    yield composed
        except ModelTrouble as trouble:
            self._turns.failed("compose", trouble, spoken=len(spoken))
        else:
            return
        async for composed in self._rest(material, spoken):
            yield composed

    async def _composed(self, material: Material) -> AsyncGenerator[Composed, None]:
        what = schemas.allowed(material.plan, prompting.region_ids(material), tuple(material.evidence.values()))
        single, schema = schemas.claim(what), schemas.claims(what)
        if single is None or schema is None:
            return
        messages = prompting.for_claims(self._prompts.compose, material)
        reader = answers.ClaimReader(material.plan, single)
        async with self._turns.asking(reserve_s=self._patience.reserve_s) as (abilities, until):

            async def attempt(number: int) -> AsyncGenerator[ClaimDraft, None]:
                request = Request("compose", messages, schema, number)
                return await _begun(_claims(self._endpoint.write(request, abilities, until=until), reader))

            async with aclosing(await self._tried(attempt, until)) as drafts:
                async for draft in drafts:
                    yield Composed(draft, _engine(abilities, messages))

    async def _rest(self, material: Material, spoken: list[ClaimDraft]) -> AsyncIterator[Composed]:
        by_rules = [composed async for composed in self._stand_in.compose(material)]
        left = remainder(spoken, [composed.draft for composed in by_rules])
        for composed in by_rules:
            if composed.draft in left:
                yield Composed(composed.draft, composed.engine, degraded=True)

    # ---- Both

    async def _tried(self, attempt: Callable[[int], Awaitable[T]], until: float) -> T:
        """The outcome of the first try that succeeds, or the last one's trouble."""
        left = until - asyncio.get_running_loop().time()
        pause = self._patience.first_pause_s
        tries = stamina.retry_context(
            on=self._pause, attempts=self._patience.attempts, timeout=left, wait_initial=pause, wait_jitter=pause
        )
        async for each in tries:
            with each:
                return await attempt(each.num)
        raise ModelTrouble(Trouble.NO_TIME, "nothing was tried")

    def _pause(self, error: Exception) -> bool | float:
        """Whether to try again; as a number, after how many seconds."""
        if not isinstance(error, ModelTrouble):
            return False
        worth = worth_another_try(error.trouble, temperature=self._patience.temperature)
        return error.retry_after_s if worth and error.retry_after_s is not None else worth


def _engine(abilities: Abilities, messages: Messages) -> Engine:
    return Engine(abilities.model, abilities.version, messages.digest)


def _plan_from(text: str, engine: Engine) -> Plan:
    try:
        return answers.plan(json.loads(text), engine)
    except (json.JSONDecodeError, RecursionError, answers.OutsideSchema) as error:
        raise ModelTrouble(Trouble.UNFIT, "the answer is no plan") from error


async def _claims(pieces: AsyncGenerator[str, None], reader: answers.ClaimReader) -> AsyncGenerator[ClaimDraft, None]:
    """Each claim as soon as it closes, and none twice."""
    splitter = ClaimSplitter()
    spoken: list[ClaimDraft] = []
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                for draft in map(reader.read, splitter.feed(piece)):
                    if not answers.said_already(draft, spoken):
                        spoken.append(draft)
                        yield draft
        splitter.end()
    except answers.OutsideSchema as error:
        raise ModelTrouble(Trouble.UNFIT, str(error)) from error


async def _begun(drafts: AsyncGenerator[ClaimDraft, None]) -> AsyncGenerator[ClaimDraft, None]:
    """The same claims, once there is a first one: up to then, a call can be tried again.

    Raises:
        ModelTrouble: There is none.
    """
    first = await anext(drafts, None)
    if first is None:
        raise ModelTrouble(Trouble.EMPTY, "the answer has no claims")

    async def all_of_them() -> AsyncGenerator[ClaimDraft, None]:
        async with aclosing(drafts):
            yield first
            async for draft in drafts:
                yield draft

    return all_of_them()
