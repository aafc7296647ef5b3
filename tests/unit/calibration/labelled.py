"""Claims with labels, made by hand or drawn."""

from __future__ import annotations

import numpy as np

from groundwire.calibration.labels import LabelledClaim, Model

READER = Model("read_text", "1", "a" * 64)
FINDER = Model("detect", "1", "b" * 64)


def claims(
    count: int, *, kind: str = "field", model: Model = READER, seed: int = 0, power: float = 4.0, per_picture: int = 2
) -> list[LabelledClaim]:
    """Scores drawn evenly, and truth drawn so that a score s is right with probability s ** power: overconfident."""
    generator = np.random.default_rng(seed)
    scores = generator.uniform(0.02, 0.999, size=count)
    right = generator.uniform(size=count) < scores**power
    return [
        LabelledClaim(
            f"{kind}{model.name}{seed}/{i}",
            f"picture {i // per_picture}",
            kind,
            frozenset({model}),
            float(s),
            bool(r),
        )
        for i, (s, r) in enumerate(zip(scores, right, strict=True))
    ]
