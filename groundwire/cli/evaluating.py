"""What the evaluation commands do once all that they need is there: imported only by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groundwire.cli import connect, consoles, evaluation_view
from groundwire.errors import InvalidRequest
from groundwire.evaluation import sets
from groundwire.evaluation.asking import Pace
from groundwire.evaluation.corruptions import CORRUPTIONS
from groundwire.evaluation.examples import Phrases
from groundwire.evaluation.report import cards, robustness_page, run_page
from groundwire.evaluation.robustness import measure
from groundwire.evaluation.runs import answer_of
from groundwire.evaluation.sessions import Session, Target
from groundwire.mesh.state import default_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundwire.evaluation.examples import Box, Example
    from groundwire.evaluation.journal import Call
    from groundwire.evaluation.outcomes import Outcome
    from groundwire.evaluation.robustness import Robustness
    from groundwire.evaluation.runs import Run

__all__ = ["Pace", "Work", "ask", "known_corruptions", "page", "robustness", "robustness_page", "show"]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be asked.

    Attributes:
        head: Set, folder, split, limit and seed, for the run's file.
        examples: The examples.
        answers: The journal.
    """

    head: Mapping[str, Any]
    examples: Sequence[Example]
    answers: Path

    @classmethod
    def of(cls, name: str, folder: Path, *, split: str, limit: int, seed: int, answers: Path | None) -> Self:
        """Read the set.

        Raises:
            SetNotReadable: It is not there, or not in its layout.
        """
        examples = sets.load(name, folder, split=split, limit=limit, seed=seed)
        head = {"set": name, "folder": str(folder), "split": split, "limit": limit, "seed": seed}
        return cls(head, examples, answers or default_home() / "eval" / f"{name}.answers.jsonl")


def known_corruptions(names: Sequence[str]) -> tuple[str, ...]:
    """These, or all.

    Raises:
        InvalidRequest: One is not known.
    """
    for name in names:
        if name not in CORRUPTIONS:
            raise InvalidRequest(f"there is no corruption {name!r}", remedy=f"one of {', '.join(CORRUPTIONS)}")
    return tuple(names or CORRUPTIONS)


def target(address: str, usd_per_cpu_hour: float = 0.0) -> Target:
    """The mesh that is meant, with its processes where it runs here."""
    addresses = connect.addresses(address)
    pids: tuple[int, ...] = ()
    if connect.meant_here(address) is not None:
        from groundwire.cli import local  # noqa: PLC0415 - the launcher; not in a client's installation

        pids = tuple(one.process.pid for one in local.components() if one.process.pid)
    return Target(addresses, pids, usd_per_cpu_hour)


def ask(work: Work, pace: Pace, address: str, usd_per_cpu_hour: float) -> tuple[Run, Mapping[str, Call]]:
    """Run it, with a progress bar."""
    with _bar() as bar:
        task = bar.add_task(str(work.head["set"]), total=len(work.examples), errors="")
        session = Session(target(address, usd_per_cpu_hour), pace, int(work.head["seed"]), _teller(bar, task))
        return session.run(work.examples, work.head, work.answers)


def robustness(
    work: Work,
    pace: Pace,
    address: str,
    *,
    corruptions: Sequence[str],
    severities: Sequence[int],
    reworded: bool,
) -> Robustness:
    """Run it under every corruption, with a progress bar for each."""
    mesh, seed = target(address), int(work.head["seed"])
    with _bar() as bar:

        def asked(examples: Sequence[Example], part: str) -> Run:
            task = bar.add_task(part, total=len(examples), errors="")
            session = Session(mesh, pace, seed, _teller(bar, task))
            journal = work.answers.with_name(f"{work.answers.name.removesuffix('.jsonl')}.{part}.jsonl")
            return session.run(examples, {**work.head, "part": part}, journal)[0]

        return measure(
            work.examples, asked, corruptions=corruptions, severities=severities, reworded=reworded, seed=seed
        )


def show(run: Run) -> None:
    """The figures, on standard output."""
    consoles.output().print(evaluation_view.run_view(run))


def page(run: Run, work: Work, calls: Mapping[str, Call], most: int) -> str:
    """The report, with at most so many pictures, failures first."""
    by_id = {example.id: example for example in work.examples}
    shown = []
    for outcome in cards.ordered(run.outcomes)[:most]:
        example, call = by_id[outcome.example], calls.get(outcome.example)
        answer = answer_of(call) if call is not None and call.answer is not None else None
        shown.append(cards.card(outcome, example.image, answer, _gold_boxes(example, outcome)))
    return run_page(run, shown)


def _gold_boxes(example: Example, outcome: Outcome) -> tuple[Box, ...]:
    if isinstance(example.ask, Phrases):
        return outcome.gold_boxes
    return tuple(box for gold in example.golds for box in gold.boxes)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[errors]}", style="red"),
        console=consoles.messages(),
    )


def _teller(bar: Progress, task: Any) -> Any:
    """Moves the bar on, and counts what went wrong."""
    errors, said = 0, ""

    def told(call: Call) -> None:
        nonlocal errors, said
        if call.answer is None:
            errors += 1
            said = f"errors: {errors}, the last: {call.error}"
        bar.update(task, advance=1, errors=said)

    return told
