"""How a claim came about: which parts of its answer bear on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common.errors import RecordNotFound
from services.common.geometry import ious

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.common.geometry import Box

RIVAL_IOU: Final = 0.3
"""An uncited region lies at a cited place from this intersection over union on. Two readings of one line, from two
tiers, overlap by far more; neighbouring lines by less."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What one claim rests on: its target (empty for the whole picture) and its regions, in citation order."""

    target_id: str
    region_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The bones of an answer: what hangs on what, by id.

    Attributes:
        places: Box of every region, in the answer's order.
        claims: What each claim rests on, in the answer's order.
        escalated: Target of each escalation, in the answer's order; empty where the whole question was in doubt.
    """

    places: Mapping[str, Box]
    claims: Mapping[str, Rest]
    escalated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The parts of an answer that bear on one claim.

    Attributes:
        target_id: What the claim is about; empty for the whole picture.
        cited_ids: Regions that it cites, in citation order, each once.
        rival_ids: Uncited regions at a cited place (`RIVAL_IOU`), in the answer's order.
        escalations: Positions, in the answer, of the escalations for this target or for the whole question.
    """

    target_id: str
    cited_ids: tuple[str, ...]
    rival_ids: tuple[str, ...]
    escalations: tuple[int, ...]


def explain(outline: Outline, claim_id: str) -> Chain:
    """The chain of one claim.

    Raises:
        RecordNotFound: The answer has no such claim.
    """
    rest = outline.claims.get(claim_id)
    if rest is None:
        raise _no_such_claim(claim_id, outline.claims)
    cited = tuple(dict.fromkeys(rest.region_ids))
    return Chain(
        target_id=rest.target_id,
        cited_ids=cited,
        rival_ids=_rivals(outline.places, cited),
        escalations=tuple(i for i, target in enumerate(outline.escalated) if target in ("", rest.target_id)),
    )


def _rivals(places: Mapping[str, Box], cited: tuple[str, ...]) -> tuple[str, ...]:
    others = [region_id for region_id in places if region_id not in set(cited)]
    if not others or not cited:
        return ()
    overlaps = ious(_stacked(places, others), _stacked(places, cited))
    near = overlaps.max(axis=1) >= RIVAL_IOU
    return tuple(region_id for region_id, is_near in zip(others, near, strict=True) if is_near)


def _stacked(places: Mapping[str, Box], ids: Iterable[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.stack([places[region_id].as_array() for region_id in ids])


def _no_such_claim(claim_id: str, known: Iterable[str]) -> RecordNotFound:
    ids = ", ".join(known)
    return RecordNotFound(
        f"the answer has no claim {claim_id!r}",
        remedy=f"it has {ids}" if ids else "it has no claims, only abstentions: read the answer itself",
        kind="claim",
        id=claim_id,
    )
