"""Which answers a list is of.

What is not personal stands in columns, and the database filters by it. Labels, questions and lettering are encrypted,
and no index of them is kept: one that could find a word would still hold it, in the write-ahead log and in backups,
when the answer was erased. They are looked for by opening one answer after the other, a bounded number for each page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from services.common.claims import Verdict
    from services.provenance.core.records import Finding, Summary
    from services.provenance.core.reviews import ReviewState


@dataclass(frozen=True, slots=True)
class AnswerFilter:
    """What an answer must agree with to be listed; what is empty or None asks for nothing.

    Attributes:
        tenant: Whose answers.
        since: Admitted then or later.
        until: Admitted before.
        verdicts: One of its claims has one of them.
        model: Had a part in it: "name" or "name@version".
        degradations: It has one of them.
        review_state: What people made of it.
        min_latency: It took so long or longer.
        max_latency: It took less.
        image_digest: Its image.
        label: In the label of a region, whatever the case.
        text: In its question, a claim, a label or the lettering of a region, whatever the case.
    """

    tenant: str
    since: datetime | None = None
    until: datetime | None = None
    verdicts: tuple[Verdict, ...] = ()
    model: str = ""
    degradations: tuple[int, ...] = ()
    review_state: ReviewState | None = None
    min_latency: timedelta | None = None
    max_latency: timedelta | None = None
    image_digest: str = ""
    label: str = ""
    text: str = ""

    @property
    def reads(self) -> bool:
        """Whether it asks for something that is encrypted."""
        return bool(self.label or self.text)

    @property
    def digest(self) -> bytes:
        """What tells it from other filters, four bytes; whose it is does not matter."""
        return hashlib.sha256(repr(replace(self, tenant="")).encode()).digest()[:4]


def agrees(wanted: AnswerFilter, finding: Finding, review_state: ReviewState) -> bool:
    """Whether an answer agrees with what a filter asks of it in the clear; its image is not."""
    return (
        wanted.tenant == finding.tenant
        and (wanted.since is None or finding.create_time >= wanted.since)
        and (wanted.until is None or finding.create_time < wanted.until)
        and (not wanted.verdicts or bool(set(wanted.verdicts) & set(finding.verdicts)))
        and (not wanted.model or any(wanted.model in (model, model.rpartition("@")[0]) for model in finding.models))
        and (not wanted.degradations or bool(set(wanted.degradations) & set(finding.degradations)))
        and (wanted.review_state in (None, review_state))
        and (wanted.min_latency is None or finding.latency >= wanted.min_latency)
        and (wanted.max_latency is None or finding.latency < wanted.max_latency)
    )


def mentions(wanted: AnswerFilter, summary: Summary) -> bool:
    """Whether an answer has the label and the text that a filter asks for."""
    labels, texts = summary.labels or (), summary.texts or ()
    return _found(wanted.label, labels) and _found(wanted.text, (summary.question, *labels, *texts))


def _found(wanted: str, among: tuple[str, ...]) -> bool:
    return not wanted or any(wanted.casefold() in text.casefold() for text in among)
