"""A language model behind an OpenAI-compatible endpoint: vLLM, and what speaks the same protocol.

Everything that goes wrong there is a `ModelTrouble` here.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, omit

from services.llm import genai
from services.llm.core import judging, schemas
from services.llm.core.trouble import ModelTrouble, Trouble
from services.llm.endpoint import Sampling
from services.llm.openai_answer import Answer, Stream, is_model
from services.llm.openai_parts import json_format, picture
from services.llm.openai_probe import Probe
from services.llm.openai_trouble import translated

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from openai.types.chat import ChatCompletion, ChatCompletionChunk

    from services.llm.core.prompting import Messages
    from services.llm.endpoint import Abilities, Request

KEPT_IDLE_S: Final = 2.0
"""How long an idle connection is kept: less than the 5 seconds after which vLLM's server closes it, seconds."""
NO_KEY: Final = "none"
"""The client wants a key even where the endpoint does not."""
PAD: Final = 512
"""Characters of white space that an answer may have over twice the longest compact one."""
UNKNOWN: Final = 2**31
"""Stands for a context of unknown length, tokens."""
VERDICT_TOKENS: Final = 16
"""Tokens of the longest way to write "yes" in quotation marks, letter by letter, with room."""
LIKELIEST: Final = 20
"""Tokens whose probabilities are asked for at each step; more are refused by some endpoints."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, seconds.

    Attributes:
        connect_s: Until there is a connection.
        first_token_s: From the request to the first token.
        next_token_s: From one token to the next.
        probe_s: For one question of a probe.
    """

    connect_s: float = 2.0
    first_token_s: float = 30.0
    next_token_s: float = 10.0
    probe_s: float = 20.0


