"""Which model serves a capability on a tier: the table that makes vision models swappable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.common.errors import CapabilityNotBound
from services.common.regions import Capability, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Binding:
    """A model for a tier.

    Attributes:
        tier: The rung that it serves.
        model: Name, as Triton knows it.
        enlarged: True for the fast model standing in on the accurate tier: it then sees enlarged, overlapping tiles.
    """

    tier: Tier
    model: str
    enlarged: bool


@dataclass(frozen=True, slots=True)
class Bindings:
    """The table. A capability that is in it has at least a fast model.

    Raises:
        ValueError: A capability has an accurate model and no fast one, or a model without a name.
    """

    models: Mapping[Capability, Mapping[Tier, str]]

    def __post_init__(self) -> None:
        for capability, tiers in self.models.items():
            if Tier.FAST not in tiers:
                msg = f"{capability.word} has no fast model"
                raise ValueError(msg)
            if not all(tiers.values()):
                msg = f"{capability.word} has a model without a name"
                raise ValueError(msg)

    def with_layer(self, models: Mapping[Capability, Mapping[Tier, str]]) -> Bindings:
        """This table with others laid over it, place by place.

        A capability that then has an accurate model alone is served by it on both tiers.
        """
        laid = {each: {**self.models.get(each, {}), **models.get(each, {})} for each in (*self.models, *models)}
        return Bindings({each: {Tier.FAST: tiers[max(tiers)], **tiers} for each, tiers in laid.items() if tiers})

    def of(self, capability: Capability) -> tuple[Binding, ...]:
        """What serves each tier, fast first; empty where the capability is absent."""
        tiers = self.models.get(capability)
        if tiers is None:
            return ()
        fast = Binding(Tier.FAST, tiers[Tier.FAST], enlarged=False)
        if Tier.ACCURATE in tiers:
            return fast, Binding(Tier.ACCURATE, tiers[Tier.ACCURATE], enlarged=False)
        return fast, Binding(Tier.ACCURATE, fast.model, enlarged=True)

    def resolve(self, capability: Capability, tier: Tier) -> Binding:
        """The model to ask.

        Raises:
            CapabilityNotBound: There is none.
        """
        for binding in self.of(capability):
            if binding.tier is tier:
                return binding
        raise CapabilityNotBound(
            f"no model is bound to {capability.word}", remedy=remedy(capability), capability=capability.word
        )


def parsed(names: Mapping[str, Mapping[str, str]]) -> dict[Capability, dict[Tier, str]]:
    """Models by capability and tier, from their words.

    Raises:
        ValueError: A word names no capability or no tier, or what it names is no model.
    """
    capabilities = {each.word: each for each in Capability}
    tiers = {each.name.lower(): each for each in Tier}
    for capability, models in names.items():
        if capability not in capabilities:
            msg = f"{capability!r} is no capability; there are {', '.join(capabilities)}"
            raise ValueError(msg)
        if set(models) - set(tiers):
            msg = f"{capability} names the tier {min(set(models) - set(tiers))!r}; there are {', '.join(tiers)}"
            raise ValueError(msg)
    return {
        capabilities[name]: {tiers[tier]: model for tier, model in models.items()} for name, models in names.items()
    }


def remedy(capability: Capability) -> str:
    """How to bind a model to an absent capability."""
    return (
        f"bind a model that honours the {capability.word} contract (groundwire models list, pull, bind); "
        f'or name one of Triton\'s: GROUNDWIRE_PERCEPTION_BINDINGS={{"{capability.word}": {{"fast": "<model>"}}}}, '
        "beside those already bound"
    )
