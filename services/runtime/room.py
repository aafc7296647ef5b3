"""How many bytes of what callers send are in memory: bounded over all, and one tenant leaves room for the others."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.common.errors import Overloaded

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 512 * 1024 * 1024
"""Of all that arrives, waits or is worked on."""

TENANT_SHARE: Final = 0.5
"""What one tenant may have of it."""

RETRY_AFTER_S: Final = 1.0
"""How long whoever found no room is told to wait, seconds."""


@dataclass
class Held:
    """What one call holds of the room."""

    room: Room
    tenant: str
    length: int = 0

    def grow(self, more: int) -> None:
        """Hold so many more bytes.

        Raises:
            Overloaded: There is no room for them.
        """
        self.room.take(self.tenant, more)
        self.length += more


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

    @contextmanager
    def held(self, tenant: str) -> Iterator[Held]:
        """What a tenant's call holds; nothing at first, nothing any more when the context ends."""
        held = Held(self, tenant)
        try:
            yield held
        finally:
            self._held[tenant] -= held.length
            if not self._held[tenant]:
                del self._held[tenant]

    def take(self, tenant: str, more: int) -> None:
        """Take room for a tenant.

        Raises:
            Overloaded: There is none, or the tenant has its share.
        """
        own, everything = self._held[tenant] + more, self._held.total() + more
        if own > self._most_bytes * TENANT_SHARE or everything > self._most_bytes:
            raise Overloaded(
                f"{self._of} of {everything - more} bytes are in memory already",
                retry_after_s=RETRY_AFTER_S,
                remedy="try again a little later",
                limit=str(self._most_bytes),
                what=f"bytes of {self._of}",
            )
        self._held[tenant] = own
