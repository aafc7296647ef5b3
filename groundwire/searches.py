"""What callers ask of recorded answers: which ones, and what a person makes of a claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from groundwire.errors import InvalidRequest
from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence


JudgementWord: TypeAlias = Literal["correct", "wrong", "unsure"]
"""What a person makes of a claim."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which answers: those that agree with all that is given.

    Attributes:
        since: Admitted then or later; without a time zone it is UTC.
        until: Admitted before.
        verdicts: One of its claims has one of them: "supported", "contradicted", "unverified".
        label: In the label of a region, whatever the case.
        text: In the question, a claim, a label or what was read, whatever the case.
        model: Had a part in it: "name", or "name@version".
        degradations: It has one of them: "llm_rules", "fast_only", …
        review: What people made of it: "unreviewed", "correct", "wrong", "unsure".
        min_latency_s: It took so long or longer, seconds.
        max_latency_s: It took less, seconds.
        image: Its image, sha256:… or the digest alone.
    """

    since: datetime | None = None
    until: datetime | None = None
    verdicts: Sequence[str] = ()
    label: str = ""
    text: str = ""
    model: str = ""
    degradations: Sequence[str] = ()
    review: str = ""
    min_latency_s: float | None = None
    max_latency_s: float | None = None
    image: str = ""

    @property
    def message(self) -> provenance_service_pb2.AnswerFilter:
        """As the contract says it.

        Raises:
            InvalidRequest: There is no such verdict, degradation, state or time.
        """
        message = provenance_service_pb2.AnswerFilter(
            verdicts=[_number(claim_pb2.Verdict, "VERDICT", word) for word in self.verdicts],
            label=self.label,
            text=self.text,
            model=self.model,
            degradations=[_number(answer_pb2.Degradation, "DEGRADATION", word) for word in self.degradations],
            image_digest=self.image.removeprefix("sha256:"),
        )
        if self.review:
            message.review_state = _number(provenance_service_pb2.ReviewState, "REVIEW_STATE", self.review)
        for name, time in (("since", self.since), ("until", self.until)):
            if time is not None:
                getattr(message, name).FromDatetime(time.astimezone(UTC) if time.tzinfo else time)
        for name, seconds in (("min_latency", self.min_latency_s), ("max_latency", self.max_latency_s)):
            if seconds is not None:
                getattr(message, name).FromNanoseconds(_nanoseconds(seconds))
        return message


def list_request(where: Search | None, *, page_size: int, page_token: str) -> provenance_service_pb2.ListAnswersRequest:
    """A page of answers."""
    wanted = None if where is None else where.message
    return provenance_service_pb2.ListAnswersRequest(page_size=page_size, page_token=page_token, filter=wanted)


def watch_request(where: Search | None, after_index: int | None) -> provenance_service_pb2.WatchAnswersRequest:
    """Answers as they are recorded."""
    wanted = None if where is None else where.message
    return provenance_service_pb2.WatchAnswersRequest(after_index=after_index, filter=wanted)


def review_request(
    answer_id: str, claim_id: str, judgement: str, *, note: str, reviewer: str
) -> provenance_service_pb2.ReviewRequest:
    """A judgement of a claim.

    Raises:
        InvalidRequest: There is no such judgement.
    """
    if judgement not in get_args(JudgementWord):
        raise _unknown("judgement", judgement, get_args(JudgementWord))
    value = _number(provenance_service_pb2.Judgement, "JUDGEMENT", judgement)
    return provenance_service_pb2.ReviewRequest(
        answer_id=answer_id, claim_id=claim_id, judgement=value, note=note, reviewer=reviewer
    )


def review_word(state: int) -> str:
    """A review state in words, such as "wrong"; "unknown" for one of a newer contract."""
    for name, number in provenance_service_pb2.ReviewState.items():
        if number == state:
            return name.removeprefix("REVIEW_STATE_").lower()
    return "unknown"


def judgement_word(judgement: int) -> str:
    """A judgement in words, such as "wrong"; "unknown" for one of a newer contract."""
    for name, number in provenance_service_pb2.Judgement.items():
        if number == judgement:
            return name.removeprefix("JUDGEMENT_").lower()
    return "unknown"


def _number(enum: Any, prefix: str, word: str) -> Any:
    known = {
        name.removeprefix(f"{prefix}_").lower(): number
        for name, number in enum.items()
        if not name.endswith("UNSPECIFIED")
    }
    if word not in known:
        raise _unknown(prefix.lower(), word, known)
    return known[word]


def _unknown(field: str, word: str, known: Any) -> InvalidRequest:
    what = field.replace("_", " ")
    return InvalidRequest(
        f"{what} {word!r} is not known", remedy=f"one of {', '.join(known)}", metadata={"field": field}
    )


def _nanoseconds(seconds: float) -> int:
    if not 0 <= seconds <= 365 * 86400:
        raise InvalidRequest(f"no answer takes {seconds} s", remedy="0 s to a year", metadata={"field": "latency"})
    return round(seconds * 1e9)
