"""Both fits, and that what fusion computes without any library is what scikit-learn predicts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize  # type: ignore[import-untyped]  # publishes no types
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]  # publishes no types

from groundwire.calibration import fitting
from services.fusion.calibration_file import read_calibration
from services.fusion.core.calibration import Beta

if TYPE_CHECKING:
    from pathlib import Path

    from groundwire.calibration.fitting import Method
    from groundwire.evaluation.metrics.boxes import F64

labelled = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=4, max_size=60).filter(
    lambda cases: len({truth for _, truth in cases}) == 2
)


@settings(max_examples=60)
@given(labelled, st.lists(st.floats(0, 1), min_size=1, max_size=20), st.sampled_from(fitting.METHODS))
def test_fusion_computes_what_was_fitted(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[float, bool]], asked: list[float], method: Method
) -> None:
    scores, correct = np.array([s for s, _ in cases]), np.array([t for _, t in cases])
    curve = fitting.fit(method, scores, correct)
    model = {"name": "m", "version": "1", "weights_digest": "a" * 64}
    one = {"kind": "exists", "models": [model], "pooled": False, "curve": curve.row()}
    path: Path = tmp_path_factory.mktemp("fit") / "calibration.json"
    path.write_text(json.dumps({"format": "groundwire.calibration/1", "fits": [one]}))
    applied = read_calibration(path).fits[0].curve
    assert [applied.probability(score) for score in asked] == pytest.approx(
        curve.predict(np.array(asked)).tolist(), abs=1e-12
    )


@settings(max_examples=60)
@given(labelled, st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_isotonic_predicts_what_scikit_learn_does(cases: list[tuple[float, bool]], asked: list[float]) -> None:
    scores, correct = np.array([s for s, _ in cases]), np.array([t for _, t in cases])
    theirs = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, correct.astype(float))
    ours = fitting.fit("isotonic", scores, correct)
    assert ours.predict(np.array(asked)) == pytest.approx(theirs.predict(np.array(asked)), abs=1e-12)


def test_isotonic_of_a_hand_worked_case() -> None:
    # The third and the fourth violate the order and are pooled to a half.
    scores, correct = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.array([False, False, True, False, True])
    assert fitting.fit("isotonic", scores, correct).predict(scores) == pytest.approx([0, 0, 0.5, 0.5, 1])


def test_beta_finds_the_coefficients_that_the_labels_were_drawn_from() -> None:
    generator = np.random.default_rng(0)
    scores = generator.uniform(0.01, 0.99, size=40_000)
    truth = fitting.Beta(2.0, 0.5, -0.3)
    fitted = fitting.fit("beta", scores, generator.uniform(size=scores.size) < truth.predict(scores))
    assert isinstance(fitted, fitting.Beta)
    assert (fitted.a, fitted.b, fitted.c) == pytest.approx((2.0, 0.5, -0.3), abs=0.15)


def test_beta_is_the_most_likely_curve() -> None:
    """Against a minimiser that knows nothing of logistic regression."""
    generator = np.random.default_rng(1)
    scores = generator.uniform(0.05, 0.95, size=300)
    correct = generator.uniform(size=300) < scores**2

    def loss(parameters: F64) -> float:
        said = fitting.Beta(*parameters).predict(scores)
        return float(-np.mean(np.log(np.where(correct, said, 1 - said))))

    fitted = fitting.fit("beta", scores, correct)
    assert isinstance(fitted, fitting.Beta)
    best = minimize(loss, np.array([1.0, 1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12})
    assert loss(np.array([fitted.a, fitted.b, fitted.c])) == pytest.approx(best.fun, abs=1e-5)


def test_where_high_scores_are_wrong_beta_is_level_and_never_falls() -> None:
    scores = np.linspace(0.1, 0.9, 40)
    fitted = fitting.fit("beta", scores, scores < 0.5)
    assert fitted.predict(np.array([0.1, 0.9])) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("method", fitting.METHODS)
def test_scores_that_part_right_from_wrong_have_a_finite_fit(method: Method) -> None:
    scores = np.concatenate([np.linspace(0.1, 0.4, 20), np.linspace(0.6, 1.0, 20)])
    fitted = fitting.fit(method, scores, scores > 0.5)
    said = fitted.predict(np.array([0.0, 0.2, 0.8, 1.0]))
    assert np.isfinite(said).all()
    assert said[1] < 0.01
    assert said[2] > 0.99
    json.dumps(fitted.row(), allow_nan=False)


def test_the_applied_beta_is_the_fitted_one_at_extreme_scores() -> None:
    fitted = fitting.Beta(3.0, 2.0, -40.0)
    applied = Beta(3.0, 2.0, -40.0, fitting.MARGIN)
    for score in (0.0, 1e-9, 1e-6, 0.5, 1 - 1e-9, 1.0):
        assert applied.probability(score) == pytest.approx(float(fitted.predict(np.array([score]))[0]), rel=1e-9)
