"""The parts that an answer's record commits to, each with a canonical encoding of its own.

A part is canonical JSON: its kind, facts that are not personal, links to other parts by their hashes, and a commitment
to the bytes of the message that it is of, under a salt of the part's own. The parts of an answer make a Merkle tree,
and its root is in the answer's record. So one leaf of the log, made durable by one write, holds every image, region,
model, prompt, plan, claim and check; and whoever is shown a claim's part, its salt and what it links to has a proof of
that claim, and learns nothing of the others but how many parts there are: hashes tell nothing without their salts.

| kind | is of | links to |
|---|---|---|
| question | the question's text | |
| image | `Image` | |
| prompt | `Engine`: who planned or composed, template, sampling | |
| plan | `Plan` without its engine | question, prompt |
| model | `Source`: model, version, weights, tier, the span of the run | |
| region | `Region` without its source | image, model |
| check | `Check` without its source | model, where one looked again |
| claim | `Claim` without its checks | plan, prompt (of the composer), region/<id>, check/<n> |
| abstention | `Abstention` | plan, region/<id> |

Parts are made again from an answer's bytes and the salt of its record: nothing but those two is kept of them, and once
those are erased nobody can make them again.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError

from groundwire.proofs import merkle
from groundwire.proofs.fields import parted, values_of
from groundwire.proofs.merkle import ProofError
from groundwire.v1 import answer_pb2, claim_pb2, image_pb2, plan_pb2, region_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VERSION: Final = 1

QUESTION: Final = "question"
IMAGE: Final = "image"
PROMPT: Final = "prompt"
PLAN: Final = "plan"
MODEL: Final = "model"
REGION: Final = "region"
CHECK: Final = "check"
CLAIM: Final = "claim"
ABSTENTION: Final = "abstention"

_ANSWER: Final = dict(answer_pb2.Answer.DESCRIPTOR.fields_by_name)
_ENGINE: Final = plan_pb2.Plan.ENGINE_FIELD_NUMBER
_REGION_SOURCE: Final = region_pb2.Region.SOURCE_FIELD_NUMBER
_CHECKS: Final = claim_pb2.Claim.CHECKS_FIELD_NUMBER
_CHECK_SOURCE: Final = claim_pb2.Check.SOURCE_FIELD_NUMBER

_json: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode
_NO_FACTS: Final = "{}"


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        kind: What it is of.
        content: The bytes of that, as they stand in the answer.
        salt: What its commitment is made with, 32 bytes.
        links: Hashes of other parts, hexadecimal, by what they are to this one.
        encoded: Its bytes.
        leaf: Its hash in the tree of the parts.
        hash: The same, hexadecimal, as links have it.

    Raises:
        ProofError: The content is none of that kind.
    """

    kind: str
    content: bytes
    salt: bytes
    links: Mapping[str, str] = field(default_factory=dict)
    encoded: bytes = field(init=False, repr=False, compare=False)
    leaf: bytes = field(init=False, repr=False, compare=False)
    hash: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Encode it, once: every part of an answer is hashed before the answer is recorded."""
        links = ",".join([f"{_json(name)}:{_json(self.links[name])}" for name in sorted(self.links)])
        facts = _facts(self.kind, self.content)
        made = commitment(self.salt, self.kind, self.content)
        # As json writes it with sorted keys, at a third of the cost.
        text = f'{{"commitment":"{made}","facts":{facts},"kind":"{self.kind}","links":{{{links}}},"version":{VERSION}}}'
        encoded = text.encode()
        leaf = merkle.leaf_hash(encoded)
        object.__setattr__(self, "encoded", encoded)
        object.__setattr__(self, "leaf", leaf)
        object.__setattr__(self, "hash", leaf.hex())


class Parts:
    """The parts of one answer, in the order of their tree."""

    def __init__(self, content: bytes, salt: bytes) -> None:
        """Take an answer apart.

        Args:
            content: The serialized `Answer`.
            salt: Of its record, 32 bytes; each part's own is made from it.

        Raises:
            ProofError: The bytes are no answer, or it cites a region that it does not have.
        """
        self.all: list[Part] = []
        self.claims: dict[str, int] = {}
        self._salt = salt
        self._counts: Counter[str] = Counter()
        self._models: dict[bytes, str] = {}
        self._prompts: dict[bytes, str] = {}
        self._regions: dict[str, str] = {}
        self._add_answer(_Slices(content))

    @cached_property
    def root(self) -> bytes:
        """Root of the tree over them."""
        return merkle.root([part.leaf for part in self.all])

    def proof(self, index: int) -> list[bytes]:
        """Inclusion proof of one of them in that tree."""
        return merkle.inclusion_proof([part.leaf for part in self.all], index)

    def _add_answer(self, answer: _Slices) -> None:
        question = self._add(QUESTION, answer.only("question"))
        image = self._add(IMAGE, answer.only("image"))
        plan_content, engines = parted(answer.only("plan"), _ENGINE)
        planner, composer = self._prompt(b"".join(engines)), self._prompt(answer.only("composer"))
        plan = self._add(PLAN, plan_content, {"prompt": planner, "question": question})
        for content in answer.every("regions"):
            self._add_region(content, image)
        for content in answer.every("claims"):
            self._add_claim(content, {"plan": plan, "prompt": composer})
        for content in answer.every("abstentions"):
            near = _read(claim_pb2.Abstention, content).near_region_ids
            self._add(ABSTENTION, content, {"plan": plan, **self._links_to(near)})

    def _add_region(self, content: bytes, image: str) -> None:
        rest, sources = parted(content, _REGION_SOURCE)
        links = {"image": image, "model": self._model(b"".join(sources))}
        self._regions[_read(region_pb2.Region, rest).id] = self._add(REGION, rest, links)

    def _add_claim(self, content: bytes, links: Mapping[str, str]) -> None:
        rest, checks = parted(content, _CHECKS)
        claim = _read(claim_pb2.Claim, rest)
        cited = self._links_to(c.region_id for c in claim.citations if not c.HasField("passage"))
        tested = {f"check/{i}": self._add_check(check) for i, check in enumerate(checks)}
        self._add(CLAIM, rest, {**links, **cited, **tested})
        self.claims[claim.id] = len(self.all) - 1

    def _add_check(self, content: bytes) -> str:
        rest, sources = parted(content, _CHECK_SOURCE)
        return self._add(CHECK, rest, {"model": self._model(b"".join(sources))} if sources else {})

    def _prompt(self, content: bytes) -> str:
        if content not in self._prompts:
            self._prompts[content] = self._add(PROMPT, content)
        return self._prompts[content]

    def _model(self, content: bytes) -> str:
        if content not in self._models:
            self._models[content] = self._add(MODEL, content)
        return self._models[content]

    def _links_to(self, region_ids: Any) -> dict[str, str]:
        try:
            return {f"region/{region_id}": self._regions[region_id] for region_id in region_ids}
        except KeyError as error:
            raise ProofError(f"the answer has no region {error.args[0]!r}, and cites it") from error

    def _add(self, kind: str, content: bytes, links: Mapping[str, str] | None = None) -> str:
        number = self._counts[kind]
        self._counts[kind] += 1
        part = Part(kind, content, part_salt(self._salt, kind, number), links or {})
        self.all.append(part)
        return part.hash


class _Slices:
    """The fields of a serialized answer, by name."""

    def __init__(self, content: bytes) -> None:
        self._values = values_of(content)

    def every(self, name: str) -> Sequence[bytes]:
        """The values of a repeated field."""
        return self._values.get(_ANSWER[name].number, ())

    def only(self, name: str) -> bytes:
        """The value of a singular field: messages are merged, of anything else the last one counts."""
        values = self.every(name)
        return b"".join(values if _ANSWER[name].message_type else values[-1:])


def commitment(salt: bytes, name: str, value: bytes) -> str:
    """The commitment to a value, hexadecimal. The name keeps equal values of different meaning apart."""
    return hmac.digest(salt, f"groundwire.v1/{name}".encode() + b"\x00" + value, "sha256").hex()


def part_salt(salt: bytes, kind: str, number: int) -> bytes:
    """The salt of the `number`-th part of a kind, counted from 0. It tells nothing of the salt that it is made from."""
    return hmac.digest(salt, f"groundwire.v1/salt/{kind}/{number}".encode(), "sha256")


def _read(message: Callable[[], Any], content: bytes) -> Any:
    read = message()
    try:
        read.ParseFromString(content)
    except DecodeError as error:
        raise ProofError(f"a part is no {read.DESCRIPTOR.name}") from error
    return read


def _facts(kind: str, content: bytes) -> str:
    """What a part says in the clear, as JSON. Numbers of enumerations, not names: those are a version's own."""
    facts = _FACTS.get(kind)
    if facts is None:
        raise ProofError(f"no part is of the kind {kind!r}")
    message, read = facts
    return read(_read(message, content)) if message else _NO_FACTS


