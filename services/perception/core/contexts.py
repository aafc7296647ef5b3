"""What is kept of images that were looked at, and for whom there is room. Pure: the time is given.

Everything that was seen in an image by one model is one grounding context. It is kept item by item: a phrase, a box,
or, for reading, the whole. So a second question about an image pays for its new phrases only.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from services.common.geometry import Box
    from services.common.regions import Capability
    from services.perception.core.views import ViewRule

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """What one model sees in one image for one tenant. Two looks of the same context see the same.

    Attributes:
        tenant: For whom. Tenants share nothing, not even what they would see alike.
        image_digest: In what.
        capability: What was asked for.
        model: Of whom.
        version: The version that answered.
        weights_digest: SHA-256 of its weights; empty where it declares none.
        enlarged: Whether it saw enlarged tiles.
        rule: How they were cut.
        area: Where it looked; None for everywhere.
    """

    tenant: str
    image_digest: str
    capability: Capability
    model: str
    version: str
    weights_digest: str
    enlarged: bool
    rule: ViewRule
    area: Box | None

    def name_of(self, item: str) -> str:
        """A name for what is kept of an item, the same in every process: 64 hexadecimal digits, telling nothing."""
        return hashlib.sha256(repr((self, item)).encode()).hexdigest()


@dataclass(slots=True)
class _Held(Generic[T]):
    value: T
    size: int
    until: float


class FairCache(Generic[T]):
    """Values by tenant and key, bounded in bytes.

    Where room is short, the tenant that takes most gives up what it used least recently. So a tenant whose values fit
    into its share, the limit divided by the number of tenants, loses nothing to the others.

    Args:
        limit: Most bytes of all values together; 0 keeps nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tenants: dict[str, OrderedDict[Hashable, _Held[T]]] = {}
        self._sizes: dict[str, int] = {}

    @property
    def size(self) -> int:
        """Bytes of everything that is held."""
        return sum(self._sizes.values())

    def size_of(self, tenant: str) -> int:
        """Bytes of what is held for one tenant."""
        return self._sizes.get(tenant, 0)

    def get(self, tenant: str, key: Hashable, now: float) -> T | None:
        """The value, if it is held and its time has not passed."""
        held = self._tenants.get(tenant, OrderedDict()).get(key)
        if held is None:
            return None
        if held.until <= now:
            self._remove(tenant, key)
            return None
        self._tenants[tenant].move_to_end(key)
        return held.value

    def put(self, tenant: str, key: Hashable, value: T, *, size: int, until: float) -> None:
        """Hold a value until its time passes or its room is needed. One that alone is over the limit is not held."""
        self._remove(tenant, key)
        if size > self._limit or not self._limit:
            return
        self._tenants.setdefault(tenant, OrderedDict())[key] = _Held(value, size, until)
        self._sizes[tenant] = self._sizes.get(tenant, 0) + size
        while self.size > self._limit:
            largest = max(self._sizes, key=lambda name: (self._sizes[name], name))
            self._remove(largest, next(iter(self._tenants[largest])))

    def drop(self, unwanted: Callable[[Hashable], bool]) -> int:
        """Let go of every value whose key is unwanted; how many there were."""
        doomed = [(tenant, key) for tenant, held in self._tenants.items() for key in held if unwanted(key)]
        for tenant, key in doomed:
            self._remove(tenant, key)
        return len(doomed)

    def _remove(self, tenant: str, key: Hashable) -> None:
        held = self._tenants.get(tenant, OrderedDict()).pop(key, None)
        if held is None:
            return
        self._sizes[tenant] -= held.size
        if not self._tenants[tenant]:
            del self._tenants[tenant], self._sizes[tenant]