class OpenAiEndpoint:
    """The port `Endpoint`.

    Args:
        url: Up to and with the version, such as "http://127.0.0.1:8300/v1".
        model: The model's name there; empty for the only one.
        api_key: Sent as bearer token; empty for none.
        max_tokens: Longest answer, over and above what its schema says.
        pace: How long things may take.
        connections: Connections kept open, at most.
        traces_content: Whether prompts and answers are put on spans.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        api_key: str = "",
        max_tokens: int = 2048,
        pace: Pace,
        connections: int = 32,
        traces_content: bool = False,
    ) -> None:
        self._url = urlsplit(url)
        self._model = model
        self._max_tokens = max_tokens
        self._pace = pace
        self._traces_content = traces_content
        limits = httpx2.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEPT_IDLE_S
        )
        # Reading is timed chunk by chunk below, and trying again is decided by who knows what has been said already.
        timeout = httpx2.Timeout(None, connect=pace.connect_s, pool=pace.first_token_s)
        self._client = AsyncOpenAI(
            base_url=url,
            api_key=api_key or NO_KEY,
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(limits=limits, timeout=timeout, trust_env=False),
            timeout=timeout,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def probe(self) -> Abilities:
        """Find out what the endpoint serves and can do, by trying it."""
        return await Probe(self._client, self._model, self._pace.probe_s).abilities()

    # ---- Write

    async def write(self, request: Request, abilities: Abilities, *, until: float) -> AsyncGenerator[str, None]:
        """The text, piece by piece, as one operation of telemetry."""
        bound = min(schemas.longest(request.schema), self._max_tokens, (abilities.context_tokens or UNKNOWN) // 2)
        facts = {genai.ATTEMPT: request.attempt, genai.STREAM: True}
        operation = self._operation(request.name, request.messages, request.sampling, abilities, bound, facts)
        error: str | None = "cancelled"
        try:
            async for piece in self._pieces(request, abilities, operation, bound, until):
                yield piece
            error = None
        except ModelTrouble as trouble:
            error = trouble.trouble.value
            raise
        finally:
            operation.end(error)

    def _operation(
        self,
        name: str,
        messages: Messages,
        sampling: Sampling,
        abilities: Abilities,
        bound: int,
        facts: Mapping[str, int],
    ) -> genai.Operation:
        place = genai.Place(
            self._url.hostname or "", self._url.port or 0, abilities.model, abilities.provider or "openai"
        )
        return genai.Operation(
            place,
            name,
            {
                genai.TEMPERATURE: sampling.temperature,
                genai.MAX_TOKENS: bound,
                genai.PROMPT_DIGEST: messages.digest,
                **({genai.SEED: sampling.seed} if abilities.seeds else {}),
                **facts,
            },
        )

    async def _pieces(
        self, request: Request, abilities: Abilities, operation: genai.Operation, bound: int, until: float
    ) -> AsyncGenerator[str, None]:
        now = asyncio.get_running_loop().time
        first_by = now() + self._pace.first_token_s
        answer = Answer(abilities.model, 2 * schemas.longest(request.schema) + PAD, operation)
        with translated(until=until):
            async with asyncio.timeout_at(min(first_by, until)):
                stream = await self._open(request, abilities, operation, bound)
        try:
            while True:
                due = now() + self._pace.next_token_s if answer.length else first_by
                with translated(opened=True, begun=answer.length > 0, until=until):
                    async with asyncio.timeout_at(min(due, until)):
                        chunk: ChatCompletionChunk | None = await anext(stream, None)
                if chunk is None:
                    break
                if piece := answer.take(chunk):
                    yield piece
            answer.check_whole()
        finally:
            await stream.close()
            if self._traces_content:
                told = {"system": request.messages.system, "user": request.messages.user}
                operation.note({genai.INPUT_MESSAGES: json.dumps(told), genai.OUTPUT_MESSAGES: answer.text})

    async def _open(self, request: Request, abilities: Abilities, operation: genai.Operation, bound: int) -> Any:
        stream = await self._client.chat.completions.create(
            model=abilities.model,
            messages=[
                {"role": "system", "content": request.messages.system},
                {"role": "user", "content": request.messages.user},
            ],
            response_format=json_format(request.name, request.schema),
            max_tokens=bound,
            temperature=request.sampling.temperature,
            seed=request.sampling.seed if abilities.seeds else omit,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers=operation.headers(),
        )
        return Stream(stream)

    # ---- Judge

    async def judge(
        self, messages: Messages, pictures: Sequence[bytes], abilities: Abilities, *, until: float
    ) -> float:
        """Probability of yes, from the probabilities of the tokens with which the model says yes or no."""
        operation = self._operation("judge", messages, Sampling(), abilities, VERDICT_TOKENS, {genai.ATTEMPT: 1})
        error: str | None = "cancelled"
        try:
            with translated(until=until):
                async with asyncio.timeout_at(until):
                    answer = await self._verdict(messages, pictures, abilities.model, operation)
            found = _probability(answer, abilities.model)
            error = None
        except ModelTrouble as trouble:
            error = trouble.trouble.value
            raise
        finally:
            operation.end(error)
        return found

    async def _verdict(
        self, messages: Messages, pictures: Sequence[bytes], model: str, operation: genai.Operation
    ) -> ChatCompletion:
        shown = [picture(b64encode(png).decode()) for png in pictures]
        content: Any = [*shown, {"type": "text", "text": messages.user}]
        return await self._client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": messages.system}, {"role": "user", "content": content}],
            response_format=json_format("verdict", schemas.one_of([judging.YES, judging.NO])),
            max_tokens=VERDICT_TOKENS,
            temperature=0,
            logprobs=True,
            top_logprobs=LIKELIEST,
            extra_headers=operation.headers(),
        )


def _probability(answer: ChatCompletion, model: str) -> float:
    """Probability of yes, as the model of that name tells it."""
    if not is_model(answer.model, model):
        raise ModelTrouble(Trouble.WRONG_MODEL, f"{answer.model!r} answered in place of {model!r}")
    found = judging.probability(_steps(answer))
    if found is None:
        raise ModelTrouble(Trouble.UNFIT, "the likeliest tokens say neither yes nor no")
    return found


def _steps(answer: ChatCompletion) -> list[tuple[str, dict[str, float]]]:
    """Each token that was written, with the likeliest ones in its place."""
    logprobs = answer.choices[0].logprobs if answer.choices else None
    written = (logprobs.content if logprobs else None) or []
    return [(step.token, {each.token: each.logprob for each in step.top_logprobs}) for step in written]
