"""Journals, runs' files, gates and comparisons."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf import json_format

from groundwire.errors import InvalidRequest
from groundwire.evaluation import comparison, runs
from groundwire.evaluation.costs import priced
from groundwire.evaluation.errors import RunNotReadable
from groundwire.evaluation.examples import Example, Gold, Question
from groundwire.evaluation.gates import Gate
from groundwire.evaluation.journal import Call, Journal, read
from tests.unit.evaluation.answering import UNVERIFIED, answer, claim

HEAD = {"set": "own", "examples": "d1"}


def call(name: str, error: str = "") -> Call:
    return Call(name, None if error else {"id": name}, error, seconds=0.5)


def test_an_unfinished_journal_is_taken_up_and_errors_are_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "eval" / "own.jsonl"
    with Journal.open(path, HEAD) as journal:
        journal.write(call("1"))
        journal.write(call("2", "DEADLINE_EXCEEDED"))
    path.write_text(path.read_text() + '{"example": "3", "ans')  # the machine went down while it wrote
    with Journal.open(path, HEAD) as journal:
        assert list(journal.calls) == ["1"]
        journal.write(call("2"))
        journal.finish()
    assert [(one.example, one.error) for one in read(path)] == [("1", ""), ("2", "DEADLINE_EXCEEDED"), ("2", "")]


@pytest.mark.parametrize("finished", [True, False])
def test_any_other_journal_is_put_aside(tmp_path: Path, *, finished: bool) -> None:
    path = tmp_path / "own.jsonl"
    with Journal.open(path, HEAD if finished else {**HEAD, "models": ["another"]}) as journal:
        journal.write(call("1"))
        if finished:
            journal.finish()
    before = path.read_text()
    for number in (1, 2):
        with Journal.open(path, {**HEAD, "seed": number}) as journal:
            assert journal.calls == {}
    assert (tmp_path / "own.jsonl.1").read_text() == before
    assert (tmp_path / "own.jsonl.2").exists()


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{}\n")
    with pytest.raises(RunNotReadable):
        read(tmp_path / "x")


EXAMPLES = [
    Example(str(number), Path(f"{number // 2}.png"), Question("What is the total?"), (Gold("field", "", ("9.00",)),))
    for number in range(8)
]


def run_of(values: list[str]) -> runs.Run:
    calls = {}
    for example, value in zip(EXAMPLES, values, strict=True):
        given = answer((claim("c1", "field", value=value, verdict=UNVERIFIED),) if value else ())
        calls[example.id] = Call(example.id, json_format.MessageToDict(given.proto), seconds=0.25)
    return runs.finished(HEAD, EXAMPLES, calls, {}, seed=0)


MIXED = run_of(["9.00"] * 6 + ["8.00", ""])


def test_a_run_is_summed_up() -> None:
    metrics = MIXED.figures["metrics"]
    assert metrics["accuracy"]["value"] == 0.75
    assert metrics["accuracy"]["low"] < 0.75 < metrics["accuracy"]["high"]
    assert metrics["answered"]["value"] == 7 / 8
    assert metrics["accuracy-answered"]["value"] == pytest.approx(6 / 7)
    assert metrics["claim-precision"]["value"] == pytest.approx(6 / 7)
    assert metrics["claim-recall"]["value"] == 6 / 8
    assert MIXED.figures["latency"]["wall"]["p50"] == 0.25
    assert "n-acc" not in metrics


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(MIXED.to_json())
    assert runs.read(path).to_json() == MIXED.to_json()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "other"}', json.dumps({"format": runs.FORMAT})])
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(RunNotReadable) as caught:
        runs.read(tmp_path / "x.json")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("gate", "passes"),
    [
        ("accuracy=0.75", True),
        ("accuracy=0.76", False),
        ("parse-failures=0", True),
        ("supported-wrong=0.0", True),
        ("n-acc=0.1", False),
        ("ap=0.1", False),
    ],
)
def test_gates(gate: str, *, passes: bool) -> None:
    assert (Gate.parse(gate).failure(MIXED) == "") is passes


@pytest.mark.parametrize("text", ["accuracy", "accuracy=high", "accurate=0.5", "=1", ""])
def test_a_gate_that_is_none(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Gate.parse(text)
    assert caught.value.remedy


def test_two_runs_are_paired_by_question() -> None:
    after = run_of(["9.00"] * 3 + ["7.00"] * 3 + ["9.00", "9.00"])
    got = comparison.compare(MIXED, after)
    assert [pair[1].id for pair in got.lost] == ["3", "4", "5"]
    assert [pair[1].id for pair in got.won] == ["6", "7"]
    assert got.p == 1.0
    accuracy = next(one for one in got.differences if one.name == "accuracy")
    assert (accuracy.before, accuracy.after, accuracy.change.value) == (0.75, 0.625, -0.125)
    assert not accuracy.is_significant


def test_a_change_of_every_question_is_significant() -> None:
    got = comparison.compare(run_of(["8.00"] * 8), run_of(["9.00"] * 8))
    assert got.p == 2 / 2**8
    assert all(one.is_significant for one in got.differences if one.name == "accuracy")


def test_runs_of_different_sets_are_not_compared() -> None:
    other = replace(MIXED, outcomes=tuple(replace(one, id=f"x{one.id}") for one in MIXED.outcomes))
    with pytest.raises(RunNotReadable, match="in common"):
        comparison.compare(MIXED, other)
    changed = replace(MIXED, outcomes=tuple(replace(one, gold="8.00") for one in MIXED.outcomes))
    with pytest.raises(RunNotReadable, match="truth differs"):
        comparison.compare(MIXED, changed)


def test_cost() -> None:
    assert priced(36.0, 10, 0.0) == {"cpu_s_per_call": 3.6, "calls": 10}
    assert priced(36.0, 10, 0.05)["usd_per_1000_calls"] == pytest.approx(0.05)
    assert priced(36.0, 0, 0.05) == {}
