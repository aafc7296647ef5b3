"""Which fits are made, and what each does to unseen pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from groundwire.calibration import diagram, document, fitting, planning, validation
from groundwire.calibration.errors import TooFewLabels
from groundwire.calibration.labels import Labels
from tests.unit.calibration.labelled import FINDER, READER, claims

READS, FINDS = frozenset({READER}), frozenset({FINDER})


def test_a_kind_of_one_model_with_enough_claims_has_its_own_fit() -> None:
    (found,), shortages = planning.plan(claims(60))
    assert (found.kind, found.models, found.pooled, len(found.claims)) == ("field", READS, False, 60)
    assert not shortages


def test_kinds_and_models_are_fitted_apart() -> None:
    labelled = claims(60) + claims(60, model=FINDER, seed=1) + claims(60, kind="exists", seed=2)
    found, shortages = planning.plan(labelled)
    assert [(one.kind, one.models, one.pooled) for one in found] == [
        ("exists", READS, False),
        ("field", FINDS, False),
        ("field", READS, False),
    ]
    assert not shortages


def test_models_with_too_few_are_fitted_with_all_of_the_kind_and_only_they_are_meant() -> None:
    found, shortages = planning.plan(claims(60) + claims(8, model=FINDER, seed=1))
    own, pooled = found
    assert (own.models, own.pooled) == (READS, False)
    assert (pooled.models, pooled.pooled, len(pooled.claims)) == (READS | FINDS, True, 68)
    assert int(pooled.meant.sum()) == 8
    assert {claim.models for claim, meant in zip(pooled.claims, pooled.meant, strict=True) if meant} == {
        frozenset({FINDER})
    }
    assert not shortages


def test_where_there_is_too_little_nothing_is_fitted_and_it_is_told() -> None:
    labelled = claims(20)
    found, shortages = planning.plan(labelled)
    assert not found
    assert shortages == (planning.Shortage("field", 20, sum(not claim.correct for claim in labelled)),)


@pytest.mark.parametrize("truth", [True, False])
def test_what_is_never_wrong_or_never_right_is_not_fitted(truth: bool) -> None:  # noqa: FBT001 - a case
    found, shortages = planning.plan([replace(claim, correct=truth) for claim in claims(200)])
    assert not found
    assert len(shortages) == 1


def test_wrong_claims_of_one_picture_are_not_enough() -> None:
    labelled = [replace(claim, correct=True) for claim in claims(60)]
    bad = [replace(claim, picture="bad", correct=False, id=f"bad {claim.id}") for claim in claims(20)]
    assert not planning.plan(labelled + bad)[0]


@pytest.mark.parametrize("method", fitting.METHODS)
def test_overconfident_scores_are_better_calibrated_on_pictures_that_were_not_fitted_on(
    method: fitting.Method,
) -> None:
    (population,), _ = planning.plan(claims(400))
    result = validation.validate(population, method, folds=5, seed=0)
    ece = next(figure for figure in result.figures if figure.name == "ece")
    assert ece.before.value > 0.2
    assert ece.after.value < 0.1
    assert ece.change.high < 0
    assert not result.is_worse


def test_a_rising_curve_changes_no_ranking() -> None:
    (population,), _ = planning.plan(claims(200))
    result = validation.validate(population, "beta", folds=5, seed=0)
    ranking = {one.name: one.change for one in result.figures if one.name in validation.RANKING}
    assert set(ranking) == {"aurc", "coverage@99"}
    assert [change.value for change in ranking.values()] == pytest.approx([0, 0], abs=1e-9)


def test_scores_that_are_calibrated_already_can_get_worse_and_it_is_seen() -> None:
    """With a power of 1 the raw score is the probability: a fit to 40 claims can only add noise to most samples."""
    worse = []
    for seed in range(6):
        (population,), _ = planning.plan(claims(40, power=1.0, seed=seed))
        worse.append(validation.validate(population, "isotonic", folds=5, seed=0).is_worse)
    assert any(worse)


def test_folds_never_split_a_picture() -> None:
    """Out of fold, a picture's own labels must not matter to what is said of it."""
    (population,), _ = planning.plan(claims(120, per_picture=4))
    before, folds = validation.out_of_fold(population, "beta", folds=5, seed=3)
    picture = population.claims[0].picture
    same = [i for i, claim in enumerate(population.claims) if claim.picture == picture]
    # Exchanging the labels inside a picture keeps the stratification, and every other fold's fit changes or not alike.
    swapped = list(population.claims)
    order = [claim.correct for claim in (swapped[i] for i in same)][::-1]
    for i, correct in zip(same, order, strict=True):
        swapped[i] = replace(swapped[i], correct=correct)
    after, _ = validation.out_of_fold(replace(population, claims=tuple(swapped)), "beta", folds=5, seed=3)
    assert len({folds[i] for i in same}) == 1
    assert after[same] == pytest.approx(before[same], abs=1e-9)


def test_the_same_seed_gives_the_same_folds_and_another_seed_others() -> None:
    (population,), _ = planning.plan(claims(120))
    one, again, other = (validation.out_of_fold(population, "isotonic", folds=5, seed=s)[0] for s in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("folds", "told"), [(5, "4 claims are too few for 5 folds"), (4, "no wrong claim")])
def test_folds_that_leave_nothing_wrong_are_told(folds: int, told: str) -> None:
    (population,), _ = planning.plan(claims(40, per_picture=4))
    lone = replace(
        population,
        claims=tuple(replace(claim, correct=claim.picture != "picture 0") for claim in population.claims),
    )
    with pytest.raises(TooFewLabels, match=told):
        validation.out_of_fold(lone, "beta", folds=folds, seed=0)


def labels(count: int = 60) -> Labels:
    return Labels(tuple(claims(count)), ({"set": "s", "stakes": "standard", "sha256": "0" * 64},), ("rules 2",), 0)


def test_the_same_fits_have_the_same_bytes() -> None:
    found = labels()
    when = datetime(2030, 1, 2, tzinfo=UTC)
    files = []
    for _ in range(2):
        populations, _ = planning.plan(found.claims)
        validated = [validation.validate(one, "beta", folds=5, seed=0) for one in populations]
        files.append(document.content(validated, found, created=when, folds=5, seed=0))
    assert files[0] == files[1]
    assert files[0].endswith(b"}\n")
    assert b'"created":"2030-01-02T00:00:00+00:00"' in files[0]
    assert len(document.digest(files[0])) == 64


def test_the_diagram_is_a_drawing_with_a_panel_a_fit_and_every_claim_in_its_counts() -> None:
    populations, _ = planning.plan(claims(200) + claims(200, kind="<located>", seed=1))
    validated = [validation.validate(one, "beta", folds=5, seed=0) for one in populations]
    picture = ET.fromstring(diagram.diagram(validated))  # noqa: S314 - our own drawing
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert any(text and text.startswith("<located>, read_text") for text in texts)
    sample = validated[0].sample
    series = diagram.series(sample.before, sample.correct)
    assert sum(series.counts) == sum(point.claims for point in series.points) == 200


@pytest.mark.parametrize(
    ("share", "cases", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (1.0, 10, 0.7225, 1.0), (0.0, 10, 0.0, 0.2775)],  # as statsmodels' "wilson" gives
)
def test_wilson(share: float, cases: int, low: float, high: float) -> None:
    assert diagram.wilson(share, cases) == pytest.approx((low, high), abs=1e-4)
