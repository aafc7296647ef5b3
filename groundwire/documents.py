"""Text that callers give to be cited beside the picture. What the mesh would refuse is refused here, unsent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from groundwire.errors import InvalidRequest
from groundwire.v1 import claim_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DOCUMENTS: Final = 8
MAX_CHARACTERS: Final = 20_000
MAX_TITLE_CHARACTERS: Final = 200

NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Ids that callers give: of documents, of conversations."""

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")

_MAX_FILE_BYTES: Final = 4 * MAX_CHARACTERS + 3
"""The longest text in UTF-8, and its byte order mark."""


@dataclass(frozen=True, slots=True)
class Document:
    """Text to cite beside the picture. It is data, and is never obeyed.

    Attributes:
        id: What citations call it; 1 to 64 characters of [A-Za-z0-9._-], unique in a question.
        text: The text, 1 to 20,000 characters. Passages are places in exactly this.
        title: For people; at most 200 characters.

    Raises:
        InvalidRequest: One of them is not that.
    """

    id: str
    text: str
    title: str = ""

    def __post_init__(self) -> None:
        """Check all three."""
        if not NAME.fullmatch(self.id):
            raise _refused("id", f"{self.id!r} is no id", "give 1 to 64 characters of [A-Za-z0-9._-]")
        if not self.text.strip():
            raise _refused("text", f"document {self.id} is empty", "leave it out")
        for field, text, most in (("text", self.text, MAX_CHARACTERS), ("title", self.title, MAX_TITLE_CHARACTERS)):
            if len(text) > most:
                problem = f"the {field} of document {self.id} has {len(text):,} characters"
                raise _refused(field, problem, _shorten(field, most))

    @classmethod
    def of_file(cls, path: str | Path) -> Document:
        """The text of a file: its name without ending is the id (with - for what no id has), its name the title.

        Raises:
            InvalidRequest: It cannot be read, is not UTF-8, or is too long or empty.
        """
        file = Path(path)
        content = _read(file)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _unread(file, "is not UTF-8 text", "give plain text", "FILE_NOT_READABLE") from error
        if not text.strip():
            raise _unread(file, "is empty", "leave it out")
        return cls(_NO_NAME.sub("-", file.stem)[:64], text, file.name[:MAX_TITLE_CHARACTERS])

    @property
    def message(self) -> claim_pb2.Document:
        """The document as the contract names it."""
        return claim_pb2.Document(id=self.id, title=self.title, text=self.text)


def messages(documents: Sequence[Document]) -> list[claim_pb2.Document]:
    """The documents of one question.

    Raises:
        InvalidRequest: They are too many, or two have one id.
    """
    if len(documents) > MAX_DOCUMENTS:
        raise InvalidRequest(
            f"{len(documents)} documents are too many",
            remedy=f"give at most {MAX_DOCUMENTS}",
            metadata={"field": "documents"},
        )
    ids = [document.id for document in documents]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise _refused("id", f"two documents are called {twice[0]}", "give each an id (or file name) of its own")
    return [document.message for document in documents]


def _read(file: Path) -> bytes:
    try:
        with file.expanduser().open("rb") as stream:
            content = stream.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise _unread(file, "does not exist", "check the path", "NO_SUCH_FILE") from error
    except IsADirectoryError as error:
        raise _unread(file, "is a folder", "name one file", "NOT_A_FILE") from error
    except (OSError, ValueError, RuntimeError) as error:  # also: a NUL in the name, a home that is not known
        problem = getattr(error, "strerror", None) or str(error)
        remedy = "check the file and its permissions"
        raise _unread(file, f"cannot be read: {problem}", remedy, "FILE_NOT_READABLE") from error
    if len(content) > _MAX_FILE_BYTES:
        raise _unread(file, f"has more than {MAX_CHARACTERS:,} characters", _shorten("text", MAX_CHARACTERS))
    return content


def _shorten(field: str, most: int) -> str:
    several = f", or several documents (at most {MAX_DOCUMENTS})" if field == "text" else ""
    return f"give at most {most:,} characters{several}"


def _refused(field: str, problem: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(problem, remedy=remedy, metadata={"field": f"documents.{field}"})


def _unread(file: Path, problem: str, remedy: str, reason: str = "INVALID_FIELD") -> InvalidRequest:
    facts = {"field": "documents.text", "path": str(file)}
    return InvalidRequest(f"the document {str(file)!r} {problem}", remedy=remedy, reason=reason, metadata=facts)