def _no_facts(_: object) -> str:
    return _NO_FACTS


def _prompt_facts(engine: plan_pb2.Engine) -> str:
    return _json(
        {
            "engine": engine.name,
            "seed": engine.seed if engine.HasField("seed") else None,
            "temperature": engine.temperature if engine.HasField("temperature") else None,
            "template": engine.prompt_digest,
            "version": engine.version,
        }
    )


def _plan_facts(plan: plan_pb2.Plan) -> str:
    return f'{{"task":{plan.task}}}'


def _model_facts(source: region_pb2.Source) -> str:
    facts: dict[str, Any] = {
        "capability": source.capability,
        "model": source.model,
        "span": source.span_id,
        "tier": source.tier,
        "trace": source.trace_id,
        "version": source.version,
        "weights": source.weights_digest,
    }
    if source.thresholds:  # records from before they were told have the bytes that they had
        facts["thresholds"] = {each.name: each.value for each in source.thresholds}
    return _json(facts)


def _region_facts(region: region_pb2.Region) -> str:
    return f'{{"id":{_json(region.id)}}}'


def _check_facts(check: claim_pb2.Check) -> str:
    return f'{{"check":{check.kind},"outcome":{check.outcome}}}'


def _cited(citation: claim_pb2.Citation) -> list[Any]:
    """A region and its role; of a passage, the document and its characters as well."""
    if not citation.HasField("passage"):
        return [citation.region_id, citation.role]
    passage = citation.passage
    return [passage.document_id, passage.begin, passage.end, citation.role]


def _claim_facts(claim: claim_pb2.Claim) -> str:
    return _json(
        {
            "citations": [_cited(citation) for citation in claim.citations],
            "id": claim.id,
            "span": claim.span_id,
            "target": claim.predicate.target_id,
            "verdict": claim.verdict,
        }
    )


def _abstention_facts(item: claim_pb2.Abstention) -> str:
    return _json({"reason": item.reason, "target": item.target_id})


_FACTS: Final[Mapping[str, tuple[Callable[[], Any] | None, Callable[[Any], str]]]] = {
    QUESTION: (None, _no_facts),
    IMAGE: (image_pb2.Image, _no_facts),
    PROMPT: (plan_pb2.Engine, _prompt_facts),
    PLAN: (plan_pb2.Plan, _plan_facts),
    MODEL: (region_pb2.Source, _model_facts),
    REGION: (region_pb2.Region, _region_facts),
    CHECK: (claim_pb2.Check, _check_facts),
    CLAIM: (claim_pb2.Claim, _claim_facts),
    ABSTENTION: (claim_pb2.Abstention, _abstention_facts),
}
