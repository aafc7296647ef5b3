"""What was computed last, kept as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class ByteBoundedLru(Generic[Kept]):
    """Values by key, the least recently used leaving first. One thread at a time."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = 0
        self._kept: OrderedDict[bytes, tuple[Kept, int]] = OrderedDict()

    def get(self, key: bytes) -> Kept | None:
        """The value, which counts as used; None where there is none."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: bytes, value: Kept, size_bytes: int) -> None:
        """Keep a value of a size; one that alone is over the limit is not kept."""
        self.held_bytes -= self._kept.pop(key, (None, 0))[1]
        if size_bytes > self.limit_bytes:
            return
        self._kept[key] = value, size_bytes
        self.held_bytes += size_bytes
        while self.held_bytes > self.limit_bytes:
            _, (_, freed) = self._kept.popitem(last=False)
            self.held_bytes -= freed

    def __len__(self) -> int:
        return len(self._kept)
