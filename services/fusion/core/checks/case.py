"""What a test may know, and what a test is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.claims import Check, ClaimDraft
    from services.common.geometry import Box, Size
    from services.common.regions import Capability, Region


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one answer.

    Attributes:
        image_digest: The image that every region must be of.
        image_size: Its extent.
        regions: Every region of the answer, by id.
        searched: Capabilities with which the accurate tier has looked at the whole picture.
        looks: What the accurate tier saw when it looked again at a place. A place that is not here was not looked at.
    """

    image_digest: str
    image_size: Size
    regions: Mapping[str, Region]
    searched: frozenset[Capability]
    looks: Mapping[Box, tuple[Region, ...]]


class ClaimTest(Protocol):
    """One independent test."""

    def applies(self, draft: ClaimDraft) -> bool:
        """Whether the test bears on claims of this kind."""
        ...

    def looks(self, draft: ClaimDraft, case: Case) -> tuple[Box, ...]:
        """Places, in the image's frame, that should be looked at again before `run`. `case.looks` is empty yet."""
        ...

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The outcome. What could not be looked at makes it inconclusive, never passed."""
        ...
