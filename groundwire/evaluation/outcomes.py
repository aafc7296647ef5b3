"""What became of one thing that was asked, as it is written to a run's file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire.evaluation.examples import Box


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim, held against the truth. Contradicted claims are withdrawn by the mesh itself, and not among these.

    Attributes:
        id: Its id in the answer.
        kind: Its predicate.
        verdict: What the mesh's checks made of it: supported, unverified.
        confidence: The calibrated probability, else the raw evidence score.
        calibrated: Which of the two.
        correct: Whether it is true; None where the truth is silent.
        hallucinated: Whether it states that something is there that is not; None where it states no presence, or the
            truth is silent.
        cited: Regions that it cites in support, where it is true and the truth says where; else 0.
        carrying: How many of those lie where the truth has it.
        label: What it is about.
        place: Middle x and y, width and height of the first cited region, over the picture's, in [0, 1]; None without.
        iou: Of the first cited region with the best true box; None where the truth has no box.
    """

    id: str
    kind: str
    verdict: str
    confidence: float
    calibrated: bool
    correct: bool | None
    hallucinated: bool | None
    cited: int = 0
    carrying: int = 0
    label: str = ""
    place: tuple[float, float, float, float] | None = None
    iou: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, or one phrase, and what became of it.

    Attributes:
        id: Unique in the run, the same in every run of the set.
        example: The example that it is of; several phrases may be of one.
        image: File name of the picture: what is drawn for confidence intervals.
        stratum: Part of the set.
        asked: What was asked, for people.
        gold: What is true, for people.
        said: What came back, for people.
        error: Reason of the error where no answer came; empty otherwise.
        credit: In [0, 1]: 1 for right.
        absent: Whether the truth is that it is not there.
        rejected: Whether the answer says so. An abstention for another reason does not.
        answered: Whether the answer states anything, an absence included.
        misunderstood: Whether the question was not parsed.
        abstained: The reason, where nothing is stated; "contradicted" where the mesh's checks withdrew what it had.
        verdict: Of the leading claim; empty without.
        confidence: Of the leading claim; None without.
        iou: Of the leading box with the best true one, 0 where none was given; None where the truth has no box.
        pointed: Whether the leading box's middle lies in a true box; as `iou`.
        region_iou: IoU of all boxes given with all true ones, 1 where there are none of both; None where not asked.
        f1: Of the boxes given, at IoU 0.5; as `region_iou`.
        golds: True statements that a right answer makes.
        found: How many of them it makes.
        words: Words in common, said, true; None where no lettering was asked for.
        distance: Edit distance of the leading value to the nearest true one, in [0, 1]; None where there is no value.
        label: The phrase, where boxes were asked for.
        boxes: Boxes given.
        scores: Their scores, 1 where the source gave none.
        gold_boxes: True boxes.
        claims: Every claim that the mesh stands by.
        answer: Id of the answer.
    """

    id: str
    example: str
    image: str
    stratum: str
    asked: str
    gold: str
    said: str = ""
    error: str = ""
    credit: float = 0.0
    absent: bool = False
    rejected: bool = False
    answered: bool = False
    misunderstood: bool = False
    abstained: str = ""
    verdict: str = ""
    confidence: float | None = None
    iou: float | None = None
    pointed: bool | None = None
    region_iou: float | None = None
    f1: float | None = None
    golds: int = 0
    found: int = 0
    words: tuple[int, int, int] | None = None
    distance: float | None = None
    label: str = ""
    boxes: tuple[Box, ...] = ()
    scores: tuple[float, ...] = ()
    gold_boxes: tuple[Box, ...] = ()
    claims: tuple[JudgedClaim, ...] = ()
    answer: str = ""

    def to_row(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Outcome:
        """What `to_row` gave; fields of a newer version are passed over.

        Raises:
            TypeError: One is missing.
        """
        known = {field.name for field in fields(cls)}
        kept = {name: _frozen(value) for name, value in row.items() if name in known and name != "claims"}
        claims = tuple(JudgedClaim(**{name: _frozen(v) for name, v in one.items()}) for one in row.get("claims", ()))
        return cls(**kept, claims=claims)

    @property
    def is_right(self) -> bool:
        """At least half the credit."""
        return self.credit >= 0.5  # noqa: PLR2004 - half


def _frozen(value: Any) -> Any:
    """JSON's lists as tuples."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
