"""What a language model is told: data as lines of JSON, fenced, the part that stays the same first.

The order is made for prefix caches: rules, then the regions of the image, then the documents, then what this question
made of them, then the question. Two questions about one image share all but the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from string import Template
from typing import TYPE_CHECKING, Any, Final

from services.llm.core import sentences
from services.llm.core.pointing import antecedents, last_understood

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.claims import Candidate, Finding, TargetEvidence
    from services.common.plans import Plan, Target
    from services.common.regions import Region
    from services.llm.core.conversation import Conversation
    from services.llm.core.evidence import Material
    from services.llm.core.offers import Offer
    from services.llm.core.passages import Quotable

LETTERING_TOLD: Final = 300
"""Characters of one region's lettering that the model is told."""
QUESTION_TOLD: Final = 300
"""Characters of an earlier question that the model is told."""

_UNFENCED: Final = str.maketrans({"<": "\u2039", ">": "\u203a"})
"""Angle brackets to small angle quotation marks: readable, and no fence or mark is made of them."""


@dataclass(frozen=True, slots=True)
class Messages:
    """A prompt, and the digest of the templates that it was made from, SHA-256 hexadecimal."""

    system: str
    user: str
    digest: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The templates of one operation; `user` has the names in `${}` that `fill` is given."""

    system: str
    user: str

    @property
    def digest(self) -> str:
        """SHA-256 of both templates, 64 hexadecimal digits."""
        return sha256(json.dumps([self.system, self.user]).encode()).hexdigest()

    def fill(self, **data: str) -> Messages:
        """The messages with the data in their places; what the data says is not looked at for further places."""
        return Messages(self.system, Template(self.user).substitute(data), self.digest)


def fenced(text: str) -> str:
    """Text that cannot end its fence, begin another, or spell a chat template's marks."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text).translate(_UNFENCED)


def for_plan(prompt: Prompt, question: str, conversation: Conversation = ()) -> Messages:
    """The prompt for a plan."""
    before = last_understood(conversation)
    named = antecedents(before) if before is not None else ()
    turns = [{"asked": turn.question[:QUESTION_TOLD]} for turn in conversation]
    earlier = [{"earlier": f"e{number}", "words": target.words} for number, target in enumerate(named, start=1)]
    return prompt.fill(conversation=_lines([*turns, *earlier]), question=fenced(question))


def for_claims(prompt: Prompt, material: Material, offer: Offer) -> Messages:
    """The prompt for claims."""
    targets = {target.id: target for target in material.plan.targets}
    asked = {"task": material.plan.task.name.lower(), **_relations(material.plan)}
    evidence = [_evidence(targets.get(target_id), item) for target_id, item in material.evidence.items()]
    findings = [_finding(material.plan, name, *each) for name, each in offer.findings.items()]
    return prompt.fill(
        regions=_lines(_region(material.regions[region_id]) for region_id in offer.regions),
        documents=_lines(_passage(name, said) for name, said in offer.passages.items()),
        evidence=_lines([asked, *evidence, *findings]),
        question=fenced(material.question),
    )


def for_judgement(prompt: Prompt, statement: str) -> Messages:
    """The prompt for a judgement; the pictures go beside it."""
    return prompt.fill(statement=fenced(statement))


def _lines(values: Iterable[dict[str, Any]]) -> str:
    """One JSON object a line. Angle brackets are escaped, so that no lettering can look like a fence or a mark."""
    rows = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values)
    return "\n".join(row.replace("<", "\\u003c").replace(">", "\\u003e") for row in rows)


def _region(region: Region) -> dict[str, Any]:
    box = [round(edge) for edge in (region.box.x_min, region.box.y_min, region.box.x_max, region.box.y_max)]
    facts = {"label": region.label, "lettering": region.text[:LETTERING_TOLD], "score": region.score}
    return {"region": region.id, "box": box} | {name: value for name, value in facts.items() if value}


def _evidence(target: Target | None, item: TargetEvidence) -> dict[str, Any]:
    return {
        "target": item.target_id,
        "words": target.words if target is not None else "the whole picture",
        "candidates": [_candidate(candidate) for candidate in item.candidates],
        "distinct": item.distinct,
        "searched": item.searched,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    facts = {"value": candidate.value, "context": list(candidate.context_region_ids)}
    told = {name: value for name, value in facts.items() if value}
    return {"region": candidate.region_id, "fit": round(candidate.fit, 2)} | told


def _finding(plan: Plan, name: str, target_id: str, finding: Finding) -> dict[str, Any]:
    says = sentences.derived(finding.statement, plan)
    return {"finding": name, "target": target_id, "region": finding.region_id, "says": says}


def _passage(name: str, said: Quotable) -> dict[str, Any]:
    titled = {"title": said.title} if said.title else {}
    return {"passage": name, "document": said.passage.document_id, **titled, "text": said.text}


def _relations(plan: Plan) -> dict[str, Any]:
    relations = [
        f"{r.subject_id} {r.kind.name.lower()} {r.object_id} {r.second_object_id}".strip() for r in plan.relations
    ]
    return {"relations": relations} if relations else {}
