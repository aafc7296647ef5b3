"""The table of questions and the plans that they should give, `questions.jsonl`, one question a line.

    {"question": "Is there a red cup on the table?", "task": "EXISTS",
     "targets": ["[red] cup", "table"], "relations": ["t1 ON t2"]}

A target is its attributes in brackets, its noun, its literal text in quotes and, for lettering, the field in angles.
Rows of task UNKNOWN are questions that the rules do not understand and must not guess at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.common.plans import Plan, Relation, RelationKind, Target, Task, TextField
from services.llm.core.planner import ENGINE

PATH: Final = Path(__file__).with_name("questions.jsonl")

_TARGET: Final = re.compile(r'(?:\[([^\]]*)\] ?)?([^"<]*?) ?(?:"([^"]*)")? ?(?:<(\w+)>)?')


@dataclass(frozen=True)
class Row:
    question: str
    plan: Plan


def target(number: int, text: str) -> Target:
    match = _TARGET.fullmatch(text)
    assert match is not None, text
    attributes, noun, literal, field = match.groups()
    return Target(
        f"t{number}",
        noun=noun,
        attributes=tuple(attributes.split(", ")) if attributes else (),
        literal_text=literal or "",
        is_text=field is not None,
        text_field=TextField[field.upper()] if field else TextField.ANY,
    )


def plan(task: str, *targets: str, relations: tuple[str, ...] = ()) -> Plan:
    triples = [relation.split() for relation in relations]
    return Plan(
        Task[task],
        ENGINE,
        tuple(target(number, text) for number, text in enumerate(targets, start=1)),
        tuple(Relation(subject, RelationKind[kind], other) for subject, kind, other in triples),
    )


def rows() -> list[Row]:
    read = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
    return [
        Row(r["question"], plan(r["task"], *r.get("targets", ()), relations=tuple(r.get("relations", ()))))
        for r in read
    ]
