"""What fusion applies: curves, which fit is for which claim, and the file that they come from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.claims import (
    Absent,
    Check,
    CheckKind,
    CheckOutcome,
    Citation,
    CitationRole,
    ClaimDraft,
    Exists,
    Located,
    Search,
    Statement,
)
from services.common.errors import MeshError
from services.common.geometry import Box, Size, identity
from services.common.regions import Capability, Region, Source, Tier
from services.fusion.calibration import Uncalibrated
from services.fusion.calibration_file import read_calibration
from services.fusion.core.calibration import Beta, Fit, Fitted, Isotonic, Model

if TYPE_CHECKING:
    from pathlib import Path

A, B = Model("find", "1", "a" * 64), Model("find", "1", "b" * 64)
PASSED = Check(CheckKind.CITATION, CheckOutcome.PASSED, "")
BOX = Box(0, 0, 10, 10)


def source(model: Model) -> Source:
    return Source(Capability.DETECT, model.name, model.version, model.weights_digest, Tier.FAST)


def region(name: str, model: Model) -> Region:
    return Region(name, "0" * 64, BOX, source(model), identity(Size(10, 10)), score=0.5)


REGIONS = {"a": region("a", A), "b": region("b", B)}


def draft(statement: Statement, *cited: str, role: CitationRole = CitationRole.SUPPORTS) -> ClaimDraft:
    return ClaimDraft("", "t1", statement, tuple(Citation(name, role) for name in cited))


def level(probability: float) -> Isotonic:
    return Isotonic((0.0,), (probability,))


def fit(kind: str, *models: Model, at: float, pooled: bool = False) -> Fit:
    return Fit(kind, frozenset(models), pooled, level(at))


@pytest.mark.parametrize(
    ("score", "expected"), [(0.0, 0.2), (0.3, 0.2), (0.4, 0.3), (0.5, 0.4), (0.65, 0.7), (0.8, 1.0), (1.0, 1.0)]
)
def test_isotonic_goes_straight_from_knot_to_knot_and_is_level_beyond(score: float, expected: float) -> None:
    assert Isotonic((0.3, 0.5, 0.8), (0.2, 0.4, 1.0)).probability(score) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.5, 0.5), (0.8, 0.8), (0.2, 0.2)],
)
def test_beta_with_a_and_b_of_1_changes_nothing(score: float, expected: float) -> None:
    assert Beta(1.0, 1.0, 0.0, 1e-6).probability(score) == pytest.approx(expected)


def test_beta_of_a_hand_worked_case() -> None:
    # e^ln3 * 0.5^2 / 0.5^1 = 1.5, and 1.5 / 2.5 = 0.6
    assert Beta(2.0, 1.0, 1.0986122886681098, 1e-6).probability(0.5) == pytest.approx(0.6)


def test_beta_at_its_ends_is_as_at_the_margin() -> None:
    curve = Beta(1.0, 1.0, 0.0, 0.01)
    assert [curve.probability(0.0), curve.probability(1.0)] == pytest.approx([0.01, 0.99])


curves = st.one_of(
    st.builds(
        Beta,
        a=st.floats(0, 1e4),
        b=st.floats(0, 1e4),
        c=st.floats(-1e4, 1e4),
        margin=st.floats(1e-9, 0.4),
    ),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20, unique_by=lambda knot: knot[0]).map(
        lambda knots: Isotonic(
            tuple(sorted(score for score, _ in knots)), tuple(sorted(probability for _, probability in knots))
        )
    ),
)


@given(curves, st.floats(0, 1), st.floats(0, 1))
def test_every_curve_stays_in_0_to_1_and_never_falls(curve: Beta | Isotonic, one: float, other: float) -> None:
    low, high = curve.probability(min(one, other)), curve.probability(max(one, other))
    assert 0 <= low <= 1
    assert 0 <= high <= 1
    assert low <= high + 1e-12


@pytest.mark.parametrize(
    ("scores", "probabilities"),
    [((), ()), ((0.5, 0.4), (0.1, 0.2)), ((0.4, 0.4), (0.1, 0.2)), ((0.4, 0.5), (0.2, 0.1)), ((0.4,), (0.1, 0.2))],
)
def test_knots_that_do_not_rise_are_refused(scores: tuple[float, ...], probabilities: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"rise|knots"):
        Isotonic(scores, probabilities)


def test_a_claim_of_a_known_kind_and_model_has_a_confidence() -> None:
    fitted = Fitted("d", (fit("exists", A, at=0.7), fit("exists", B, at=0.2), fit("located", A, at=0.5)))
    assert fitted.confidence(draft(Exists("cup"), "a"), (PASSED,), 0.9, REGIONS) == 0.7
    assert fitted.confidence(draft(Exists("cup"), "b"), (PASSED,), 0.9, REGIONS) == 0.2
    assert fitted.confidence(draft(Located("cup"), "a"), (PASSED,), 0.9, REGIONS) == 0.5


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(draft(Located("cup"), "a"), id="a kind that was not fitted"),
        pytest.param(draft(Exists("cup"), "b"), id="weights that the fits do not know"),
        pytest.param(draft(Exists("cup"), "a", "b"), id="one of two models unknown"),
        pytest.param(draft(Exists("cup")), id="nobody's evidence"),
        pytest.param(draft(Exists("cup"), "gone"), id="a region that is not there"),
        pytest.param(draft(Exists("cup"), "a", role=CitationRole.CONTEXT), id="no region in support"),
    ],
)
def test_what_is_not_known_is_unset(claim: ClaimDraft) -> None:
    assert Fitted("d", (fit("exists", A, at=0.7),)).confidence(claim, (PASSED,), 0.9, REGIONS) is None


def test_a_claim_that_a_check_failed_is_unset() -> None:
    failed = Check(CheckKind.TEXT, CheckOutcome.FAILED, "")
    assert Fitted("d", (fit("exists", A, at=0.7),)).confidence(draft(Exists("x"), "a"), (failed,), 0.9, REGIONS) is None


def test_a_pooled_fit_is_for_each_of_its_models_and_their_mixtures_and_comes_after_their_own() -> None:
    fitted = Fitted("d", (fit("exists", A, at=0.7), fit("exists", A, B, at=0.4, pooled=True)))
    found = [fitted.confidence(draft(Exists("cup"), *cited), (), 0.9, REGIONS) for cited in ("a", "b", "ab")]
    assert found == [0.7, 0.4, 0.4]


def test_an_absence_rests_on_who_searched() -> None:
    fitted = Fitted("d", (fit("absent", A, at=0.6),))
    said = [draft(Absent("cup", ("cup",), (Search(BOX, source(model)),))) for model in (A, B)]
    assert [fitted.confidence(claim, (), 0.9, REGIONS) for claim in said] == [0.6, None]


def test_where_nothing_was_fitted_nothing_is_said() -> None:
    assert Uncalibrated().confidence(draft(Exists("cup"), "a"), (), 0.9, REGIONS) is None
    assert not Uncalibrated().digest


MODEL = {"name": "find", "version": "1", "weights_digest": "a" * 64}
ISOTONIC = {"method": "isotonic", "knots": [[0.2, 0.1], [0.9, 0.8]]}
BETA = {"method": "beta", "a": 1.0, "b": 1.0, "c": 0.0, "margin": 1e-6}


def said(**changed: Any) -> dict[str, Any]:
    one = {"kind": "exists", "models": [MODEL], "pooled": False, "curve": ISOTONIC, **changed}
    return {"format": "groundwire.calibration/1", "fits": [one], "engines": ["rules 2"]}


def write(folder: Path, content: str) -> Path:
    path = folder / "calibration.json"
    path.write_text(content)
    return path


@pytest.mark.parametrize(("curve", "expected"), [(ISOTONIC, 0.8), (BETA, 0.9)])
def test_a_file_is_read_and_known_by_its_digest(tmp_path: Path, curve: dict[str, Any], expected: float) -> None:
    path = write(tmp_path, json.dumps(said(curve=curve)))
    fitted = read_calibration(path)
    assert fitted.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert fitted.confidence(draft(Exists("cup"), "a"), (), 0.9, REGIONS) == pytest.approx(expected)


def test_a_pooled_fit_comes_last_wherever_the_file_has_it(tmp_path: Path) -> None:
    pooled = said(pooled=True, models=[MODEL, {**MODEL, "weights_digest": "b" * 64}])
    body = {**pooled, "fits": [*pooled["fits"], *said(curve=BETA)["fits"]]}
    fitted = read_calibration(write(tmp_path, json.dumps(body)))
    assert [one.pooled for one in fitted.fits] == [False, True]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "format"),
        (json.dumps({**said(), "format": "groundwire.calibration/2"}), "format"),
        (json.dumps({**said(), "fits": []}), "fits"),
        (json.dumps(said(curve={"method": "magic"})), "curve"),
        (json.dumps(said(curve={**ISOTONIC, "knots": []})), "knots"),
        (json.dumps(said(curve={**ISOTONIC, "knots": [[0.9, 0.8], [0.2, 0.1]]})), "rise"),
        (json.dumps(said(curve={**ISOTONIC, "knots": [[0.2, 1.4]]})), r"\[0, 1\]"),
        (json.dumps(said(curve={**BETA, "a": -1.0})), "at least 0"),
        (json.dumps(said(curve={**BETA, "c": float("nan")})), "finite"),
        (json.dumps(said(curve={**BETA, "margin": 0.5})), "margin"),
        (json.dumps(said(models=[{**MODEL, "weights_digest": ""}])), "weights_digest"),
        (json.dumps(said(models=[])), "models"),
    ],
)
def test_a_file_that_is_no_calibration_is_named_with_what_is_wrong(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(MeshError, match=told) as caught:
        read_calibration(write(tmp_path, content))
    assert "calibration.json" in caught.value.message
    assert "groundwire calibrate" in caught.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match=r"none\.json cannot be read"):
        read_calibration(tmp_path / "none.json")
