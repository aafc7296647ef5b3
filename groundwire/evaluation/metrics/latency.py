"""How long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PERCENTILES = (50, 95, 99)


def percentiles(seconds: Sequence[float]) -> Mapping[str, float]:
    """p50, p95 and p99 by linear interpolation, in the unit given; NaN for no case."""
    if not seconds:
        return {f"p{share}": float("nan") for share in PERCENTILES}
    values = np.percentile(np.asarray(seconds, dtype=np.float64), PERCENTILES)
    return {f"p{share}": float(value) for share, value in zip(PERCENTILES, values, strict=True)}
