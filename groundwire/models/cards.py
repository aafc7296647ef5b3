"""What is written down of a stored model: where it came from, under which licence, and every file with its digest."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from groundwire.models.errors import BadName

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = "model-card.json"

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Names of models. They become names of folders, of Triton's models, and words of records."""

FILE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
"""Names of files in the store: plain ones, so that none leads out of its folder."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a model.

    Attributes:
        name: Its name in the model's folder.
        size: Bytes.
        sha256: Of its content, 64 hexadecimal digits.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A stored model.

    Attributes:
        name: Its name here.
        source: The hub's id of it, as organisation/name; of a model that was brought along, the file's name.
        revision: The commit of the hub's repository; empty for a model that was brought along.
        licence: As its source states it, in SPDX's spelling where it has one; "unstated" where it states none.
        architecture: The network's family, such as mm-grounding-dino.
        runners: What it can do: the folder of the model repository that runs it, by capability.
        weights: Which of the files hold the weights.
        weights_digest: SHA-256 over the weights' files one after the other, in this order; 64 hexadecimal digits.
        files: Every file but the card.
        pulled: When it came, ISO 8601, UTC.
    """

    name: str
    source: str
    revision: str
    licence: str
    architecture: str
    runners: Mapping[str, str]
    weights: tuple[str, ...]
    weights_digest: str
    files: tuple[StoredFile, ...]
    pulled: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def pickled(self) -> bool:
        """Whether weights are pickles, which somebody has allowed."""
        return any(name.endswith(".bin") for name in self.weights)

    def to_json(self) -> str:
        """The card as it is written."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """The card that was written.

        Raises:
            ValueError: It is not one.
        """
        said: dict[str, Any] = json.loads(text)
        try:
            files = tuple(StoredFile(**file) for file in said.pop("files"))
            weights, runners = tuple(said.pop("weights")), dict(said.pop("runners"))
            card = cls(files=files, weights=weights, runners=runners, **said)
            _check(card)
        except (AttributeError, TypeError, KeyError) as error:
            msg = f"it is no card: {error}"
            raise ValueError(msg) from error
        return card


def checked_name(name: str) -> str:
    """The name, if a model can have it.

    Raises:
        BadName: None can.
    """
    if not NAME.fullmatch(name):
        raise BadName(name)
    return name


def _check(card: ModelCard) -> None:
    names = [file.name for file in card.files]
    if not NAME.fullmatch(card.name) or not all(FILE_NAME.fullmatch(name) for name in names):
        msg = "it names a file or a model as none can be named"
        raise ValueError(msg)
    if not set(card.weights) <= set(names):
        msg = "it names weights that are no files"
        raise ValueError(msg)
