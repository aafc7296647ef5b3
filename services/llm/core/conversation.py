"""Earlier turns of a conversation: what "it" and "the one next to it" go back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.common.plans import Plan


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, and what it was taken to need."""

    question: str
    plan: Plan


Conversation = tuple[Turn, ...]
"""Turns before a question, oldest first."""
