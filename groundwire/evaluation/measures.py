"""The table of what a run is measured by: each figure with the cases that it is of, and the statistic over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from groundwire.evaluation.metrics import boxes, calibration, selective

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from groundwire.evaluation.metrics.boxes import F64
    from groundwire.evaluation.outcomes import JudgedClaim, Outcome

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure.

    Attributes:
        name: On the command line, in files and in reports.
        about: What it is, one line.
        rows: The cases in one outcome, each a row of numbers; none where the figure does not apply.
        statistic: Of all rows, f64 [N, K].
        high_is_good: Which way is better; None for figures that are neither.
    """

    name: str
    about: str
    rows: Callable[[Outcome], Iterator[Row]]
    statistic: Callable[[F64], float]
    high_is_good: bool | None = True


def mean(rows: F64) -> float:
    """Of the first column; NaN for no row."""
    return float(rows[:, 0].mean()) if len(rows) else float("nan")


def ratio(rows: F64) -> float:
    """Sum of the first column over the sum of the second; NaN where that is 0."""
    total = float(rows[:, 1].sum()) if len(rows) else 0.0
    return float(rows[:, 0].sum()) / total if total else float("nan")


def f1(rows: F64) -> float:
    """Of columns common, said, true."""
    total = float(rows[:, 1:].sum()) if len(rows) else 0.0
    return 2 * float(rows[:, 0].sum()) / total if total else float("nan")


def _when(
    condition: Callable[[Outcome], bool], value: Callable[[Outcome], float | bool | None]
) -> Callable[[Outcome], Iterator[Row]]:
    """A case of every outcome that meets the condition and has the value."""

    def rows(outcome: Outcome) -> Iterator[Row]:
        got = value(outcome) if condition(outcome) else None
        if got is not None:
            yield (float(got),)

    return rows


def _claims(
    wanted: Callable[[JudgedClaim], bool], value: Callable[[JudgedClaim], bool | None]
) -> Callable[[Outcome], Iterator[Row]]:
    """A case of every claim that is wanted and of which the truth can tell."""

    def rows(outcome: Outcome) -> Iterator[Row]:
        for claim in outcome.claims:
            got = value(claim) if wanted(claim) else None
            if got is not None:
                yield (float(got),)

    return rows


def _always(_: object) -> bool:
    return True


def _is_supported(claim: JudgedClaim) -> bool:
    return claim.verdict == "supported"


def _is_localised(outcome: Outcome) -> bool:
    return outcome.iou is not None


def _recall(outcome: Outcome) -> Iterator[Row]:
    if outcome.golds and not outcome.absent:
        yield float(outcome.found), float(outcome.golds)


def _citations(outcome: Outcome) -> Iterator[Row]:
    for claim in outcome.claims:
        if claim.cited:
            yield float(claim.carrying), float(claim.cited)


def _words(outcome: Outcome) -> Iterator[Row]:
    if outcome.words is not None:
        common, said, true = outcome.words
        yield float(common), float(said), float(true)


def _confident(outcome: Outcome) -> Iterator[Row]:
    """Confidence, whether it is right; of outcomes that state something."""
    if outcome.confidence is not None and not outcome.error:
        yield outcome.confidence, float(outcome.is_right)


def _covered(outcome: Outcome) -> Iterator[Row]:
    """As `_confident`, and abstentions as a confidence of -1: they are cases that are not covered."""
    yield (-1.0 if outcome.confidence is None else outcome.confidence), float(outcome.is_right)


def _probable(outcome: Outcome) -> Iterator[Row]:
    """Confidence and truth of each claim of which the truth can tell."""
    for claim in outcome.claims:
        if claim.correct is not None:
            yield claim.confidence, float(claim.correct)


def _detected(outcome: Outcome) -> Iterator[Row]:
    """As `_probable`, of claims that something is at a place: and that place, four numbers, and its IoU."""
    for claim in outcome.claims:
        if outcome.label and claim.kind == "located" and claim.correct is not None and claim.place is not None:
            yield claim.confidence, float(claim.correct), *claim.place, claim.iou or 0.0


def _coverage_at_99(rows: F64) -> float:
    said = rows[rows[:, 0] >= 0]
    return selective.coverage_at_precision(said[:, 0], said[:, 1] > 0, 0.99, len(rows))


def _d_ece(rows: F64) -> float:
    return calibration.detection_ece(rows[:, 0], rows[:, 1] > 0, rows[:, 2:6], bins=5)


def _la_ece(rows: F64) -> float:
    return calibration.localisation_aware_ece(rows[:, 0], rows[:, 6], ["all"] * len(rows))


def _at(threshold: float) -> Callable[[F64], float]:
    return lambda rows: boxes.accuracy_at(rows[:, 0], threshold)


