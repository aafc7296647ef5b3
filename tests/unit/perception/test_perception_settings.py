from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.common.errors import CapabilityNotBound
from services.common.regions import Capability, Tier
from services.perception.core.bindings import Binding
from services.perception.core.views import ViewRule
from services.perception.settings import PerceptionSettings


def settings(**given: Any) -> PerceptionSettings:
    return PerceptionSettings(objects_url="memory:///", **given)


def test_what_is_bound_where_nothing_is_said() -> None:
    table = settings().binding_table
    assert table.of(Capability.READ_TEXT) == (
        Binding(Tier.FAST, "read_text", enlarged=False),
        Binding(Tier.ACCURATE, "read_text", enlarged=True),
    )
    bound = {each.word: table.resolve(each, Tier.FAST).model for each in Capability if table.of(each)}
    assert bound == {"read_text": "read_text", "segment": "segment_grabcut", "find_private": "find_private"}


def test_an_accurate_model_of_its_own_sees_the_image_at_its_own_size() -> None:
    table = settings(bindings={"detect": {"fast": "small", "accurate": "large"}}).binding_table
    assert table.resolve(Capability.DETECT, Tier.FAST) == Binding(Tier.FAST, "small", enlarged=False)
    assert table.resolve(Capability.DETECT, Tier.ACCURATE) == Binding(Tier.ACCURATE, "large", enlarged=False)


@pytest.mark.parametrize("tier", Tier)
def test_what_is_not_bound_says_how_to_bind_it(tier: Tier) -> None:
    with pytest.raises(CapabilityNotBound) as absent:
        settings().binding_table.resolve(Capability.DETECT, tier)
    assert absent.value.metadata == {"capability": "detect"}
    assert 'GROUNDWIRE_PERCEPTION_BINDINGS={"detect": {"fast": "<model>"}}' in absent.value.remedy


@pytest.mark.parametrize(
    ("bindings", "complaint"),
    [
        ({"reading": {"fast": "a"}}, "'reading' is no capability; there are read_text, detect"),
        ({"detect": {"slow": "a"}}, "detect names the tier 'slow'; there are fast, accurate"),
        ({"detect": {"accurate": "a"}}, "detect has no fast model"),
        ({"detect": {"fast": ""}}, "detect has a model without a name"),
    ],
)
def test_a_wrong_table_is_refused(bindings: dict[str, dict[str, str]], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        settings(bindings=bindings)


def test_the_table_is_read_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWIRE_PERCEPTION_BINDINGS", '{"detect": {"fast": "finder"}}')
    assert settings().binding_table.resolve(Capability.DETECT, Tier.FAST).model == "finder"


def test_the_object_store_must_be_named() -> None:
    with pytest.raises(ValidationError, match="objects_url"):
        PerceptionSettings()


def test_tiles_must_leave_room_between_their_overlaps() -> None:
    assert settings(tile_side=1024, tile_overlap=64).view_rule == ViewRule(1024, 64, 8)
    with pytest.raises(ValidationError, match="at most half"):
        settings(tile_side=300, tile_overlap=200)
