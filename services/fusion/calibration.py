"""The calibration where none was fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.claims import Check, ClaimDraft
    from services.common.regions import Region


class Uncalibrated:
    """The `Calibration` port: no probability is better than one that means nothing."""

    digest = ""

    def confidence(
        self,
        _draft: ClaimDraft,
        _checks: Sequence[Check],
        _evidence_score: float,
        _regions: Mapping[str, Region],
    ) -> float | None:
        """None."""
        return None
