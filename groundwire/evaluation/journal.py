"""Every answer, written down as it comes, so that a run that breaks goes on where it was.

JSON Lines: a head that says what was asked of which mesh, a line a call, and a last line when all was asked. A journal
without its last line is taken up again by a run with the same head; any other is put aside and never overwritten.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TextIO

from groundwire.evaluation.errors import RunNotReadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "groundwire.eval.journal/1"


@dataclass(frozen=True, slots=True)
class Call:
    """One call and what came of it.

    Attributes:
        example: The example's id.
        answer: The answer in protobuf JSON; None where there was an error.
        error: The reason of the error; empty where there was none.
        message: The error in words.
        seconds: How long the caller waited.
    """

    example: str
    answer: Mapping[str, Any] | None
    error: str = ""
    message: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Journal:
    """The file of a run that goes on; use it in a `with`.

    Attributes:
        path: Where.
        head: What was asked of which mesh: plain JSON data.
        calls: What is written, by example; after taking up an unfinished run, what that one got an answer to.
    """

    path: Path
    head: Mapping[str, Any]
    calls: dict[str, Call] = field(default_factory=dict)
    _file: TextIO | None = None

    @classmethod
    def open(cls, path: Path, head: Mapping[str, Any]) -> Self:
        """Take up the unfinished run with this head, or begin a new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        journal = cls(path, head)
        if path.exists():
            seen, calls, finished = _read(path)
            if seen == {"format": FORMAT, **head} and not finished:
                journal.calls = {call.example: call for call in calls if call.answer is not None}
                journal._file = path.open("a", encoding="utf-8")
                journal._file.write("\n")  # The last line may have been cut off.
                return journal
            path.replace(_free(path))
        journal._file = path.open("w", encoding="utf-8")
        journal._line({"format": FORMAT, **head})
        return journal

    def write(self, call: Call) -> None:
        """Keep a call; it is in the file when this returns."""
        self.calls[call.example] = call
        self._line(_row(call))

    def finish(self) -> None:
        """Say that all was asked."""
        self._line({"finished": True})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def _line(self, row: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()


def read(path: Path) -> list[Call]:
    """The calls of a journal, finished or not.

    Raises:
        RunNotReadable: It is no journal.
    """
    head, calls, _ = _read(path)
    if head.get("format") != FORMAT:
        raise RunNotReadable(f"{path} is no journal of groundwire eval", remedy="give a file *.answers.jsonl")
    return calls


def _read(path: Path) -> tuple[dict[str, Any], list[Call], bool]:
    """Head, calls, whether it is finished. A last line that was cut off is passed over."""
    head: dict[str, Any] = {}
    calls = []
    finished = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if number == 0:
            head = row
        elif "example" in row:
            calls.append(Call(**row))
        finished = finished or "finished" in row
    return head, calls, finished


def _row(call: Call) -> dict[str, Any]:
    return {
        "example": call.example,
        "answer": call.answer,
        "error": call.error,
        "message": call.message,
        "seconds": call.seconds,
    }


def _free(path: Path) -> Path:
    """A name beside it that nothing has: run.jsonl, run.1.jsonl, …."""
    number = 1
    while (other := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    return other
