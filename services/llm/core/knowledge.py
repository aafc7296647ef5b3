"""Claims that quote the caller's documents: the sentences that mention what was read in the picture, or asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.common.claims import Citation, CitationRole, ClaimDraft, Knowledge
from services.llm.core import sentences
from services.llm.core.nouns import singular
from services.llm.core.passages import quotable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.common.claims import Candidate
    from services.common.plans import Target
    from services.llm.core.evidence import Material
    from services.llm.core.passages import Quotable

QUOTED: Final = 2
"""Sentences that the rules quote in one answer, at most."""
SHORTEST: Final = 3
"""Characters of a term that says something of itself; shorter ones stand everywhere."""
READ: Final = 2
ASKED: Final = 1
"""What a mention of what was read weighs, and of what was asked for."""

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A sentence that mentions something.

    Attributes:
        said: The sentence.
        target_id: Of the target that it mentions.
        region_id: Of the region that the target was found in.
        weight: How much it mentions of it.
    """

    said: Quotable
    target_id: str
    region_id: str
    weight: int


@dataclass(frozen=True, slots=True)
class _Term:
    words: frozenset[str]
    target_id: str
    region_id: str
    weight: int


def mentions(material: Material) -> tuple[Mention, ...]:
    """The sentences that mention what the evidence found, those that mention the most first, then in their order."""
    terms = tuple(_terms(material))
    found = [
        mention
        for document in material.documents.values()
        for said in quotable(document)
        if (mention := _mention(said, terms)) is not None
    ]
    return tuple(sorted(found, key=lambda mention: -mention.weight))


def _mention(said: Quotable, terms: Iterable[_Term]) -> Mention | None:
    words = frozenset(_words(said.text))
    met = [term for term in terms if term.words <= words]
    if not met:
        return None
    best = max(met, key=lambda term: term.weight)
    return Mention(said, best.target_id, best.region_id, sum({term.words: term.weight for term in met}.values()))


def _terms(material: Material) -> Iterator[_Term]:
    targets = {target.id: target for target in material.plan.targets}
    for target_id, found in material.evidence.items():
        for candidate in found.candidates:
            yield from _term(_lettering(material, candidate), target_id, candidate, READ)
        target = targets.get(target_id)
        if target is not None and found.candidates:
            yield from _term(_name(target), target_id, found.candidates[0], ASKED)


def _lettering(material: Material, candidate: Candidate) -> str:
    return candidate.value or material.regions[candidate.region_id].text


def _name(target: Target) -> str:
    """What a thing is called; what lettering is called, such as "total", says nothing of this one."""
    return "" if target.is_text else target.noun


def _term(text: str, target_id: str, candidate: Candidate, weight: int) -> Iterator[_Term]:
    words = frozenset(_WORD.findall(text.casefold()))
    if any(len(word) >= SHORTEST for word in words):
        yield _Term(words, target_id, candidate.region_id, weight)


def _words(text: str) -> Iterator[str]:
    """The words of a sentence, and those that look like plurals in the singular too."""
    for word in _WORD.findall(text.casefold()):
        yield word
        yield singular(word)


def claims(material: Material) -> Iterator[ClaimDraft]:
    """What the rules quote: of what is mentioned the most, a sentence or two."""
    found = mentions(material)
    for mention in found[:QUOTED]:
        if mention.weight == found[0].weight:
            yield draft(mention)


def draft(mention: Mention) -> ClaimDraft:
    """The claim that quotes a sentence: the passage carries it, and the region shows what it is about."""
    return ClaimDraft(
        sentences.knowledge(mention.said.text, mention.said.title),
        mention.target_id,
        Knowledge(mention.said.text),
        (
            Citation("", CitationRole.SUPPORTS, mention.said.passage),
            Citation(mention.region_id, CitationRole.CONTEXT),
        ),
    )
