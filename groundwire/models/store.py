"""The folder in which models are kept. A model is in it whole and checked, or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from groundwire.models import cards
from groundwire.models.cards import ModelCard, StoredFile, checked_name
from groundwire.models.errors import BadName, ModelError, NotStored, WrongDigest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER: Final = "models"
BLOCK_BYTES: Final = 1 << 20


class Store:
    """The models of a mesh's home.

    What is on its way in has a name with a dot before it, which no model can have: whatever lists or loads models
    passes it over.

    Args:
        home: The folder of the mesh's state.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def cards(self) -> tuple[ModelCard, ...]:
        """Every stored model whose card can be read, by name."""
        found = []
        for path in sorted(self._folder.glob(f"[!.]*/{cards.FILE}")):
            with suppress(ModelError, BadName):
                found.append(self.card(path.parent.name))
        return tuple(found)

    def card(self, name: str) -> ModelCard:
        """A stored model.

        Raises:
            BadName, NotStored: There is none of that name.
            ModelError: Its card cannot be read.
        """
        path = self.path(name) / cards.FILE
        try:
            return ModelCard.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotStored(name) from None
        except ValueError as error:
            raise ModelError(
                f"the card of the model {name} cannot be read: {error}",
                remedy=f"groundwire models remove {name}, then pull or add it again",
                reason="MODEL_CARD",
            ) from error

    def path(self, name: str) -> Path:
        """The folder of a model, whether or not it is there.

        Raises:
            BadName: No model can have that name.
        """
        return self._folder / checked_name(name)

    @contextmanager
    def arriving(self, name: str) -> Iterator[Path]:
        """A folder in which to gather a model's files; what an interrupted arrival left is still in it.

        One arrival of a model at a time: another process that wants the same one waits.
        """
        checked_name(name)
        folder = self._folder / f".{name}.partial"
        folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f".{name}.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder.mkdir(exist_ok=True)
            try:
                yield folder
            finally:
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

    def admit(self, card: ModelCard, arrived: Path) -> None:
        """Put what has arrived under its name, in place of what was there.

        Args:
            card: What it is; every file of it has been checked.
            arrived: The folder that `arriving` gave. What the card does not name is left out.
        """
        kept = {file.name for file in card.files}
        for path in arrived.iterdir():
            if path.name not in kept:
                _remove(path)
        written = arrived / cards.FILE
        written.write_text(card.to_json(), encoding="utf-8")
        for path in arrived.iterdir():
            _sync(path)
        place, old = self.path(card.name), self._folder / f".{card.name}.old"
        _remove(old)
        if place.exists():
            place.replace(old)
        arrived.replace(place)
        _sync(self._folder)
        _remove(old)

    def verify(self, card: ModelCard) -> None:
        """Return when every file is there as its card says.

        Raises:
            WrongDigest: One is not.
        """
        for file in card.files:
            path = self.path(card.name) / file.name
            if not path.is_file() or stored(path) != file:
                raise WrongDigest(
                    f"{file.name} of the model {card.name} is not what was stored",
                    remedy=f"get it again: groundwire models remove {card.name}, then pull or add it",
                )

    def remove(self, name: str) -> int:
        """Remove a model, and what is left of one half arrived; the bytes that this frees.

        Raises:
            BadName, NotStored: There is none.
        """
        place, partial = self.path(name), self._folder / f".{name}.partial"
        if not place.exists() and not partial.exists():
            raise NotStored(name)
        freed = sum(path.stat().st_size for folder in (place, partial) for path in folder.rglob("*") if path.is_file())
        _remove(place)
        _remove(partial)
        (self._folder / f".{name}.lock").unlink(missing_ok=True)
        return freed

    def free_bytes(self) -> int:
        """What its disk has room for."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free


def stored(path: Path) -> StoredFile:
    """What a file is."""
    return StoredFile(path.name, path.stat().st_size, digest([path]))


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over files one after the other, 64 hexadecimal digits."""
    running = hashlib.sha256()
    for path in paths:
        with path.open("rb") as content:
            while block := content.read(BLOCK_BYTES):
                running.update(block)
    return running.hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have what was written reach the disk before anything says that it is there."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}", remedy="see to the disk") from error
    finally:
        os.close(handle)
