"""What the form of a question says, as fusion is asked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from groundwire.v1 import answer_pb2, claim_pb2, grounding_service_pb2, image_pb2
from services.common.errors import InvalidField
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STAKES: Final = {
    "casual": answer_pb2.STAKES_CASUAL,
    "standard": answer_pb2.STAKES_STANDARD,
    "critical": answer_pb2.STAKES_CRITICAL,
}

NEW: Final = "new"
"""A conversation that is to be opened; its name is made here."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sent.

    Attributes:
        said: Its words by name.
        picture: The picture; empty where there is none.
        documents: Titles and texts to cite beside the picture.
    """

    said: Mapping[str, str]
    picture: bytes
    documents: Sequence[tuple[str, str]] = ()

    def request(self) -> grounding_service_pb2.AskRequest:
        """The question in it.

        Raises:
            InvalidField: It has no picture, or stakes that do not exist.
        """
        stakes = self.said.get("stakes") or "standard"
        if stakes not in STAKES:
            raise InvalidField("stakes", "there are no such stakes", remedy=f"one of {', '.join(STAKES)}")
        return grounding_service_pb2.AskRequest(
            image=self._image(),
            question=self.said.get("question", ""),
            stakes=STAKES[stakes],
            documents=self._documents(),
            conversation_id=self._conversation(),
            with_relevance=bool(self.said.get("relevance")),
        )

    def _image(self) -> image_pb2.ImageInput:
        """The picture that was sent, else the one that is named."""
        if self.picture:
            return image_pb2.ImageInput(content=self.picture)
        if self.said.get("image"):
            return image_pb2.ImageInput(digest=wire.digest(self.said["image"], "image"))
        raise InvalidField("image", "there is no picture", remedy="choose or drop one")

    def _documents(self) -> Sequence[claim_pb2.Document]:
        """Those that say anything, in their order. Browsers end lines in CR LF; the texts had LF."""
        held = [(title, text.replace("\r\n", "\n")) for title, text in self.documents if text.strip()]
        return [
            claim_pb2.Document(id=f"d{number}", title=title, text=text) for number, (title, text) in enumerate(held, 1)
        ]

    def _conversation(self) -> str:
        named = self.said.get("conversation", "")
        return f"console-{secrets.token_hex(8)}" if named == NEW else named
