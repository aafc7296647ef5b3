"""What a language model is told: data as lines of JSON, fenced, the part that stays the same first.

The order is made for prefix caches: rules, then the regions of the image, then what this question made of them, then
the question. Two questions about one image share all but the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from string import Template
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.claims import Candidate, TargetEvidence
    from services.common.plans import Plan, Target
    from services.common.regions import Region
    from services.llm.core.evidence import Material

REGIONS_TOLD: Final = 256
"""Regions that the model is told of, and can cite, at most; those that the evidence names come first."""
LETTERING_TOLD: Final = 300
"""Characters of one region's lettering that the model is told."""

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


def for_plan(prompt: Prompt, question: str) -> Messages:
    """The prompt for a plan."""
    return prompt.fill(question=fenced(question))


def for_claims(prompt: Prompt, material: Material) -> Messages:
    """The prompt for claims."""
    told = [material.regions[region_id] for region_id in region_ids(material)]
    targets = {target.id: target for target in material.plan.targets}
    lines = [_evidence(targets.get(target_id), item) for target_id, item in material.evidence.items()]
    return prompt.fill(
        regions=_lines(_region(region) for region in told),
        evidence=_lines([{"task": material.plan.task.name.lower(), **_relations(material.plan)}, *lines]),
        question=fenced(material.question),
    )


def for_judgement(prompt: Prompt, statement: str) -> Messages:
    """The prompt for a judgement; the pictures go beside it."""
    return prompt.fill(statement=fenced(statement))


def region_ids(material: Material) -> tuple[str, ...]:
    """The regions that the model is told of, in the order in which they were sent."""
    named = dict.fromkeys(
        region_id
        for item in material.evidence.values()
        for candidate in item.candidates
        for region_id in (candidate.region_id, *candidate.context_region_ids)
    )
    chosen = frozenset([*named, *(r for r in material.regions if r not in named)][:REGIONS_TOLD])
    return tuple(region_id for region_id in material.regions if region_id in chosen)


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


def _relations(plan: Plan) -> dict[str, Any]:
    relations = [f"{r.subject_id} {r.kind.name.lower()} {r.object_id}" for r in plan.relations]
    return {"relations": relations} if relations else {}
