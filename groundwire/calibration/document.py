"""The calibration as a file: JSON in one canonical form, so that the same fits have the same digest.

Fusion gives every answer the SHA-256 of this file's bytes: whoever has the file can tell where a confidence is from.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from groundwire.calibration.labels import Labels
    from groundwire.calibration.validation import Figure, Validated
    from groundwire.evaluation.metrics.bootstrap import Estimate

FORMAT: Final = "groundwire.calibration/1"


def content(validated: Sequence[Validated], labels: Labels, *, created: datetime, folds: int, seed: int) -> bytes:
    """The file's bytes: UTF-8, keys sorted, no spaces, shortest decimals that read back exactly, a newline at the end.

    Args:
        validated: The fits.
        labels: What they come from.
        created: When, UTC.
        folds: Of the cross-validation.
        seed: Of the folds and of the bootstrap.
    """
    body = {
        "format": FORMAT,
        "created": created.isoformat(timespec="seconds"),
        "runs": [dict(run) for run in labels.runs],
        "engines": list(labels.engines),
        "validation": {"folds": folds, "seed": seed},
        "fits": [_fit(one) for one in validated],
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def digest(file: bytes) -> str:
    """SHA-256, hexadecimal: `Answer.calibration_digest` of answers that it made."""
    return hashlib.sha256(file).hexdigest()


def _fit(one: Validated) -> dict[str, Any]:
    population = one.population
    return {
        "kind": population.kind,
        "models": [
            {"name": model.name, "version": model.version, "weights_digest": model.weights_digest}
            for model in sorted(population.models)
        ],
        "pooled": population.pooled,
        "curve": one.curve.row(),
        "claims": len(population.claims),
        "correct": int(population.correct.sum()),
        "pictures": len(set(population.pictures)),
        "out_of_fold": {figure.name: _figure(figure) for figure in one.figures},
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {"before": _estimate(figure.before), "after": _estimate(figure.after), "change": _estimate(figure.change)}


def _estimate(estimate: Estimate) -> list[float | None]:
    """Value, lower and upper end; None where one is not defined."""
    values = (estimate.value, estimate.low, estimate.high)
    return [float(value) if math.isfinite(value) else None for value in values]
