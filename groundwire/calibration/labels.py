"""Labelled claims: the verdict of a run's file, joined to the answers of its journal.

The run's file says whether a claim is true. The answer says what its evidence score was, raw even where the mesh was
calibrated already, and whose evidence it rests on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from groundwire.calibration.errors import AnswersMissing
from groundwire.evaluation import journal, runs
from groundwire.evaluation.errors import RunNotReadable
from groundwire.v1 import claim_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from groundwire.evaluation.runs import Run
    from groundwire.v1 import answer_pb2, region_pb2

DIGEST_LENGTH: Final = 64


@dataclass(frozen=True, slots=True, order=True)
class Model:
    """A model by what makes it the same one again. `weights_digest` is SHA-256, hexadecimal."""

    name: str
    version: str
    weights_digest: str


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim of which is known whether it is true.

    Attributes:
        id: Answer and claim, unique.
        picture: Digest of the image: claims of one picture hang together.
        kind: The predicate's name in the contract.
        models: Who found what it rests on.
        score: The raw evidence score, in [0, 1].
        correct: Whether it is true.
    """

    id: str
    picture: str
    kind: str
    models: frozenset[Model]
    score: float
    correct: bool


@dataclass(frozen=True, slots=True)
class Labels:
    """All that was labelled.

    Attributes:
        claims: Each once, in the order of the files.
        runs: Set, stakes and SHA-256 of each run's file.
        engines: Name and version of whoever planned and composed: the rules, or language models.
        nameless: Claims left out: none of their models, or not each of them, tells the digest of its weights.
    """

    claims: tuple[LabelledClaim, ...]
    runs: tuple[Mapping[str, str], ...]
    engines: tuple[str, ...]
    nameless: int


def read(paths: Sequence[Path], home: Path) -> Labels:
    """The labelled claims of files.

    Args:
        paths: Of `groundwire eval`: runs' files, and journals of answers where they are not in their usual place.
        home: The mesh's folder, where the journals usually are.

    Raises:
        RunNotReadable: A file is none of these.
        AnswersMissing: A run's answers are nowhere.
    """
    given = [path for path in paths if _is_journal(path)]
    found = [(path, runs.read(path)) for path in paths if path not in given]
    if not found:
        raise RunNotReadable(
            "journals hold answers, and not which of them are true",
            remedy="give what groundwire eval --json wrote as well",
        )
    usual = sorted({path for _, run in found for path in _usual(run, home)})
    answers = _answers([*usual, *given])
    claims: dict[str, LabelledClaim] = {}
    engines: set[str] = set()
    for path, run in found:
        for claim, answer in _labelled(path, run, answers):
            claims[claim.id] = claim
            engines |= {f"{one.name} {one.version}".strip() for one in (answer.plan.engine, answer.composer)} - {""}
    named = tuple(claim for claim in claims.values() if _is_named(claim))
    sources = tuple(_source(path, run) for path, run in found)
    return Labels(named, sources, tuple(sorted(engines)), len(claims) - len(named))


def _usual(run: Run, home: Path) -> Iterator[Path]:
    """Journals of the run's set where `groundwire eval` leaves them, those that were put aside included."""
    folder, name = home / "eval", f"{run.head.get('set', '')}.answers.jsonl"
    yield from (path for path in folder.glob("*.answers.jsonl*") if path.name.startswith(name))


def _is_journal(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(file.readline())
    except (UnicodeDecodeError, json.JSONDecodeError):
        return False
    except OSError as error:
        raise RunNotReadable(f"{path} cannot be read: {error.strerror}", remedy="name a file that is there") from error
    return isinstance(head, dict) and head.get("format") == journal.FORMAT


def _answers(journals: Iterable[Path]) -> dict[str, answer_pb2.Answer]:
    """Answers by id."""
    found = (runs.answer_of(call) for path in journals for call in journal.read(path) if call.answer is not None)
    return {answer.id: answer.proto for answer in found}


def _labelled(
    path: Path, run: Run, answers: Mapping[str, answer_pb2.Answer]
) -> Iterator[tuple[LabelledClaim, answer_pb2.Answer]]:
    for outcome in run.outcomes:
        truths = {claim.id: claim for claim in outcome.claims if claim.correct is not None}
        if not truths:
            continue
        answer = answers.get(outcome.answer)
        if answer is None:
            raise AnswersMissing(
                f"the answers that {path} judges are not there: it lacks {outcome.answer or outcome.id}",
                remedy="give the journal of that run as well: SET.answers.jsonl, or what --answers named",
            )
        for claim in answer.claims:
            if claim.id in truths:
                yield _claim(answer, claim, correct=bool(truths[claim.id].correct)), answer


def _claim(answer: answer_pb2.Answer, claim: claim_pb2.Claim, *, correct: bool) -> LabelledClaim:
    models = frozenset(Model(one.model, one.version, one.weights_digest) for one in _sources(answer, claim))
    kind = claim.predicate.WhichOneof("kind") or ""
    return LabelledClaim(f"{answer.id}/{claim.id}", answer.image.digest, kind, models, claim.evidence_score, correct)


def _sources(answer: answer_pb2.Answer, claim: claim_pb2.Claim) -> Iterator[region_pb2.Source]:
    """Who found the regions that support it, and who searched for what is absent. As fusion's `sources` has it."""
    supports = {one.region_id for one in claim.citations if one.role == claim_pb2.CITATION_ROLE_SUPPORTS}
    yield from (region.source for region in answer.regions if region.id in supports)
    yield from (search.source for search in claim.predicate.absent.searches)


def _is_named(claim: LabelledClaim) -> bool:
    return bool(claim.models) and all(len(model.weights_digest) == DIGEST_LENGTH for model in claim.models)


def _source(path: Path, run: Run) -> Mapping[str, str]:
    told: dict[str, Any] = {name: str(run.head.get(name, "")) for name in ("set", "stakes")}
    return {**told, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
