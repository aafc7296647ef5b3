"""Reading what `groundwire eval` wrote, and the command on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from google.protobuf import json_format
from typer.testing import CliRunner

from groundwire.calibration import labels
from groundwire.calibration.errors import AnswersMissing
from groundwire.calibration.labels import Model
from groundwire.cli import app
from groundwire.evaluation.errors import RunNotReadable
from groundwire.v1 import answer_pb2, claim_pb2
from services.fusion.calibration_file import read_calibration

if TYPE_CHECKING:
    from pathlib import Path

READER = Model("read_text", "1", "a" * 64)


def answer(number: int, score: float, kind: str = "field", weights: str = "a" * 64) -> answer_pb2.Answer:
    made = answer_pb2.Answer(id=f"answer {number}")
    made.image.digest = f"{number // 2:064x}"
    made.plan.engine.name, made.plan.engine.version = "rules", "2"
    made.regions.add(id="r1").source.MergeFrom(_source(weights))
    made.regions.add(id="r2").source.MergeFrom(_source("c" * 64))
    claim = made.claims.add(id="c1", evidence_score=score, confidence=0.123)
    getattr(claim.predicate, kind).SetInParent()
    if kind == "absent":
        claim.predicate.absent.searches.add().source.MergeFrom(_source(weights))
    else:
        claim.citations.add(region_id="r1", role=claim_pb2.CITATION_ROLE_SUPPORTS)
    claim.citations.add(region_id="r2", role=claim_pb2.CITATION_ROLE_CONTEXT)
    return made


def _source(weights: str) -> Any:
    source = answer_pb2.Answer().regions.add().source
    source.model, source.version, source.weights_digest = "read_text", "1", weights
    return source


def outcome(number: int, *, correct: bool | None, kind: str = "field") -> dict[str, Any]:
    claim = {
        "id": "c1",
        "kind": kind,
        "verdict": "supported",
        "confidence": 0.123,
        "calibrated": True,
        "correct": correct,
        "hallucinated": None,
    }
    named = {
        "id": f"{number}",
        "example": f"{number}",
        "image": f"{number}.png",
        "stratum": "",
        "asked": "",
        "gold": "",
    }
    return {**named, "answer": f"answer {number}", "claims": [claim]}


def write(
    folder: Path, answers: list[answer_pb2.Answer], outcomes: list[dict[str, Any]], name: str = "made"
) -> tuple[Path, Path]:
    run, journal = folder / f"{name}.json", folder / f"{name}.answers.jsonl"
    figures: dict[str, Any] = {"metrics": {}, "strata": {}, "detection": {}, "latency": {}, "cost": {}, "calls": []}
    head = {"format": "groundwire.eval/1", "set": name, "stakes": "standard"}
    run.write_text(json.dumps({**head, **figures, "outcomes": outcomes}, indent=1))
    lines: list[dict[str, Any]] = [{"format": "groundwire.eval.journal/1", "set": name}]
    lines += [{"example": one.id, "answer": json_format.MessageToDict(one)} for one in answers]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run, journal


def test_verdict_and_answer_are_joined(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75)], [outcome(1, correct=False)])
    found = labels.read([run, journal], tmp_path / "home")
    (claim,) = found.claims
    assert (claim.id, claim.kind, claim.score, claim.correct) == ("answer 1/c1", "field", 0.75, False)
    assert claim.models == {READER}
    assert found.engines == ("rules 2",)
    assert (found.runs[0]["set"], len(found.runs[0]["sha256"]), found.nameless) == ("made", 64, 0)


def test_the_score_is_the_raw_one_of_a_calibrated_mesh_too(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75)], [outcome(1, correct=True)])
    assert labels.read([run, journal], tmp_path).claims[0].score == 0.75


def test_the_journal_is_found_where_eval_leaves_it(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75)], [outcome(1, correct=True)])
    (tmp_path / "home" / "eval").mkdir(parents=True)
    journal.rename(tmp_path / "home" / "eval" / "made.answers.jsonl.1")
    assert len(labels.read([run], tmp_path / "home").claims) == 1


def test_a_run_without_its_answers_says_what_to_give(tmp_path: Path) -> None:
    run, _ = write(tmp_path, [], [outcome(1, correct=True)])
    with pytest.raises(AnswersMissing, match="lacks answer 1") as caught:
        labels.read([run], tmp_path / "home")
    assert "journal" in caught.value.remedy


def test_a_claim_of_which_the_truth_is_silent_is_no_label(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75)], [outcome(1, correct=None)])
    assert not labels.read([run, journal], tmp_path).claims


def test_a_claim_counts_once_however_often_its_run_is_given(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75)], [outcome(1, correct=True)])
    assert len(labels.read([run, run, journal], tmp_path).claims) == 1


def test_an_absence_rests_on_who_searched(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75, kind="absent")], [outcome(1, correct=True, kind="absent")])
    assert labels.read([run, journal], tmp_path).claims[0].models == {READER}


def test_a_model_that_does_not_tell_its_weights_is_left_out_and_counted(tmp_path: Path) -> None:
    run, journal = write(tmp_path, [answer(1, 0.75, weights="")], [outcome(1, correct=True)])
    found = labels.read([run, journal], tmp_path)
    assert (found.claims, found.nameless) == ((), 1)


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\x00", '{"format": "groundwire.eval/9"}'])
def test_another_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(RunNotReadable, match=r"other\.json"):
        labels.read([path], tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunNotReadable, match=r"none\.json"):
        labels.read([tmp_path / "none.json"], tmp_path)


def test_a_journal_alone_tells_nothing_true(tmp_path: Path) -> None:
    _, journal = write(tmp_path, [answer(1, 0.75)], [])
    with pytest.raises(RunNotReadable, match="journals hold answers"):
        labels.read([journal], tmp_path)


def labelled(folder: Path, *, power: float, count: int = 200) -> tuple[str, str]:
    """Fields whose scores s are right with probability s ** power."""
    generator = np.random.default_rng(0)
    scores = generator.uniform(0.02, 0.999, size=count)
    right = generator.uniform(size=count) < scores**power
    answers = [answer(number, float(score)) for number, score in enumerate(scores)]
    run, journal = write(folder, answers, [outcome(n, correct=bool(r)) for n, r in enumerate(right)])
    return str(run), str(journal)


def test_the_command_writes_a_calibration_that_fusion_reads_and_a_diagram(tmp_path: Path) -> None:
    out, picture = tmp_path / "calibration.json", tmp_path / "reliability.svg"
    files = labelled(tmp_path, power=4.0)
    result = CliRunner().invoke(app, ["calibrate", *files, "-o", str(out), "--diagram", str(picture)])
    assert result.exit_code == 0, result.output
    assert picture.read_text().startswith("<svg")
    fitted = read_calibration(out)
    assert fitted.digest in result.output
    assert [(fit.kind, fit.pooled) for fit in fitted.fits] == [("field", False)]
    said = fitted.fits[0].curve.probability(0.5)
    assert said == pytest.approx(0.5**4, abs=0.1)


def test_the_command_writes_nothing_that_makes_it_worse_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "calibration.json"
    arguments = ["calibrate", *labelled(tmp_path, power=1.0, count=60), "-o", str(out), "--method", "isotonic"]
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 1
    assert "NO_IMPROVEMENT" in refused.output
    assert not out.exists()
    assert CliRunner().invoke(app, [*arguments, "--force"]).exit_code == 0
    assert out.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "nowhere/x.json"], "CANNOT_WRITE"),
        (["-o", "x.json", "--diagram", "x.jpg"], "end it in .svg"),
        (["-o", "x.json", "--kind", "count"], "TOO_FEW_LABELS"),
        (["-o", "x.json", "--least", "1000"], "field (40 claims"),
    ],
)
def test_the_command_says_what_is_wrong_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["calibrate", *labelled(tmp_path, power=4.0, count=40), *arguments])
    assert result.exit_code == 1
    assert told in result.output
    assert not (tmp_path / "x.json").exists()
