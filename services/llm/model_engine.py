"""The language model as an engine, with the rules to stand in where it fails.

What it writes is held to a schema, and checked again. A call is tried again while nothing has been said; what has been
said stands, and the rules say the rest.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

import stamina

from services.common.plans import Engine
from services.llm.core import answers, claim_schema, offers, plan_schema, prompting
from services.llm.core.pointing import antecedents, last_understood
from services.llm.core.remainder import remainder
from services.llm.core.splitting import ClaimSplitter
from services.llm.core.trouble import ModelTrouble, Trouble, worth_another_try
from services.llm.endpoint import Request
from services.llm.ports import Composed, Composer, Planned, Planner

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from services.common.claims import ClaimDraft
    from services.common.plans import Plan
    from services.llm.core.conversation import Conversation
    from services.llm.core.evidence import Material
    from services.llm.endpoint import Abilities, Endpoint, Sampling
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
    """

    attempts: int = 3
    reserve_s: float = 0.25
    first_pause_s: float = 0.1


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
        sampling: How its tokens are chosen; without a temperature, a bad answer is not asked for twice.
    """

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        turns: Turns,
        stand_in: StandIn,
        prompts: Prompts,
        patience: Patience,
        sampling: Sampling,
    ) -> None:
        self._endpoint = endpoint
        self._turns = turns
        self._stand_in = stand_in
        self._prompts = prompts
        self._patience = patience
        self._sampling = sampling

    # ---- Plan

    async def plan(self, question: str, conversation: Conversation = ()) -> Planned:
        """Plan by the model; by the rules where that fails."""
        try:
            return Planned(await self._plan(question, conversation))
        except ModelTrouble as caught:
            trouble = caught
        self._turns.failed("plan", trouble)
        planned = await self._stand_in.plan(question, conversation)
        engine = replace(planned.plan.engine, trouble=trouble.trouble.value)
        return Planned(replace(planned.plan, engine=engine), degraded=True)

    async def _plan(self, question: str, conversation: Conversation) -> Plan:
        messages = prompting.for_plan(self._prompts.plan, question, conversation)
        before = last_understood(conversation)
        schema = plan_schema.plan(len(antecedents(before)) if before is not None else 0)
        async with self._turns.asking(reserve_s=self._patience.reserve_s) as (abilities, until):

            async def attempt(number: int) -> Plan:
                request = Request("plan", messages, schema, self._sampling.attempt(number), number)
                async with aclosing(self._endpoint.write(request, abilities, until=until)) as pieces:
                    text = "".join([piece async for piece in pieces])
                return _plan_from(text, _engine(abilities, request), conversation)

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
        except ModelTrouble as caught:
            trouble = caught
        else:
            return
        self._turns.failed("compose", trouble, spoken=len(spoken))
        async for composed in self._rest(material, spoken):
            yield replace(composed, engine=replace(composed.engine, trouble=trouble.trouble.value), degraded=True)

    async def _composed(self, material: Material) -> AsyncGenerator[Composed, None]:
        offer = offers.offer(material)
        what = claim_schema.allowed(material, offer)
        single, schema = claim_schema.claim(what), claim_schema.claims(what)
        if single is None or schema is None:
            return
        messages = prompting.for_claims(self._prompts.compose, material, offer)
        reader = answers.ClaimReader(material, offer, single)
        async with self._turns.asking(reserve_s=self._patience.reserve_s) as (abilities, until):

            async def attempt(number: int) -> AsyncGenerator[Composed, None]:
                request = Request("compose", messages, schema, self._sampling.attempt(number), number)
                drafts = _claims(self._endpoint.write(request, abilities, until=until), reader)
                return await _begun(drafts, _engine(abilities, request))

            async with aclosing(await self._tried(attempt, until)) as claims:
                async for composed in claims:
                    yield composed

    async def _rest(self, material: Material, spoken: list[ClaimDraft]) -> AsyncIterator[Composed]:
        by_rules = [composed async for composed in self._stand_in.compose(material)]
        left = remainder(spoken, [composed.draft for composed in by_rules])
        for composed in by_rules:
            if composed.draft in left:
                yield composed

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
        worth = worth_another_try(error.trouble, temperature=self._sampling.temperature)
        return error.retry_after_s if worth and error.retry_after_s is not None else worth


def _engine(abilities: Abilities, request: Request) -> Engine:
    """Who wrote, and how to have it written again."""
    return Engine(
        abilities.model,
        abilities.version,
        request.messages.digest,
        temperature=request.sampling.temperature,
        seed=request.sampling.seed if abilities.seeds else None,
    )


def _plan_from(text: str, engine: Engine, conversation: Conversation) -> Plan:
    try:
        return answers.plan(json.loads(text), engine, conversation)
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


async def _begun(drafts: AsyncGenerator[ClaimDraft, None], engine: Engine) -> AsyncGenerator[Composed, None]:
    """The same claims and who wrote them, once there is a first one: up to then, a call can be tried again.

    Raises:
        ModelTrouble: There is none.
    """
    first = await anext(drafts, None)
    if first is None:
        raise ModelTrouble(Trouble.EMPTY, "the answer has no claims")

    async def all_of_them() -> AsyncGenerator[Composed, None]:
        async with aclosing(drafts):
            yield Composed(first, engine)
            async for draft in drafts:
                yield Composed(draft, engine)

    return all_of_them()
