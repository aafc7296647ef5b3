"""Which parts of an answer bear on a claim."""

from __future__ import annotations

import pytest

from services.common.errors import RecordNotFound
from services.common.geometry import Box
from services.provenance.core.explanation import Chain, Outline, Rest, explain

PLACES = {
    "r1": Box(0, 0, 10, 10),
    "r2": Box(0, 0, 10, 9),  # IoU 0.9 with r1
    "r3": Box(5, 0, 15, 10),  # IoU 1/3 with r1
    "r4": Box(6, 0, 16, 10),  # IoU 1/4 with r1
    "r5": Box(100, 100, 110, 110),
}


def outline(**claims: Rest) -> Outline:
    return Outline(places=PLACES, claims=claims, escalated=("t1", "t2", ""))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        pytest.param(Rest("t1", ()), Chain("t1", (), (), (0, 2)), id="an absence that cites nothing"),
        pytest.param(Rest("t1", ("r1",)), Chain("t1", ("r1",), ("r2", "r3"), (0, 2)), id="rivals at the cited place"),
        pytest.param(Rest("t2", ("r5", "r1")), Chain("t2", ("r5", "r1"), ("r2", "r3"), (1, 2)), id="citation order"),
        pytest.param(Rest("", ("r5",)), Chain("", ("r5",), (), (2,)), id="the whole picture"),
        pytest.param(Rest("t1", ("r2", "r1", "r2")), Chain("t1", ("r2", "r1"), ("r3",), (0, 2)), id="cited twice"),
        pytest.param(Rest("t1", tuple(PLACES)), Chain("t1", tuple(PLACES), (), (0, 2)), id="all are cited"),
    ],
)
def test_the_chain_of_a_claim(rest: Rest, expected: Chain) -> None:
    assert explain(outline(c1=rest), "c1") == expected


def test_a_claim_that_is_not_there_is_named_beside_those_that_are() -> None:
    with pytest.raises(RecordNotFound) as caught:
        explain(outline(c1=Rest("", ()), c2=Rest("", ())), "c9")
    assert caught.value.metadata == {"kind": "claim", "id": "c9"}
    assert caught.value.remedy == "it has c1, c2"


def test_an_answer_without_claims_says_so() -> None:
    with pytest.raises(RecordNotFound) as caught:
        explain(outline(), "c1")
    assert "only abstentions" in caught.value.remedy
