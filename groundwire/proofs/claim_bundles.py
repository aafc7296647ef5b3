"""A bundle of one claim: one JSON file that proves it with no server at hand, and tells nothing of the other claims.

It holds the parts that the claim's own leads to, in the clear: its regions, their image and models, its checks, who
composed, and on request the question and the plan. Of every other part of the answer it holds no more than hashes that
nobody can guess behind.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from groundwire.proofs import merkle, parts, records
from groundwire.proofs.bundles import Bundle, named
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import PublicKey, checkpoint_of
from groundwire.proofs.outcomes import Finding, Outcome
from groundwire.proofs.parts import Part, Parts
from groundwire.proofs.proved import Proved, bytes_of, hashes_of, number_of, text_of, words_of
from groundwire.proofs.records import SALT_BYTES, AnswerRecord
from groundwire.v1 import claim_pb2, region_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundwire.v1 import provenance_service_pb2

FORMAT: Final = "groundwire.claim/1"

ON_REQUEST: Final = frozenset({parts.QUESTION, parts.PLAN})
"""What the question says goes along only where it is asked for."""


@dataclass(frozen=True, slots=True)
class ClaimBundle:
    """What it takes to check a claim.

    Attributes:
        proved: The answer's record.
        place: The claim's place in the tree of the answer's parts.
        path: Its inclusion proof in that tree.
        shown: The claim's part, then what it leads to.
        checkpoint: A signed note; empty where none reached the record.
        public_key: The key that is said to have signed it, in text form.
    """

    proved: Proved
    place: int
    path: tuple[bytes, ...]
    shown: tuple[Part, ...]
    checkpoint: str
    public_key: str

    @classmethod
    def of(
        cls, proof: provenance_service_pb2.GetInclusionProofResponse, claim_id: str, *, with_question: bool = False
    ) -> Self:
        """The bundle of a claim, from what the log says about its answer.

        Raises:
            ProofError: The answer has no such claim, is not here, or was recorded before claims had parts.
        """
        said = records.parse(proof.record)
        if not isinstance(said, AnswerRecord) or not proof.HasField("opening"):
            raise ProofError("the answer's content is not here")
        if said.parts is None:
            raise ProofError("the answer was recorded before claims had proofs of their own: bundle all of it")
        answer = Parts(proof.opening.content, proof.opening.salt)
        place = answer.claims.get(claim_id)
        if place is None:
            raise ProofError(f"the answer has no claim {claim_id}")
        by_hash = {part.hash: part for part in answer.all}
        left_out = frozenset[str]() if with_question else ON_REQUEST
        shown = tuple(_reached(by_hash, answer.all[place], left_out))
        path = tuple(answer.proof(place))
        proved = Proved(proof.index, proof.record, tuple(proof.hashes))
        return cls(proved, place, path, shown, proof.checkpoint, proof.public_key)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Self:
        """The bundle that JSON describes.

        Raises:
            ProofError: It is none.
        """
        try:
            return cls(
                proved=Proved.parse(said["record"]),
                place=number_of(said["place"]),
                path=hashes_of(said["path"]),
                shown=tuple(_part(each) for each in said["parts"]),
                checkpoint=words_of(said["checkpoint"]),
                public_key=words_of(said["public_key"]),
            )
        except ProofError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ProofError(f"it is no bundle, or a part of it is missing: {error}") from error

    @property
    def text(self) -> str:
        """What a file of it holds."""
        said = {
            "format": FORMAT,
            "record": self.proved.said,
            "place": self.place,
            "path": [text_of(value) for value in self.path],
            "parts": [_said(part) for part in self.shown],
            "checkpoint": self.checkpoint,
            "public_key": self.public_key,
        }
        return json.dumps(said, indent=2) + "\n"

    def verify(self, key: PublicKey) -> Finding:
        """Check all of it against a key that the reader trusts; what the bundle says of keys counts for nothing."""
        try:
            return self._verify(key)
        except ProofError as error:
            return Finding(Outcome.INVALID, str(error))

    @property
    def claim(self) -> claim_pb2.Claim:
        """The claim, without its checks."""
        return claim_pb2.Claim.FromString(self.shown[0].content)

    @property
    def regions(self) -> Sequence[tuple[region_pb2.Region, region_pb2.Source]]:
        """The regions that it cites, each with the run that found it."""
        by_hash = {part.hash: part for part in self.shown}
        return [
            (
                region_pb2.Region.FromString(part.content),
                region_pb2.Source.FromString(by_hash[part.links["model"]].content),
            )
            for part in self.shown
            if part.kind == parts.REGION
        ]

    @property
    def checks(self) -> Sequence[claim_pb2.Check]:
        """The checks that it went through, each without its run."""
        return [claim_pb2.Check.FromString(part.content) for part in self.shown if part.kind == parts.CHECK]

    def _verify(self, key: PublicKey) -> Finding:
        # 1. The record is an answer's, over a tree of parts.
        said = named(records.parse, self.proved.record, f"record {self.proved.index}")
        if not isinstance(said, AnswerRecord) or said.parts is None:
            raise ProofError(f"record {self.proved.index} is not of an answer with parts")
        # 2. The claim is one of those parts, and everything that it rests on is here and is what it links to.
        if not self.shown or self.shown[0].kind != parts.CLAIM:
            raise ProofError("it has no claim")
        claim = self.shown[0]
        root = bytes_of_hex(said.parts.root)
        named(
            lambda path: merkle.verify_inclusion(claim.leaf, self.place, said.parts.count, path, root),
            self.path,
            "the claim is not a part of the answer",
        )
        self._check_links()
        claim_id = claim_pb2.Claim.FromString(claim.content).id
        # 3. The record is in the log that was signed.
        if not self.checkpoint:
            return Finding(Outcome.UNANCHORED, f"no checkpoint reaches record {self.proved.index} yet")
        checkpoint = named(lambda note: checkpoint_of(note, key), self.checkpoint, "checkpoint")
        self.proved.check_in(checkpoint)
        where = f"record {self.proved.index} of {checkpoint.size} in {checkpoint.origin}"
        return Finding(Outcome.VALID, f"claim {claim_id} of answer {said.answer_id}, {where}")

    def _check_links(self) -> None:
        by_hash = {part.hash: part for part in self.shown}
        reached = list(_reached(by_hash, self.shown[0], ON_REQUEST if not self._has_question else frozenset()))
        if len(reached) != len(self.shown):
            raise ProofError("it has a part that the claim does not lead to")
        claim = claim_pb2.Claim.FromString(self.shown[0].content)
        for citation in claim.citations:
            if citation.HasField("passage"):
                continue  # the claim itself holds the quotation
            link = self.shown[0].links.get(f"region/{citation.region_id}")
            if link is None or _region_id(by_hash[link]) != citation.region_id:
                raise ProofError(f"the claim cites {citation.region_id}, and links to another region")

    @property
    def _has_question(self) -> bool:
        return any(part.kind in ON_REQUEST for part in self.shown)


def bundle_in(text: str) -> Bundle | ClaimBundle:
    """The bundle in a file, of a claim or of a whole answer.

    Raises:
        ProofError: It is none.
    """
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"it is no bundle: {error}") from error
    if isinstance(said, dict) and said.get("format") == FORMAT:
        return ClaimBundle.parse(said)
    return Bundle.parse(text)


def bytes_of_hex(text: str) -> bytes:
    """A hash from its hexadecimal digits.

    Raises:
        ProofError: They are none.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise ProofError("a hash is none") from error


