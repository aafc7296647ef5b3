"""The bindings of a file over those of the settings: read when they change, and never worse than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import ModelOutput
from services.common.regions import Capability, Tier
from services.perception.bindings_file import LayeredBindings
from services.perception.core import outputs
from services.perception.core.bindings import Bindings, parsed

if TYPE_CHECKING:
    from pathlib import Path

BASE = Bindings({Capability.READ_TEXT: {Tier.FAST: "read_text"}})
LAYERS = st.dictionaries(
    st.sampled_from(Capability), st.dictionaries(st.sampled_from(Tier), st.sampled_from(["a", "b", "c"]))
)


def replaced(path: Path, text: str) -> None:
    """As the command line does it: another file takes the place of the first."""
    unfinished = path.with_name("unfinished")
    unfinished.write_text(text)
    unfinished.replace(path)


def test_every_change_of_the_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "bindings.json"
    bindings = LayeredBindings(BASE, path)

    assert bindings.current() == BASE
    replaced(path, '{"detect": {"fast": "one"}}')
    assert bindings.current().resolve(Capability.DETECT, Tier.FAST).model == "one"
    replaced(path, '{"detect": {"fast": "two"}}')
    assert bindings.current().resolve(Capability.DETECT, Tier.FAST).model == "two"
    assert bindings.current().resolve(Capability.READ_TEXT, Tier.FAST).model == "read_text"
    path.unlink()
    assert bindings.current() == BASE


@pytest.mark.parametrize(
    "text", ["{", "[]", "3", '{"see": {}}', '{"detect": {"slow": "x"}}', '{"detect": {"fast": ""}}']
)
def test_while_the_file_makes_no_sense_the_last_table_stands(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bindings.json"
    bindings = LayeredBindings(BASE, path)
    replaced(path, '{"detect": {"fast": "one"}}')
    before = bindings.current()

    replaced(path, text)

    assert bindings.current() == before
    replaced(path, "{}")
    assert bindings.current() == BASE


def test_the_service_waits_for_what_it_was_told_and_not_for_what_was_bound(tmp_path: Path) -> None:
    path = tmp_path / "bindings.json"
    bindings = LayeredBindings(BASE, path)

    replaced(path, '{"detect": {"fast": "one"}}')
    assert bindings.required() == {"read_text"}
    replaced(path, '{"read_text": {"fast": "better"}}')
    assert bindings.required() == frozenset()


@given(LAYERS)
def test_a_layer_wins_where_it_says_something_and_changes_nothing_else(
    layer: dict[Capability, dict[Tier, str]],
) -> None:
    laid = BASE.with_layer(layer)

    for capability in Capability:
        for tier in Tier:
            if tier in layer.get(capability, {}):
                assert laid.resolve(capability, tier).model == layer[capability][tier]
        if not layer.get(capability):
            assert laid.of(capability) == BASE.of(capability)
    assert BASE.with_layer({}) == BASE


def test_an_accurate_model_alone_serves_both_tiers() -> None:
    laid = Bindings({}).with_layer({Capability.DETECT: {Tier.ACCURATE: "large"}})
    assert [(each.tier, each.model, each.enlarged) for each in laid.of(Capability.DETECT)] == [
        (Tier.FAST, "large", False),
        (Tier.ACCURATE, "large", False),
    ]


def test_words_become_capabilities_and_tiers() -> None:
    assert parsed({"detect": {"accurate": "x"}}) == {Capability.DETECT: {Tier.ACCURATE: "x"}}


def detected(searchable: object) -> outputs.Found:
    given = {"BOXES": np.zeros((0, 4), np.float32), "PHRASE": np.zeros(0, np.int32), "SEARCHABLE": searchable}
    tensors = {name: np.asarray(value) for name, value in given.items() if value is not None}
    return outputs.detections("finder", tensors, "1", ("dog", "unicorn"))


def test_a_model_says_what_it_cannot_search_for() -> None:
    assert detected([True, False]).unsearchable == ("unicorn",)
    assert detected(None).unsearchable == (), "a model that says nothing searches for everything"


@pytest.mark.parametrize("broken", [[True], [[True, False]], [1, 0], [1.0, 0.0]])
def test_an_answer_of_another_shape_breaks_the_contract(broken: object) -> None:
    with pytest.raises(ModelOutput, match="SEARCHABLE"):
        detected(broken)
