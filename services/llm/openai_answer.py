"""An answer of an OpenAI-compatible endpoint on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.llm import genai
from services.llm.core.trouble import ModelTrouble, Trouble

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk


class Stream:
    """The client's stream as an iterator that can be asked for its next and closed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._chunks = aiter(stream)

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> ChatCompletionChunk:
        return await anext(self._chunks)

    async def close(self) -> None:
        """Close the connection; the endpoint stops writing."""
        await self._stream.close()


class Answer:
    """An answer on its way: who writes it, how long it is, how it ended."""

    def __init__(self, model: str, most: int, operation: genai.Operation) -> None:
        self._model = model
        self._most = most
        self._operation = operation
        self._pieces: list[str] = []
        self._finish: str | None = None
        self.length = 0

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._pieces)

    def take(self, chunk: ChatCompletionChunk) -> str:
        """The text of a chunk."""
        if not is_model(chunk.model, self._model):
            raise ModelTrouble(Trouble.WRONG_MODEL, f"{chunk.model!r} answered in place of {self._model!r}")
        if chunk.usage is not None:
            details = chunk.usage.prompt_tokens_details
            cached = (details.cached_tokens if details else None) or 0
            self._operation.used(read=chunk.usage.prompt_tokens, written=chunk.usage.completion_tokens, cached=cached)
        self._operation.note({genai.RESPONSE_ID: chunk.id, genai.RESPONSE_MODEL: chunk.model})
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._finish = choice.finish_reason or self._finish
        return self._more(choice.delta.content or "")

    def _more(self, piece: str) -> str:
        if piece:
            self._operation.heard()
            self._pieces.append(piece)
            self.length += len(piece)
        if self.length > self._most:
            raise ModelTrouble(Trouble.ENDLESS, f"the answer has more than {self._most} characters")
        return piece

    def check_whole(self) -> None:
        """Do nothing if the answer came to its own end."""
        self._operation.note({genai.FINISH_REASONS: [self._finish or "none"]})
        if self._finish is None:
            raise ModelTrouble(Trouble.DROPPED, "the stream ended before the answer did")
        if self._finish == "length":
            raise ModelTrouble(Trouble.CUT, "the answer reached the token limit")
        if self._finish != "stop":
            raise ModelTrouble(Trouble.REFUSED, "the endpoint ended the answer for reasons of its own")
        if not self.text.strip():
            raise ModelTrouble(Trouble.EMPTY, "the answer is empty")


def is_model(answered: str, asked: str) -> bool:
    """Whether a model is the one that was asked; hosted ones answer with a dated version of the name."""
    return not answered or answered == asked or answered.startswith(f"{asked}-")