def _reached(by_hash: Mapping[str, Part], part: Part, left_out: frozenset[str]) -> Iterator[Part]:
    """A part and all that it leads to, each once, but for the kinds that are left out.

    Raises:
        ProofError: One is missing.
    """
    waiting, seen = [part], {part.hash}
    while waiting:
        part = waiting.pop(0)
        yield part
        for name, link in part.links.items():
            if name in left_out or link in seen:
                continue
            if link not in by_hash:
                raise ProofError(f"the {part.kind} leads to a {name} that is not here, or is another one")
            seen.add(link)
            waiting.append(by_hash[link])


def _region_id(part: Part) -> str:
    return region_pb2.Region.FromString(part.content).id if part.kind == parts.REGION else ""


def _said(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "content": text_of(part.content),
        "salt": text_of(part.salt),
        "links": dict(part.links),
    }


def _part(said: Mapping[str, Any]) -> Part:
    links: Sequence[tuple[object, object]] = list(said["links"].items())
    part = Part(
        words_of(said["kind"]),
        bytes_of(said["content"]),
        bytes_of(said["salt"]),
        {words_of(name): words_of(link) for name, link in links},
    )
    if len(part.salt) != SALT_BYTES:
        raise ProofError(f"a salt has {len(part.salt)} bytes, not {SALT_BYTES}")
    return part
