"""What can go wrong with a language model behind an endpoint, each by its own name."""

from __future__ import annotations

from enum import Enum


class Trouble(Enum):
    """Why the model gave no answer that can be used. The values stand in logs, spans and metrics."""

    UNREACHABLE = "unreachable"
    """No connection."""
    BUSY = "busy"
    """HTTP 429: it has too much to do."""
    FAULT = "fault"
    """HTTP 5xx, or an error in the middle of the stream."""
    REFUSED = "refused"
    """Any other HTTP 4xx: the key, the schema or the length of the prompt."""
    WRONG_MODEL = "wrong_model"
    """It does not serve the model that is bound here, or another one answered."""
    UNABLE = "unable"
    """It does not hold answers to a JSON schema."""
    SLOW = "slow"
    """The first token did not come in time."""
    STALLED = "stalled"
    """A later token did not come in time."""
    DROPPED = "dropped"
    """The connection broke in the middle of the stream."""
    CUT = "cut"
    """The answer reached the token limit and is not whole."""
    ENDLESS = "endless"
    """The answer is longer than the schema admits."""
    EMPTY = "empty"
    """The answer is empty."""
    UNFIT = "unfit"
    """The answer is no JSON, or breaks the schema."""
    NO_TIME = "no_time"
    """The deadline left no time, or passed."""


TRANSIENT = frozenset(
    {Trouble.UNREACHABLE, Trouble.BUSY, Trouble.FAULT, Trouble.SLOW, Trouble.STALLED, Trouble.DROPPED}
)
"""The same request may fare better a moment later."""

UNLUCKY = frozenset({Trouble.CUT, Trouble.ENDLESS, Trouble.EMPTY, Trouble.UNFIT})
"""The same request may fare better with another seed, where the temperature lets a seed matter."""


class ModelTrouble(Exception):
    """The model gave no answer that can be used.

    Args:
        trouble: Which kind.
        detail: What was seen, one sentence; it repeats nothing of prompt or answer.
        retry_after_s: How long the endpoint asks to be left alone, seconds; None where it does not say.
    """

    def __init__(self, trouble: Trouble, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{trouble.value}: {detail}")
        self.trouble = trouble
        self.detail = detail
        self.retry_after_s = retry_after_s


def worth_another_try(trouble: Trouble, *, temperature: float) -> bool:
    """Whether the same request may fare better; without a temperature, the model answers alike each time."""
    return trouble in TRANSIENT or (trouble in UNLUCKY and temperature > 0)
