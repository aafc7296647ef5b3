"""Objects in a local folder or a bucket, by URL, through obstore."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from services.common.errors import MeshError, PartUnavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from services.perception.ports import Objects

WRITE_CHECK_KEY: Final = "writable"
"""Object that `writable` writes."""

WRITE_CHECK_INTERVAL_S: Final = 30.0
"""How long a successful write check is believed, seconds: readiness is asked every second, and buckets charge."""

RETRY_TIMEOUT: Final = timedelta(seconds=10)
"""How long obstore itself tries a bucket again."""

FOREIGN: Final = (BaseError, OSError, ValueError)
"""What obstore raises."""


class ObstoreObjects:
    """The port `Objects` on an obstore store. `name` is how errors call it, without credentials."""

    def __init__(self, store: ObjectStore, *, name: str) -> None:
        self._store = store
        self._name = name
        self._writable_until = 0.0

    async def get(self, key: str) -> bytes | None:
        """The bytes; None where there are none under this key."""
        try:
            result = await self._store.get_async(key)
            return bytes(await result.bytes_async())
        except (NotFoundError, FileNotFoundError):
            return None
        except FOREIGN as error:
            raise self._unavailable("read from") from error

    async def put(self, key: str, content: bytes) -> None:
        """Keep the bytes under a key; what is there already stays as it is."""
        try:
            # In one piece: a multipart upload would overwrite what is there.
            with suppress(AlreadyExistsError):
                await self._store.put_async(key, content, mode="create", use_multipart=False)
        except FOREIGN as error:
            raise self._unavailable("written to") from error

    async def exists(self, key: str) -> bool:
        """Whether there are bytes under a key."""
        try:
            await self._store.head_async(key)
        except (NotFoundError, FileNotFoundError):
            return False
        except FOREIGN as error:
            raise self._unavailable("read from") from error
        return True

    async def delete(self, key: str) -> bool:
        """Keep nothing under a key; whether there was something."""
        if not await self.exists(key):
            return False
        try:
            await self._store.delete_async(key)
        except (NotFoundError, FileNotFoundError):
            return False
        except FOREIGN as error:
            raise self._unavailable("erased from") from error
        return True

    async def writable(self) -> None:
        """Return when the store takes writes."""
        if time.monotonic() < self._writable_until:
            return
        try:
            await self._store.put_async(WRITE_CHECK_KEY, b"", use_multipart=False)
        except FOREIGN as error:
            raise self._unavailable("written to") from error
        self._writable_until = time.monotonic() + WRITE_CHECK_INTERVAL_S

    def _unavailable(self, verb: str) -> PartUnavailable:
        return PartUnavailable(
            f"the object store {self._name} cannot be {verb}",
            remedy="see that it exists, has room and admits this service",
            part="objects",
            address=self._name,
        )


def open_objects(url: str) -> Objects:
    """The objects at `url`: file:///an/absolute/folder (made if missing), s3://…, gs://…, az://… or memory:///.

    Raises:
        MeshError: The URL names nothing that can be opened.
    """
    try:
        store = _store(url)
    except FOREIGN as error:
        raise MeshError(
            "the object store's URL cannot be opened",
            remedy="set GROUNDWIRE_PERCEPTION_OBJECTS_URL to file:///an/absolute/folder or to a bucket, s3://…",
            part="objects",
        ) from error
    return ObstoreObjects(store, name=url.split("?", 1)[0].rsplit("@", 1)[-1])


def _store(url: str) -> ObjectStore:
    if url.startswith("file:"):
        if not url.startswith("file:///"):
            raise ValueError(url)
        return LocalStore.from_url(url, mkdir=True)
    if url.startswith("memory:"):
        return from_url(url)
    return from_url(url, retry_config={"max_retries": 3, "retry_timeout": RETRY_TIMEOUT})
