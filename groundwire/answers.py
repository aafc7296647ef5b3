"""An answer as callers hold it: a read-only face on the protobuf message, which stays within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from google.protobuf import json_format

from groundwire import drawing, html, images
from groundwire.errors import InvalidRequest, NotFound, PictureFile
from groundwire.v1 import answer_pb2, claim_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image

    from groundwire.v1 import image_pb2, plan_pb2, region_pb2

Drawable: TypeAlias = "Image.Image | str | Path | bytes"
"""A picture to draw on: a Pillow image, a path, or an encoded picture."""


class Answer:
    """What came back for one question about one image.

    Renders itself in a notebook, and onto a picture with `draw`.

    Args:
        proto: The contract's message. It is kept, not copied: treat it as read-only.
        content: The encoded picture that the question was about, where it is at hand.
    """

    def __init__(self, proto: answer_pb2.Answer, *, content: bytes = b"") -> None:
        """Keep both."""
        self._proto = proto
        self._content = content
        self._by_id = {region.id: region for region in proto.regions}

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """The answer that `to_json` wrote.

        Raises:
            InvalidRequest: It is no answer in protobuf JSON.
        """
        try:
            return cls(json_format.Parse(text, answer_pb2.Answer()))
        except json_format.ParseError as error:
            raise InvalidRequest(f"this is no answer: {error}", remedy="give what to_json wrote") from error

    @property
    def proto(self) -> answer_pb2.Answer:
        """The contract's message."""
        return self._proto

    @property
    def id(self) -> str:
        """UUID, hexadecimal with hyphens."""
        return self._proto.id

    @property
    def question(self) -> str:
        """As asked."""
        return self._proto.question

    @property
    def image(self) -> image_pb2.Image:
        """The image that was looked at. Pass it to the next call to spare the upload."""
        return self._proto.image

    @property
    def plan(self) -> plan_pb2.Plan:
        """What the question was taken to need."""
        return self._proto.plan

    @property
    def claims(self) -> Sequence[claim_pb2.Claim]:
        """Statements, most credible first."""
        return tuple(self._proto.claims)

    @property
    def supported(self) -> Sequence[claim_pb2.Claim]:
        """The claims whose every check ran and passed."""
        return tuple(claim for claim in self._proto.claims if claim.verdict == claim_pb2.VERDICT_SUPPORTED)

    @property
    def best(self) -> claim_pb2.Claim | None:
        """The most credible supported claim; None when nothing is supported."""
        return next(iter(self.supported), None)

    @property
    def abstentions(self) -> Sequence[claim_pb2.Abstention]:
        """What was asked and is not answered, and why."""
        return tuple(self._proto.abstentions)

    @property
    def regions(self) -> Sequence[region_pb2.Region]:
        """Every region found on the way, cited or not, from every tier."""
        return tuple(self._proto.regions)

    @property
    def redactions(self) -> Sequence[image_pb2.Redaction]:
        """What was painted over before anyone looked: what the caller named, and what the tenant's policy found."""
        return tuple(self._proto.image.redactions)

    @property
    def documents(self) -> Sequence[claim_pb2.Document]:
        """The texts that could be cited, as they were given."""
        return tuple(self._proto.documents)

    @property
    def conversation(self) -> str:
        """What the question belongs to; empty for nothing."""
        return self._proto.conversation_id

    @property
    def relevance(self) -> Sequence[answer_pb2.Relevance]:
        """Where the models responded to each phrase, where that was asked for. It explains; no claim rests on it.

        Each has a `phrase`, a `grid` of columns and rows over the whole image, and `values`: a byte a cell, row by row
        from the top, 0 for no response, 255 for the strongest possible.
        """
        return tuple(self._proto.relevance)

    @property
    def trace_id(self) -> str:
        """W3C trace id."""
        return self._proto.trace_id

    @property
    def record(self) -> answer_pb2.RecordReceipt:
        """Place in the log, and digest of the record."""
        return self._proto.record

    def claim(self, claim_id: str) -> claim_pb2.Claim:
        """The claim with that id.

        Raises:
            NotFound: There is none.
        """
        for claim in self._proto.claims:
            if claim.id == claim_id:
                return claim
        there = ", ".join(claim.id for claim in self._proto.claims) or "none"
        raise NotFound(f"answer {self.id} has no claim {claim_id!r}", remedy=f"its claims: {there}")

    def region(self, region_id: str) -> region_pb2.Region:
        """The region with that id.

        Raises:
            NotFound: There is none.
        """
        if region_id not in self._by_id:
            raise NotFound(f"answer {self.id} has no region {region_id!r}", remedy="see its regions")
        return self._by_id[region_id]

    def regions_of(
        self, claim: claim_pb2.Claim | str, *roles: claim_pb2.CitationRole.ValueType
    ) -> Sequence[region_pb2.Region]:
        """The regions that a claim cites, in the order of its citations. Passages: see `passages_of`.

        Args:
            claim: A claim of this answer, or its id.
            roles: Which citations to follow; all of them when none is given.

        Raises:
            NotFound: There is no such claim.
        """
        found = self.claim(claim) if isinstance(claim, str) else claim
        cited = [citation for citation in found.citations if not roles or citation.role in roles]
        return tuple(self.region(citation.region_id) for citation in cited if not citation.HasField("passage"))

    def passages_of(self, claim: claim_pb2.Claim | str) -> Sequence[str]:
        """The words that a claim cites from the documents, in the order of its citations.

        Raises:
            NotFound: There is no such claim, or no such document.
        """
        found = self.claim(claim) if isinstance(claim, str) else claim
        return tuple(self._words(citation.passage) for citation in found.citations if citation.HasField("passage"))

    def _words(self, passage: claim_pb2.Passage) -> str:
        for document in self._proto.documents:
            if document.id == passage.document_id:
                return document.text[passage.begin : passage.end]
        raise NotFound(f"answer {self.id} has no document {passage.document_id!r}", remedy="see its documents")

    def to_json(self, *, indent: int | None = 2) -> str:
        """Protobuf JSON; `from_json` reads it back. ASCII throughout, so it is safe on any terminal."""
        return json_format.MessageToJson(self._proto, indent=indent)

    def picture(self) -> Image.Image | None:
        """The upright picture that the question was about, redactions painted over; None when it is not at hand."""
        return images.painted_over(images.decoded(self._content), self.redactions) if self._content else None

    def draw(self, image: Drawable | None = None, *, relevance: bool = True) -> Image.Image:
        """A new picture with the regions drawn on it: cited ones with their claim, the others thin.

        What was redacted is painted over, in the caller's own file too.

        Args:
            image: What to draw on; the picture that was sent when not given.
            relevance: Whether to tint, and mark as explanation, where models responded; where the answer has that.

        Raises:
            InvalidRequest: No picture is at hand, or it has not the size of the answer's.
            PictureFile: The picture cannot be read.
        """
        canvas = self._canvas(image)
        size = self._proto.image.size
        if canvas.size != (size.width, size.height):
            raise InvalidRequest(
                f"the picture is {canvas.width}x{canvas.height}, the answer is about {size.width}x{size.height}",
                remedy="draw on the picture that was asked about, upright",
            )
        return drawing.draw(self._proto, images.painted_over(canvas, self.redactions), relevance=relevance)

    def _canvas(self, image: Drawable | None) -> Image.Image:
        if image is None:
            canvas = self.picture()
            if canvas is None:
                raise InvalidRequest("the picture is not at hand", remedy="pass it: answer.draw(image)")
            return canvas
        return images.decoded(images.picture_of(image).content)

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture with its regions, the claims, the abstentions. Nothing is fetched."""
        try:
            picture = self.picture()
        except PictureFile:  # The mesh could decode it, this machine cannot: the words still stand.
            picture = None
        return html.page(self._proto, picture)

    def __repr__(self) -> str:
        """One line: id, verdicts, abstentions."""
        verdicts = ", ".join(f"{claim.id}={claim_pb2.Verdict.Name(claim.verdict)[8:]}" for claim in self.claims)
        return f"<Answer {self.id} [{verdicts}] {len(self.abstentions)} abstentions>"
