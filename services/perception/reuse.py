"""Nothing is looked at twice: what was seen is kept, and who asks while a model runs waits for what it sees."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from services.common.errors import DeadlineExceeded
from services.perception.core.contexts import FairCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from services.perception.core.contexts import Context
    from services.perception.ports import SharedContexts
    from services.perception.seen import Form

T = TypeVar("T")

Flights = dict[tuple["Context", str], asyncio.Task[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Fresh(Generic[T]):
    """What a model saw just now, by item, and the context that it really was: the model may have been swapped."""

    context: Context
    values: dict[str, T]


@dataclass(frozen=True, slots=True)
class Recalled(Generic[T]):
    """What was asked for, by item, and how many of the items had been seen before this call."""

    values: dict[str, T]
    reused: int


class Reuse:
    """Grounding contexts, in memory and, where an address is given, shared between replicas.

    Args:
        limit: Most bytes in memory; 0 switches reuse off, and every call looks for itself.
        keep_s: How long something is kept at most, seconds.
        shared: The store of all replicas; None for none.
    """

    def __init__(self, *, limit: int, keep_s: float, shared: SharedContexts | None = None) -> None:
        self._on = limit > 0
        self._keep_s = keep_s
        self._held: FairCache[Any] = FairCache(limit)
        self._shared = shared if self._on else None
        self._flights: Flights = {}

    async def of(
        self,
        context: Context,
        items: tuple[str, ...],
        form: Form[T],
        look: Callable[[tuple[str, ...]], Awaitable[Fresh[T]]],
    ) -> Recalled[T]:
        """What is seen of `items` in `context`; `look` is called for those that nobody has seen or is looking for.

        What goes wrong in a look goes wrong for all who wait for it, except that a deadline is only its owner's:
        the others look again.
        """
        if not self._on:
            return Recalled((await look(items)).values, 0)
        found = self._remembered(context, items)
        reused = len(found)
        own: asyncio.Task[dict[str, T]] | None = None
        while missing := tuple(item for item in items if item not in found):
            new = tuple(item for item in missing if (context, item) not in self._flights)
            if new:
                own = self._begin(context, new, self._fly(context, new, form, look))
            for flight in {self._flights[context, item] for item in missing}:
                try:
                    # Shielded: whoever gives up leaves the others what they wait for.
                    found |= await asyncio.shield(flight)
                except DeadlineExceeded:
                    if flight is own:
                        raise
        return Recalled({item: found[item] for item in items}, reused)

    async def forget(self, tenant: str, image_digest: str) -> None:
        """Keep nothing of a tenant's image, and nothing of what is being seen in it now.

        Raises:
            PartUnavailable: What is shared may be left.
        """
        self.drop(tenant, image_digest)
        if self._shared is not None:
            await self._shared.forget(_image(tenant, image_digest))

    def drop(self, tenant: str, image_digest: str) -> None:
        """Keep nothing of a tenant's image in memory."""
        image = (tenant, image_digest)
        for key in [key for key in self._flights if (key[0].tenant, key[0].image_digest) == image]:
            del self._flights[key]
        self._held.drop(lambda key: (key[0].tenant, key[0].image_digest) == image)  # type: ignore[index]  # keys are ours

    def _remembered(self, context: Context, items: tuple[str, ...]) -> dict[str, Any]:
        now = time.monotonic()
        held = {item: self._held.get(context.tenant, (context, item), now) for item in items}
        return {item: value for item, value in held.items() if value is not None}

    def _begin(self, context: Context, items: tuple[str, ...], flight: Any) -> asyncio.Task[dict[str, Any]]:
        task: asyncio.Task[dict[str, Any]] = asyncio.create_task(flight)
        self._flights.update({(context, item): task for item in items})
        task.add_done_callback(partial(self._landed, context, items))
        return task

    def _landed(self, context: Context, items: tuple[str, ...], task: asyncio.Task[dict[str, Any]]) -> None:
        for item in items:
            if self._flights.get((context, item)) is task:
                del self._flights[context, item]
        if not task.cancelled():
            # Taken note of: all who asked may have left, and asyncio would complain of an error that nobody saw.
            task.exception()

    async def _fly(
        self,
        context: Context,
        items: tuple[str, ...],
        form: Form[T],
        look: Callable[[tuple[str, ...]], Awaitable[Fresh[T]]],
    ) -> dict[str, T]:
        found = await self._fetched(context, items, form)
        self._keep(context, context, found, form)
        missing = tuple(item for item in items if item not in found)
        if missing:
            fresh = await look(missing)
            if self._keep(context, fresh.context, fresh.values, form):
                await self._share(fresh.context, fresh.values, form)
            found |= fresh.values
        return found

    def _keep(self, asked: Context, context: Context, values: Mapping[str, T], form: Form[T]) -> bool:
        """Hold the values, unless their image was forgotten meanwhile; whether that was so."""
        task = asyncio.current_task()
        wanted = {item: value for item, value in values.items() if self._flights.get((asked, item)) is task}
        until = time.monotonic() + self._keep_s
        for item, value in wanted.items():
            self._held.put(context.tenant, (context, item), value, size=form.weight(value), until=until)
        return len(wanted) == len(values)

    async def _fetched(self, context: Context, items: tuple[str, ...], form: Form[T]) -> dict[str, T]:
        if self._shared is None:
            return {}
        names = [context.name_of(item) for item in items]
        contents = await self._shared.get(_image(context.tenant, context.image_digest), names)
        decoded = {
            item: form.decode(content) for item, content in zip(items, contents, strict=True) if content is not None
        }
        return {item: value for item, value in decoded.items() if value is not None}

    async def _share(self, context: Context, values: Mapping[str, T], form: Form[T]) -> None:
        if self._shared is not None:
            named = {context.name_of(item): form.encode(value) for item, value in values.items()}
            await self._shared.put(_image(context.tenant, context.image_digest), named)


def _image(tenant: str, image_digest: str) -> str:
    """What a tenant's image is called in the shared store."""
    return f"{tenant}/{image_digest}"
