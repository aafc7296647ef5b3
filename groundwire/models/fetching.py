"""Model folders from an object store, into a folder that Triton loads from: a pod's way in, with no volume to share."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import from_url

from groundwire.models.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore


def fetch(url: str, folder: Path) -> tuple[int, int]:
    """Copy everything under a URL into a folder; how many files, and how many bytes.

    Args:
        url: s3://bucket/prefix, gs://…, az://… or file:///…; credentials come from the environment.
        folder: Where to; made if missing. What is there already under the same name is replaced.

    Raises:
        ModelError: The store cannot be read, holds nothing there, or names a file outside the folder.
        OSError: The folder cannot be written to.
    """
    try:
        store: ObjectStore = from_url(url)
        found = [(str(each["path"]), int(each["size"])) for page in store.list() for each in page]
        if not found:
            raise ModelError(
                "there is nothing to fetch at that URL", remedy="see that it names the folder of the models"
            )
        for path, _ in found:
            _copy(store, path, folder)
    except (BaseError, ValueError) as error:
        raise ModelError(
            f"the models cannot be fetched: {type(error).__name__}",
            remedy="see that the URL is right and that the environment has the credentials for it",
        ) from error
    return len(found), sum(size for _, size in found)


def _copy(store: ObjectStore, path: str, folder: Path) -> None:
    """One file, under its name when it is whole."""
    target = folder / _inside(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    with partial.open("wb") as file:
        for chunk in store.get(path).stream():
            file.write(bytes(chunk))
    partial.replace(target)


def _inside(path: str) -> PurePosixPath:
    """A path that stays in the folder.

    Raises:
        ModelError: It does not.
    """
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path or "\0" in path:
        raise ModelError("the store names a file outside the models' folder", remedy="see who writes to that bucket")
    return parts
