"""Copies of checkpoints in a folder or bucket of their own, by URL, through obstore."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from services.common.errors import MeshError, PartUnavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from services.provenance.ports import Copies

RETRY_TIMEOUT: Final = timedelta(seconds=10)
"""How long obstore itself tries a bucket again."""

FOREIGN: Final = (BaseError, OSError, ValueError)
"""What obstore raises."""


class ObstoreCopies:
    """The port `Copies`: one object a checkpoint, named for its size, written once."""

    def __init__(self, store: ObjectStore, *, name: str) -> None:
        """`name` is how errors call the store, without credentials."""
        self._store = store
        self._name = name

    async def keep(self, size: int, note: str) -> str:
        """See `Copies`."""
        try:
            with suppress(AlreadyExistsError):
                await self._store.put_async(_key(size), note.encode(), mode="create", use_multipart=False)
            return await self._read(_key(size))
        except FOREIGN as error:
            raise self._unavailable() from error

    async def newest(self, at_least: int) -> str | None:
        """See `Copies`."""
        newest = ""
        try:
            async for page in self._store.list(offset=_key(at_least - 1) if at_least > 0 else None):
                newest = max(newest, *(str(found["path"]) for found in page))
            return await self._read(newest) if newest else None
        except FOREIGN as error:
            raise self._unavailable() from error

    async def _read(self, key: str) -> str:
        result = await self._store.get_async(key)
        return bytes(await result.bytes_async()).decode()

    def _unavailable(self) -> PartUnavailable:
        return PartUnavailable(
            f"the copies of checkpoints at {self._name} are out of reach",
            remedy="see that it exists, has room and admits this service, and GROUNDWIRE_PROVENANCE_CHECKPOINT_URL",
            part="checkpoints",
            address=self._name,
        )


def open_copies(url: str) -> Copies:
    """The copies at `url`: file:///an/absolute/folder (made if missing), or s3://…, gs://…, az://… for a bucket.

    Raises:
        MeshError: The URL names nothing that can be opened.
    """
    try:
        store = _store(url)
    except FOREIGN as error:
        raise MeshError(
            "the URL for copies of checkpoints cannot be opened",
            remedy="set GROUNDWIRE_PROVENANCE_CHECKPOINT_URL to file:///an/absolute/folder or to a bucket, s3://…",
            part="checkpoints",
        ) from error
    return ObstoreCopies(store, name=url.split("?", 1)[0].rsplit("@", 1)[-1])


def _key(size: int) -> str:
    # Names in the order of sizes: a bucket lists by name.
    return f"{size:020d}.checkpoint"


def _store(url: str) -> ObjectStore:
    if url.startswith("file:"):
        if not url.startswith("file:///"):
            raise ValueError(url)
        return LocalStore.from_url(url, mkdir=True)
    return from_url(url, retry_config={"max_retries": 3, "retry_timeout": RETRY_TIMEOUT})
