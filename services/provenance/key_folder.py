"""Keys in a folder of files. A file is a row of keys, 32 bytes each; a key is destroyed by writing zeros over it.

Keys are made many at a time and flushed to the disk before the first of them is given out, so that recording an answer
waits for no flush of its key. What a process leaves unused is never used: the next one begins a file of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
import uuid
from collections import defaultdict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from services.common.errors import PartUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

KEY_BYTES: Final = 32
KEYS_AT_ONCE: Final = 1024
"""Keys made and flushed together: 32 KiB."""

_DESTROYED: Final = bytes(KEY_BYTES)
_NAME: Final = re.compile(r"([0-9a-f]{32}):([0-9]{1,9})")
_SECRET: Final = "secret"  # noqa: S105 - a file's name


class FolderKeys:
    """The port `Keys` on a folder, for one process each; several may share the folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made yet."""
        self._folder = folder
        self._file = uuid.uuid4().hex
        self._made = 0
        self._fresh: list[tuple[str, bytes]] = []
        self._turn = asyncio.Lock()
        self._secret = b""

    async def take(self) -> tuple[str, bytes]:
        """See `Keys`."""
        async with self._turn:
            if not self._fresh:
                await asyncio.to_thread(self._make)
            return self._fresh.pop()

    async def get(self, name: str) -> bytes | None:
        """See `Keys`. From the page cache as a rule: no thread is worth it."""
        file, offset = self._place(name)
        with self._translated():
            try:
                with file.open("rb") as keys:
                    key = os.pread(keys.fileno(), KEY_BYTES, offset)
            except FileNotFoundError:
                return None
        return None if len(key) < KEY_BYTES or key == _DESTROYED else key

    async def destroy(self, names: Sequence[str]) -> None:
        """See `Keys`."""
        places: dict[Path, list[int]] = defaultdict(list)
        for file, offset in map(self._place, names):
            places[file].append(offset)
        await asyncio.to_thread(self._overwrite, places)

    async def secret(self) -> bytes:
        """See `Keys`."""
        async with self._turn:
            if not self._secret:
                self._secret = await asyncio.to_thread(self._read_secret)
            return self._secret

    def _make(self) -> None:
        keys = [os.urandom(KEY_BYTES) for _ in range(KEYS_AT_ONCE)]
        with self._translated():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{self._file}.keys"
            fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                _write(fd, b"".join(keys), self._made * KEY_BYTES)
                os.fsync(fd)
            finally:
                os.close(fd)
            self._flush_folder()
        first, self._made = self._made, self._made + len(keys)
        self._fresh = [(f"{self._file}:{first + i}", key) for i, key in enumerate(keys)]

    def _overwrite(self, places: dict[Path, list[int]]) -> None:
        with self._translated():
            for file, offsets in places.items():
                if not file.exists():
                    continue
                with file.open("r+b") as keys:
                    for offset in offsets:
                        _write(keys.fileno(), _DESTROYED, offset)
                    os.fsync(keys.fileno())

    def _read_secret(self) -> bytes:
        path = self._folder / _SECRET
        with self._translated():
            if not path.exists():
                self._make_secret(path)
            return path.read_bytes()

    def _make_secret(self, path: Path) -> None:
        """Make it whole or not at all, and only where there is none: replicas may start together."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._folder / f"{_SECRET}.{self._file}"
        unfinished.touch(mode=0o600)
        try:
            with unfinished.open("wb") as file:
                file.write(os.urandom(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                path.hardlink_to(unfinished)
        finally:
            unfinished.unlink()
        self._flush_folder()

    def _flush_folder(self) -> None:
        fd = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _place(self, name: str) -> tuple[Path, int]:
        match = _NAME.fullmatch(name)
        if not match:
            # Tampered with, or of another kind of store: either way, no such key is here.
            return self._folder / "none.keys", 0
        return self._folder / f"{match[1]}.keys", int(match[2]) * KEY_BYTES

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PartUnavailable(
                f"the key store is out of reach: {error.strerror}",
                remedy="see that the folder can be written, and GROUNDWIRE_PROVENANCE_KEY_FOLDER",
                part="keys",
            ) from error


def _write(fd: int, content: bytes, offset: int) -> None:
    """Write all of it. A disk that is nearly full takes a part, and says only of the next write that it is full."""
    while content:
        written = os.pwrite(fd, content, offset)
        content, offset = content[written:], offset + written
