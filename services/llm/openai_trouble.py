"""What an OpenAI-compatible endpoint does wrong, as one `ModelTrouble`.

What the endpoint says in its own words is neither passed on nor logged, since it can repeat the prompt.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import openai

from services.llm.core.trouble import ModelTrouble, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def translated(*, opened: bool = False, begun: bool = False, until: float | None = None) -> Iterator[None]:
    """Turn what the client raises into a `ModelTrouble`.

    Args:
        opened: Whether the answer's stream was open.
        begun: Whether some of the answer had come.
        until: The event loop's time at which the deadline passes; None for none.
    """
    try:
        yield
    except TimeoutError as error:
        if until is not None and asyncio.get_running_loop().time() >= until:
            raise ModelTrouble(Trouble.NO_TIME, "the deadline passed") from error
        kind = Trouble.STALLED if begun else Trouble.SLOW
        raise ModelTrouble(kind, "no token came in time") from error
    except openai.APIStatusError as error:
        raise _by_status(error) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        if opened or not _never_connected(error):
            raise ModelTrouble(Trouble.DROPPED, "the connection broke") from error
        raise ModelTrouble(Trouble.UNREACHABLE, "no connection to the endpoint") from error
    except (openai.APIError, ValueError) as error:
        raise ModelTrouble(Trouble.FAULT, "the endpoint sent an error in place of tokens") from error


def _never_connected(error: Exception) -> bool:
    """Whether there was no connection at all; that a kept one was closed is no sign of the endpoint's absence."""
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def _by_status(error: openai.APIStatusError) -> ModelTrouble:
    said = f"HTTP {error.status_code}"
    if isinstance(error, openai.RateLimitError):
        return ModelTrouble(Trouble.BUSY, said, retry_after_s=_seconds(error.response.headers.get("retry-after")))
    if isinstance(error, openai.NotFoundError) and error.param == "model":
        return ModelTrouble(Trouble.WRONG_MODEL, f"{said}: the endpoint does not serve the model")
    if isinstance(error, openai.InternalServerError):
        return ModelTrouble(Trouble.FAULT, said, retry_after_s=_seconds(error.response.headers.get("retry-after")))
    return ModelTrouble(Trouble.REFUSED, said)


def _seconds(header: str | None) -> float | None:
    """A Retry-After in seconds; None for none, and for a date."""
    return float(header) if header is not None and header.isdecimal() else None
