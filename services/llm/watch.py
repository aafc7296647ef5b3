"""What is known of the endpoint: found out by trying, kept while it holds, said in the log when it changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from services.common.errors import PartUnavailable
from services.llm.core.trouble import ModelTrouble, Trouble

if TYPE_CHECKING:
    from services.llm.endpoint import Abilities, Endpoint

log = structlog.get_logger()

RESETS: Final = frozenset({Trouble.UNREACHABLE, Trouble.WRONG_MODEL})
"""Troubles after which the endpoint may be another than before."""


class Watch:
    """Keeps what a probe of the endpoint found.

    Args:
        endpoint: To be probed.
        hold_off_s: How long a failed probe is believed before the next, seconds, so that calls do not queue up at an
            endpoint that is not there.
    """

    def __init__(self, endpoint: Endpoint, *, hold_off_s: float) -> None:
        self._endpoint = endpoint
        self._hold_off_s = hold_off_s
        self._lock = asyncio.Lock()
        self._known: Abilities | None = None
        self._trouble: ModelTrouble | None = None
        self._failed_at = 0.0

    async def abilities(self) -> Abilities:
        """What the endpoint can do.

        Raises:
            ModelTrouble: It is not there, serves another model, or does not hold to schemas.
        """
        async with self._lock:
            if self._known is None:
                self._known = await self._look()
            return self._known

    def forget(self, trouble: ModelTrouble) -> None:
        """Take back what is known, if such a trouble speaks against it."""
        if trouble.trouble in RESETS:
            self._known = None

    async def ready(self) -> None:
        """Return when the endpoint can be used.

        Raises:
            PartUnavailable: It cannot; the message says why.
        """
        try:
            await self.abilities()
        except ModelTrouble as trouble:
            raise PartUnavailable(
                f"the language model is out of reach: {trouble.detail}",
                part="vllm",
                trouble=trouble.trouble.value,
                remedy="start the endpoint, or set GROUNDWIRE_LLM_ENDPOINT to another or to nothing",
            ) from trouble

    async def run(self) -> None:
        """Look until the endpoint is there, and again whenever it was lost, for ever."""
        while True:
            try:
                await self.abilities()
            except ModelTrouble:
                pass  # noted, and told by the readiness probe
            except Exception:  # a fault of ours must not end the looking for good
                log.exception("the endpoint could not be looked at")
            await asyncio.sleep(self._hold_off_s)

    async def _look(self) -> Abilities:
        now = asyncio.get_running_loop().time()
        if self._trouble is not None and now < self._failed_at + self._hold_off_s:
            raise ModelTrouble(self._trouble.trouble, self._trouble.detail)
        try:
            found = await self._probe()
        except ModelTrouble as trouble:
            self._note(trouble)
            raise
        self._trouble = None
        log.info(
            "language model found",
            model=found.model,
            provider=found.provider,
            version=found.version,
            context_tokens=found.context_tokens,
            missing=list(found.missing),
            grammar_s=None if found.grammar_s is None else round(found.grammar_s, 3),
        )
        return found

    async def _probe(self) -> Abilities:
        found = await self._endpoint.probe()
        if not (found.schemas and found.patterns):
            raise ModelTrouble(Trouble.UNABLE, f"the endpoint does not offer {', '.join(found.missing)}")
        return found

    def _note(self, trouble: ModelTrouble) -> None:
        if self._trouble is None or self._trouble.trouble is not trouble.trouble:
            log.warning("no language model", trouble=trouble.trouble.value, problem=trouble.detail)
        self._trouble = trouble
        self._failed_at = asyncio.get_running_loop().time()
