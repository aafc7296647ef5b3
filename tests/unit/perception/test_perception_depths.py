"""What depth models answer, against their contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from services.common.errors import ModelOutput
from services.common.geometry import Size
from services.perception.core import outputs

SIZE = Size(3, 2)
DEPTHS = np.array([[1, 2, 4], [1, 1, 0.5]], dtype=np.float32)


def said(kind: str) -> Any:
    return np.array([kind.encode()], dtype=np.object_)


@pytest.mark.parametrize("kind", [{}, {"KIND": said("inverse")}])
def test_of_inverse_depth_larger_is_nearer(kind: dict[str, Any]) -> None:
    depth = outputs.depths("m", {"DEPTH": DEPTHS, **kind}, "1", SIZE)
    assert (depth.nearness == DEPTHS).all()
    assert depth.run.version == "1"


def test_metres_are_turned_round() -> None:
    depth = outputs.depths("m", {"DEPTH": DEPTHS, "KIND": said("metres")}, "1", SIZE)
    assert depth.nearness.tolist() == [[1, 0.5, 0.25], [1, 1, 2]]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({}, "DEPTH is missing"),
        ({"DEPTH": DEPTHS.T}, "DEPTH has shape"),
        ({"DEPTH": DEPTHS.astype(np.int32)}, "DEPTH has dtype"),
        ({"DEPTH": DEPTHS * np.float32(np.nan)}, "not finite"),
        ({"DEPTH": -DEPTHS, "KIND": said("metres")}, "not above 0"),
        ({"DEPTH": DEPTHS, "KIND": said("feet")}, "KIND is 'feet'"),
        ({"DEPTH": DEPTHS, "WEIGHTS_DIGEST": said("x")}, "WEIGHTS_DIGEST"),
    ],
)
def test_what_breaks_the_contract_is_named(answer: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelOutput, match="the model m broke its contract") as broken:
        outputs.depths("m", answer, "1", SIZE)
    assert what in str(broken.value)
