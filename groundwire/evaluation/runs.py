"""A run's file: what was asked, of which mesh, what became of it, and the figures."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

from groundwire.answers import Answer
from groundwire.evaluation import judging, summary
from groundwire.evaluation.errors import RunNotReadable
from groundwire.evaluation.outcomes import Outcome
from groundwire.v1 import answer_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from groundwire.evaluation.examples import Example
    from groundwire.evaluation.journal import Call

FORMAT = "groundwire.eval/1"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Attributes:
        head: Set, folder, split, limit, seed, digest of the examples, address and models of the mesh.
        outcomes: What became of each question.
        seconds: Of each call, seconds by step, and "wall".
        cost: What it cost; empty where that could not be measured.
        figures: Metrics, strata, detection, latency; computed once.
    """

    head: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    seconds: tuple[Mapping[str, float], ...]
    cost: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The file's text."""
        body = {
            "format": FORMAT,
            **self.head,
            **self.figures,
            "cost": dict(self.cost),
            "calls": [dict(one) for one in self.seconds],
            "outcomes": [outcome.to_row() for outcome in self.outcomes],
        }
        return json.dumps(body, indent=1, allow_nan=False)


def digest(examples: Sequence[Example]) -> str:
    """SHA-256 of what is asked and what is true: two runs with the same one can be paired."""
    hasher = hashlib.sha256()
    for example in examples:
        hasher.update(repr((example.id, example.image.name, example.ask, example.golds)).encode())
    return hasher.hexdigest()


def judged(examples: Sequence[Example], calls: Mapping[str, Call]) -> tuple[Outcome, ...]:
    """What became of every example."""
    found: list[Outcome] = []
    for example in examples:
        call = calls.get(example.id)
        if call is None or call.answer is None:
            found += judging.failed(example, "NOT_ASKED" if call is None else call.error)
        else:
            found += judging.outcomes(example, answer_of(call))
    return tuple(found)


def answer_of(call: Call) -> Answer:
    """The answer that a call came to; it may be of a newer mesh, with fields that are not known here."""
    return Answer(json_format.ParseDict(dict(call.answer or {}), answer_pb2.Answer(), ignore_unknown_fields=True))


def seconds_of(call: Call) -> dict[str, float]:
    """Seconds by step as the answer tells them, and what the caller waited."""
    steps: dict[str, float] = {}
    for timing in answer_of(call).proto.timings:
        steps[timing.step] = steps.get(timing.step, 0.0) + timing.duration.ToNanoseconds() / 1e9
    return {**steps, "wall": call.seconds}


def finished(
    head: Mapping[str, Any],
    examples: Sequence[Example],
    calls: Mapping[str, Call],
    cost: Mapping[str, float],
    seed: int,
) -> Run:
    """Judge and sum up."""
    outcomes = judged(examples, calls)
    answered = [calls[one.id] for one in examples if one.id in calls and calls[one.id].answer is not None]
    seconds = tuple(seconds_of(call) for call in answered)
    strata = {name: summary.plain(found) for name, found in summary.by_stratum(outcomes, seed=seed).items()}
    figures = {
        "metrics": summary.plain(summary.metrics(outcomes, seed=seed)),
        "strata": strata,
        "detection": {name: value for name, value in summary.detection(outcomes).items() if math.isfinite(value)},
        "latency": summary.latency(seconds) if seconds else {},
    }
    return Run(head, outcomes, seconds, cost, figures)


def read(path: Path) -> Run:
    """A run's file.

    Raises:
        RunNotReadable: It is none.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["format"] != FORMAT:
            raise RunNotReadable(f"{path} is of format {body['format']}", remedy=f"this reads {FORMAT}")
        outcomes = tuple(Outcome.from_row(row) for row in body.pop("outcomes"))
        seconds = tuple(body.pop("calls"))
        cost = body.pop("cost")
        figures = {name: body.pop(name) for name in ("metrics", "strata", "detection", "latency")}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise RunNotReadable(
            f"{path} is no result of groundwire eval: {type(error).__name__}: {error}",
            remedy="give a file that groundwire eval wrote with --json",
        ) from error
    return Run({name: value for name, value in body.items() if name != "format"}, outcomes, seconds, cost, figures)


def estimate_row(figures: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """One metric of a run's figures; None where it does not apply."""
    found: Mapping[str, Any] | None = figures["metrics"].get(name)
    if found is None and name in figures["detection"]:
        found = {"value": figures["detection"][name], "low": None, "high": None, "cases": None}
    return found
