"""A claim's predicate in a form that every kind shares, present and future ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire.v1 import plan_pb2

if TYPE_CHECKING:
    from groundwire.v1 import claim_pb2


@dataclass(frozen=True, slots=True)
class Statement:
    """What a claim states.

    Attributes:
        kind: The predicate's name in the contract.
        label: What it is about, in words; empty where the kind has none.
        value: What is stated of it, in words; empty where the kind states only presence or absence.
    """

    kind: str
    label: str
    value: str

    @property
    def is_presence(self) -> bool:
        """Whether it states that something is in the picture."""
        return self.kind not in ("", "absent", "knowledge") and not (self.kind == "count" and self.value == "0")

    @property
    def is_absence(self) -> bool:
        """Whether it states that something is not in the picture."""
        return self.kind == "absent" or (self.kind == "count" and self.value == "0")

    @property
    def spoken(self) -> str:
        """As a short answer in words: yes, no, 3, red, EXIT."""
        if self.kind in ("exists", "located"):
            return "yes"
        return "no" if self.kind == "absent" else self.value


def statement_of(predicate: claim_pb2.Predicate) -> Statement:
    """What the predicate states."""
    kind = predicate.WhichOneof("kind")
    if kind is None:
        return Statement("", "", "")
    message = getattr(predicate, kind)
    names = {field.name for field in message.DESCRIPTOR.fields}
    label = str(getattr(message, "label" if "label" in names else "key", "")) if names & {"label", "key"} else ""
    value = next((str(getattr(message, name)) for name in ("value", "text", "quote") if name in names), "")
    if kind == "related":
        value = plan_pb2.RelationKind.Name(message.kind).removeprefix("RELATION_KIND_").lower()
    if kind == "state" and getattr(message, "negated", False):
        value = f"not {value}"
    return Statement(kind, label, value)
