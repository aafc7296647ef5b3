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


def remedy(capability: Capability) -> str:
    """How to bind a model to an absent capability."""
    return (
        f"put a model that honours the {capability.word} contract into Triton's model repository and name it: "
        f'GROUNDWIRE_PERCEPTION_BINDINGS={{"{capability.word}": {{"fast": "<model>"}}}}, beside those already bound'
    )
