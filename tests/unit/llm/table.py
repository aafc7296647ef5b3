"""Tables of questions and the plans that they should give, one question a line.

    {"question": "Is there a red cup on the table?", "task": "EXISTS",
     "targets": ["[red] cup", "table"], "relations": ["t1 ON t2"]}

A target is its attributes in brackets, its noun, its literal text in quotes, for lettering the field in angles, and its
rank as "@FROM_LEFT 2"; "^" before it says that it is what an earlier turn was about. A row can have an "aspect",
"least", and a "conversation": the questions before it. Rows of task UNKNOWN are questions that the rules do not
understand and must not guess at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.common.plans import Aspect, Order, Plan, Rank, Relation, RelationKind, Target, Task, TextField
from services.llm.core import planner
from services.llm.core.conversation import Conversation, Turn
from services.llm.core.planner import ENGINE

FOLDER: Final = Path(__file__).parent
PATH: Final = FOLDER / "questions.jsonl"

_TARGET: Final = re.compile(r'(\^)?(?:\[([^\]]*)\] ?)?([^"<@]*?) ?(?:"([^"]*)")? ?(?:<(\w+)>)? ?(?:@(\w+) (\d+))?')


@dataclass(frozen=True)
class Row:
    question: str
    plan: Plan
    before: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The task, and whether it takes the conversation to see it."""
        return f"{self.plan.task.name}{' (goes on)' if self.before else ''}"


def target(number: int, text: str) -> Target:
    match = _TARGET.fullmatch(text)
    assert match is not None, text
    earlier, attributes, noun, literal, field, order, place = match.groups()
    return Target(
        f"t{number}",
        noun=noun,
        attributes=tuple(attributes.split(", ")) if attributes else (),
        literal_text=literal or "",
        is_text=field is not None,
        text_field=TextField[field.upper()] if field else TextField.ANY,
        rank=Rank(Order[order], int(place)) if order else None,
        earlier=earlier is not None,
    )


def relation(text: str) -> Relation:
    subject, kind, *others = text.split()
    return Relation(subject, RelationKind[kind], *others)


def plan(task: str, *targets: str, relations: tuple[str, ...] = (), aspect: str = "NONE", least: bool = False) -> Plan:
    return Plan(
        Task[task],
        ENGINE,
        tuple(target(number, text) for number, text in enumerate(targets, start=1)),
        tuple(map(relation, relations)),
        Aspect[aspect],
        least,
    )


def spoken(questions: tuple[str, ...]) -> Conversation:
    """A conversation of these questions, as the rules plan it turn by turn."""
    turns: Conversation = ()
    for question in questions:
        turns = (*turns, Turn(question, planner.plan(question, turns)))
    return turns


def rows(path: Path = PATH) -> list[Row]:
    return [_row(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _row(read: dict[str, Any]) -> Row:
    wanted = plan(
        read["task"],
        *read.get("targets", ()),
        relations=tuple(read.get("relations", ())),
        aspect=read.get("aspect", "NONE"),
        least=read.get("least", False),
    )
    return Row(read["question"], wanted, tuple(read.get("conversation", ())))
