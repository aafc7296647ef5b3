"""What a language model behind an endpoint offers: the values that pass, and the port that an adapter implements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from services.llm.core.prompting import Messages
    from services.llm.core.schemas import Schema


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        temperature: 0 for always the likeliest.
        seed: What chance starts from; each further try of a call takes the next.
    """

    temperature: float = 0.0
    seed: int = 0

    def attempt(self, number: int) -> Sampling:
        """The same for a further try of a call; 1 is the first."""
        return replace(self, seed=self.seed + number - 1)


@dataclass(frozen=True, slots=True)
class Request:
    """One text to be written under a schema.

    Attributes:
        name: The operation, "plan" or "compose".
        messages: The prompt.
        schema: What can be written.
        sampling: How tokens are chosen.
        attempt: 1 for the first try.
    """

    name: str
    messages: Messages
    schema: Schema
    sampling: Sampling
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an endpoint was found to serve and to be able to do.

    Attributes:
        model: The model's name, as it is served.
        version: What the endpoint says of its build and configuration; empty when it says nothing.
        provider: Who it says that it is, such as "vllm"; empty when it says nothing.
        context_tokens: Longest prompt and answer together, tokens; None when it does not say.
        schemas: Whether it holds answers to a JSON schema.
        patterns: Whether it takes the schemas that are needed here, with choices and patterns.
        seeds: Whether it takes a seed.
        logprobs: Whether it tells token probabilities.
        images: Whether the model sees images.
        grammar_s: How much longer the first token took under a schema that was new to the endpoint, about, seconds;
            None where it takes none.
    """

    model: str
    version: str = ""
    provider: str = ""
    context_tokens: int | None = None
    schemas: bool = False
    patterns: bool = False
    seeds: bool = False
    logprobs: bool = False
    images: bool = False
    grammar_s: float | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What it cannot do, in words."""
        lacks = {
            "answers held to a JSON schema": self.schemas,
            "JSON schemas with choices and patterns": self.patterns,
            "seeds": self.seeds,
            "token probabilities": self.logprobs,
            "images": self.images,
        }
        return tuple(what for what, able in lacks.items() if not able)


class Endpoint(Protocol):
    """A language model. Every method raises `ModelTrouble` and nothing else for what goes wrong at the endpoint."""

    async def probe(self) -> Abilities:
        """Find out what the endpoint serves and can do, by trying it."""
        ...

    def write(self, request: Request, abilities: Abilities, *, until: float) -> AsyncGenerator[str, None]:
        """The text, piece by piece. `until` is the event loop's time by which it has to be whole."""
        ...

    async def judge(
        self, messages: Messages, pictures: Sequence[bytes], abilities: Abilities, *, until: float
    ) -> float:
        """Probability, in [0, 1], that the model says yes of the pictures, PNG each."""
        ...
