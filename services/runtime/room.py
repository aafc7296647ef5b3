"""How many bytes of what callers send are in memory: bounded over all, and one tenant leaves room for the others."""

from __future__ import annotations

from collections import Counter
from typing import Final, Self

from services.common.errors import Overloaded

MOST_BYTES: Final = 512 * 1024 * 1024
"""Of all that arrives, waits or is worked on."""

TENANT_SHARE: Final = 0.5
"""What one tenant may have of it."""

RETRY_AFTER_S: Final = 1.0
"""How long whoever found no room is told to wait, seconds."""


class Held:
    """What one call holds of the room: nothing at first, nothing any more when the context ends."""

    __slots__ = ("_length", "_room", "_tenant")

    def __init__(self, room: Room, tenant: str) -> None:
        """Hold nothing yet."""
        self._room = room
        self._tenant = tenant
        self._length = 0

    def grow(self, more: int) -> None:
        """Hold so many more bytes.

        Raises:
            Overloaded: There is no room for them.
        """
        self._room.take(self._tenant, more)
        self._length += more

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of all of it."""
        self._room.give_back(self._tenant, self._length)


class Room:
    """The room that calls share.

    Args:
        of: What is in it, for the errors.
        most_bytes: How much that may be.
    """

    def __init__(self, of: str, most_bytes: int = MOST_BYTES) -> None:
        self._of = of
        self._most_bytes = most_bytes
        self._held: Counter[str] = Counter()
        self._all = 0

    def held(self, tenant: str) -> Held:
        """What a tenant's call holds, as long as the context lasts."""
        return Held(self, tenant)

    def take(self, tenant: str, more: int) -> None:
        """Take room for a tenant.

        Raises:
            Overloaded: There is none, or the tenant has its share.
        """
        own, everything = self._held[tenant] + more, self._all + more
        if own > self._most_bytes * TENANT_SHARE or everything > self._most_bytes:
            raise Overloaded(
                f"{self._of} of {everything - more} bytes are in memory already",
                retry_after_s=RETRY_AFTER_S,
                remedy="try again a little later",
                limit=str(self._most_bytes),
                what=f"bytes of {self._of}",
            )
        self._held[tenant], self._all = own, everything

    def give_back(self, tenant: str, length: int) -> None:
        """Have a tenant hold so much less."""
        self._held[tenant] -= length
        self._all -= length
        if not self._held[tenant]:
            del self._held[tenant]
