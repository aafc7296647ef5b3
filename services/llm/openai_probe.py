"""What an OpenAI-compatible endpoint can do, found out by trying it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from openai.types import Model

from services.llm import genai
from services.llm.core import plan_schema, schemas
from services.llm.core.trouble import ModelTrouble, Trouble
from services.llm.endpoint import Abilities
from services.llm.openai_parts import json_format, picture
from services.llm.openai_trouble import translated

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion

PROOF: Final = "grammar-holds"
"""Asked for by a schema alone, never by a prompt: who writes it holds to the schema."""
SMALL_PICTURE: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAACPAi4CAAAAK0lEQVR42u3MMREAAAgEoNfiVjeEmwcBqMlNRyAQCAQCgUAgEAgE"
    "AsHzYAEwNQD/1GtyJwAAAABJRU5ErkJggg=="
)
"""64 x 64 grey pixels, PNG in Base64."""


class Probe:
    """Questions to an endpoint that show what it can do.

    Args:
        client: Of the endpoint.
        model: The model's name there; empty for the only one.
        question_s: How long each question may take, seconds.
    """

    def __init__(self, client: AsyncOpenAI, model: str, question_s: float) -> None:
        self._client = client
        self._named = model
        self._question_s = question_s

    async def abilities(self) -> Abilities:
        """What the endpoint serves and can do.

        Raises:
            ModelTrouble: It is not there, or does not serve the model.
        """
        with translated():
            async with asyncio.timeout(self._question_s):
                served = [card async for card in self._client.models.list()]
        card = _chosen(self._named, {card.id: card for card in served})
        # Fields beyond OpenAI's own, such as vLLM's `max_model_len`, are kept by the client as they came.
        context = (card.model_extra or {}).get("max_model_len")
        held, version = await self._holds_schema(card.id)
        grammar_s = await self._grammar_s(card.id) if held else None
        return Abilities(
            model=card.id,
            version=version,
            provider=card.owned_by or "",
            context_tokens=context if isinstance(context, int) else None,
            schemas=held,
            patterns=grammar_s is not None,
            seeds=await self._can(card.id, "Say yes.", seed=1),
            logprobs=await self._can(card.id, "Say yes.", logprobs=True, top_logprobs=2),
            images=await self._sees(card.id),
            grammar_s=grammar_s,
        )

    async def _holds_schema(self, model: str) -> tuple[bool, str]:
        """Whether an answer keeps to a schema, and the version that the endpoint tells with it."""
        schema = schemas.record(word=schemas.one_of([PROOF]))
        try:
            answer = await self._short(model, "Answer.", max_tokens=64, response_format=json_format("probe", schema))
        except ModelTrouble as trouble:
            if trouble.trouble is not Trouble.REFUSED:
                raise
            return False, ""
        return _holds(answer.choices[0].message.content), answer.system_fingerprint or ""

    async def _grammar_s(self, model: str) -> float | None:
        """How much longer a token takes under the schema of plans than without, seconds; None where it is refused."""
        now = asyncio.get_running_loop().time
        began = now()
        await self._can(model, "Plan.")
        free = now()
        if not await self._can(model, "Plan.", response_format=json_format("probe", plan_schema.plan())):
            return None
        dearer = max(0.0, (now() - free) - (free - began))
        genai.grammar_took(dearer, model)
        return dearer

    async def _can(self, model: str, content: Any, **options: Any) -> bool:
        """Whether the endpoint takes such a request, and answers it with what was asked for."""
        answer = await self._tried(model, content, **options)
        return answer is not None and ("logprobs" not in options or answer.choices[0].logprobs is not None)

    async def _sees(self, model: str) -> bool:
        """Whether a picture is taken, and not just left out: with it, the prompt has more tokens than without."""
        text = {"type": "text", "text": "Look."}
        seeing = await self._tried(model, [picture(SMALL_PICTURE), text])
        if seeing is None or seeing.usage is None:
            return seeing is not None
        blind = await self._tried(model, [text])
        return blind is None or blind.usage is None or seeing.usage.prompt_tokens > blind.usage.prompt_tokens

    async def _tried(self, model: str, content: Any, **options: Any) -> ChatCompletion | None:
        """The answer to such a request; None where it is refused."""
        try:
            return await self._short(model, content, max_tokens=1, **options)
        except ModelTrouble as trouble:
            if trouble.trouble not in (Trouble.REFUSED, Trouble.FAULT):
                raise
            return None

    async def _short(self, model: str, content: Any, **options: Any) -> ChatCompletion:
        messages: Any = [{"role": "user", "content": content}]
        with translated():
            async with asyncio.timeout(self._question_s):
                answer: ChatCompletion = await self._client.chat.completions.create(
                    model=model, messages=messages, temperature=0, **options
                )
        return answer


def _chosen(name: str, served: dict[str, Model]) -> Model:
    if name in served:
        return served[name]
    listed = ", ".join(sorted(served)) or "none"
    if name and not served:  # Some list only what they have kept, and load a model when it is asked for.
        return Model(id=name, created=0, object="model", owned_by="")
    if name:
        raise ModelTrouble(Trouble.WRONG_MODEL, f"{name!r} is not among the models served: {listed}")
    if len(served) != 1:
        raise ModelTrouble(Trouble.WRONG_MODEL, f"no model is named, and these are served: {listed}")
    return next(iter(served.values()))


def _holds(text: str | None) -> bool:
    try:
        return bool(json.loads(text or "") == {"word": PROOF})
    except ValueError:
        return False
