"""The last turns of conversations, in this process's memory.

Turns are lost when the process ends, when a conversation lies idle, and when there are too many: a conversation that is
lost is one without turns, and "it" then means nothing. Behind several replicas a conversation must reach the same one.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.fusion.ports import PastTurn, World


class MemoryConversations:
    """The `Conversations` port.

    Args:
        world: Whose clock idleness is measured by.
        most: Conversations held; the one that was used longest ago goes first.
        most_turns: Turns held of each; the oldest go first.
        idle_s: How long a conversation is held that nobody goes on with, seconds.
    """

    def __init__(self, *, world: World, most: int, most_turns: int, idle_s: float) -> None:
        self._world = world
        self._most = most
        self._most_turns = most_turns
        self._idle_s = idle_s
        self._held: OrderedDict[tuple[str, str], tuple[float, tuple[PastTurn, ...]]] = OrderedDict()

    async def recall(self, tenant: str, conversation_id: str) -> tuple[PastTurn, ...]:
        """The last turns, oldest first; a tenant has conversations of its own, whatever their ids."""
        self._forget_idle()
        return self._held.get((tenant, conversation_id), (0.0, ()))[1]

    async def remember(self, tenant: str, conversation_id: str, turn: PastTurn) -> None:
        """Append a turn."""
        turns = (*await self.recall(tenant, conversation_id), turn)[-self._most_turns :]
        self._held[tenant, conversation_id] = (self._world.seconds(), turns)
        self._held.move_to_end((tenant, conversation_id))
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def _forget_idle(self) -> None:
        """Drop what was not gone on with; the longest idle come first."""
        limit = self._world.seconds() - self._idle_s
        while self._held and next(iter(self._held.values()))[0] < limit:
            self._held.popitem(last=False)