MEASURES: Final[Sequence[Measure]] = (
    Measure("accuracy", "right answers, of all that was asked", _when(_always, lambda o: o.credit), mean),
    Measure(
        "answered",
        "answers that state something, an absence included",
        _when(_always, lambda o: o.answered),
        mean,
        high_is_good=None,
    ),
    Measure("accuracy-answered", "right, of what was answered", _when(lambda o: o.answered, lambda o: o.credit), mean),
    Measure(
        "accuracy-supported",
        "right, of answers whose leading claim is supported",
        _when(lambda o: o.verdict == "supported", lambda o: o.credit),
        mean,
    ),
    Measure(
        "supported-wrong",
        "answers whose leading claim is supported and wrong, of all: what must not be",
        _when(_always, lambda o: o.verdict == "supported" and not o.is_right),
        mean,
        high_is_good=False,
    ),
    Measure(
        "parse-failures",
        "questions that were not understood; read every rejection beside it",
        _when(_always, lambda o: o.misunderstood),
        mean,
        high_is_good=False,
    ),
    Measure("errors", "calls without an answer", _when(_always, lambda o: bool(o.error)), mean, high_is_good=False),
    Measure(
        "n-acc",
        "said to be absent, of what is absent (gRefCOCO's N-acc); abstaining for another reason is not that",
        _when(lambda o: o.absent, lambda o: o.rejected),
        mean,
    ),
    Measure(
        "false-rejections",
        "said to be absent, of what is there",
        _when(lambda o: not o.absent, lambda o: o.rejected),
        mean,
        high_is_good=False,
    ),
    Measure("acc@0.5", "leading box with IoU at least 0.5", _when(_is_localised, lambda o: o.iou), _at(0.5)),
    Measure("acc@0.75", "leading box with IoU at least 0.75", _when(_is_localised, lambda o: o.iou), _at(0.75)),
    Measure("acc@0.9", "leading box with IoU at least 0.9", _when(_is_localised, lambda o: o.iou), _at(0.9)),
    Measure("mean-iou", "IoU of the leading box", _when(_is_localised, lambda o: o.iou), mean),
    Measure("pointing", "leading box's middle in a true box", _when(_always, lambda o: o.pointed), mean),
    Measure(
        "giou",
        "IoU of all boxes with all true ones, 1 for none of both (GRES's gIoU, of boxes)",
        _when(_always, lambda o: o.region_iou),
        mean,
    ),
    Measure(
        "pr@f1",
        "phrases whose boxes are all right, with none too many (GREC)",
        _when(_always, lambda o: None if o.f1 is None else o.f1 >= 1),
        mean,
    ),
    Measure(
        "claim-precision", "true claims, of those that the mesh stands by", _claims(_always, lambda c: c.correct), mean
    ),
    Measure(
        "claim-precision-supported",
        "true claims, of the supported ones",
        _claims(_is_supported, lambda c: c.correct),
        mean,
    ),
    Measure("claim-recall", "true statements that were made, of those that a right answer makes", _recall, ratio),
    Measure(
        "hallucinated-claims",
        "claims that something is there that is not, of claims of presence (CHAIR)",
        _claims(_always, lambda c: c.hallucinated),
        mean,
        high_is_good=False,
    ),
    Measure("citation-precision", "cited regions that carry their claim, of true claims", _citations, ratio),
    Measure(
        "text-exact",
        "values as they are printed, but for case and punctuation",
        _when(_always, lambda o: None if o.distance is None else o.distance == 0),
        mean,
    ),
    Measure(
        "text-distance",
        "edit distance of values over the longer length",
        _when(_always, lambda o: o.distance),
        mean,
        high_is_good=False,
    ),
    Measure("word-precision", "words read that are there (SROIE task 2)", _words, lambda r: ratio(r[:, [0, 1]])),
    Measure("word-recall", "words there that were read", _words, lambda r: ratio(r[:, [0, 2]])),
    Measure("word-f1", "of both", _words, f1),
    Measure(
        "aurc",
        "area under the risk-coverage curve of what was answered",
        _confident,
        lambda r: selective.aurc(r[:, 0], r[:, 1] > 0),
        high_is_good=False,
    ),
    Measure(
        "coverage@99",
        "share of all that can be answered with 99 % precision, by confidence",
        _covered,
        _coverage_at_99,
    ),
    Measure(
        "ece",
        "expected calibration error of claims, 15 bins",
        _probable,
        lambda r: calibration.expected_calibration_error(r[:, 0], r[:, 1] > 0),
        high_is_good=False,
    ),
    Measure("d-ece", "ECE of boxes, over confidence and place, 5 bins each", _detected, _d_ece, high_is_good=False),
    Measure("la-ece", "localisation-aware ECE, 25 bins, all classes together", _detected, _la_ece, high_is_good=False),
    Measure(
        "brier",
        "Brier score of claims",
        _probable,
        lambda r: calibration.brier_score(r[:, 0], r[:, 1] > 0),
        high_is_good=False,
    ),
    Measure(
        "auroc",
        "chance that a true claim is given more confidence than a false one",
        _probable,
        lambda r: calibration.auroc(r[:, 0], r[:, 1] > 0),
    ),
)

BY_NAME: Final = {measure.name: measure for measure in MEASURES}
