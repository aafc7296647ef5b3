"""A simulator of perception's object store: a dictionary that can be taken away."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.common.errors import PartUnavailable


@dataclass
class MemoryObjects:
    """The port `Objects`. `gone` takes it away; `reads` counts how often each key was read, `writes` all writes."""

    held: dict[str, bytes] = field(default_factory=dict)
    gone: bool = False
    reads: dict[str, int] = field(default_factory=dict)
    writes: int = 0

    async def get(self, key: str) -> bytes | None:
        self._reach()
        self.reads[key] = self.reads.get(key, 0) + 1
        return self.held.get(key)

    async def put(self, key: str, content: bytes) -> None:
        self._reach()
        self.writes += 1
        self.held.setdefault(key, content)

    async def exists(self, key: str) -> bool:
        self._reach()
        return key in self.held

    async def delete(self, key: str) -> bool:
        self._reach()
        return self.held.pop(key, None) is not None

    async def writable(self) -> None:
        self._reach()

    def _reach(self) -> None:
        if self.gone:
            raise PartUnavailable("the object store is out of reach", part="objects")
