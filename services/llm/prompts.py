"""The prompts, from the template files of this package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from services.llm.core.prompting import Prompt

PACKAGE = "services.llm"


@dataclass(frozen=True, slots=True)
class Prompts:
    """One prompt an operation."""

    plan: Prompt
    compose: Prompt
    judge: Prompt


def load() -> Prompts:
    """The prompts of this version."""
    return Prompts(_prompt("plan"), _prompt("compose"), _prompt("judge"))


def _prompt(name: str) -> Prompt:
    folder = files(PACKAGE) / "templates"
    return Prompt(
        (folder / f"{name}_system.txt").read_text(encoding="utf-8"),
        (folder / f"{name}_user.txt").read_text(encoding="utf-8"),
    )
