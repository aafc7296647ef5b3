"""Lists of answers: pages of what there is, and what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.errors import MeshError
from services.provenance import convert_answer
from services.provenance.core.filters import mentions
from services.provenance.core.records import Summary

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from services.provenance.core.filters import AnswerFilter
    from services.provenance.core.records import Box, Finding, ListedAnswer
    from services.provenance.ports import News, Records
    from services.provenance.sealing import Sealer
    from services.provenance.vault import Vault

Line = tuple["ListedAnswer", Summary]

MAX_OPENED: Final = 2000
"""Answers that are opened for one page, where labels or texts are looked for: about a fifth of a second."""
PAGE: Final = 100
"""Answers read at once."""

_NOTHING_KEPT: Final = Summary("", "", (), ())


class Lister:
    """Finds answers, and follows the log."""

    def __init__(self, *, records: Records, news: News, vault: Vault, sealer: Sealer) -> None:
        """Read from the tables, open what is sealed there."""
        self._records = records
        self._news = news
        self._vault = vault
        self._sealer = sealer

    async def page(self, wanted: AnswerFilter, *, before: int | None, limit: int) -> tuple[Sequence[Line], int | None]:
        """Up to `limit` answers below an index, newest first, and the index to go on below; None at the end.

        Where labels or texts are looked for, a page ends after `MAX_OPENED` answers, whatever it has by then.
        """
        found: list[Line] = []
        opened = 0
        tag = await self._image_tag(wanted)
        while True:
            # One more than is needed tells whether there is a next page.
            size = PAGE if wanted.reads else limit - len(found) + 1
            lines = await self._records.newest(wanted, tag, before=before, limit=size)
            for listed in lines:
                if len(found) == limit or opened == MAX_OPENED:
                    return found, before
                summary = await self._summary(listed)
                opened += wanted.reads
                before = listed.receipt.index
                if summary is not None and mentions(wanted, summary):
                    found.append((listed, summary))
            if len(lines) < size:
                return found, None

    async def watch(self, wanted: AnswerFilter, after: int | None) -> AsyncGenerator[Line]:
        """Answers above an index, oldest first, then those that come; from now on where that is None. Never ends.

        Nothing is buffered for whoever reads slowly: the next are read when these were taken.
        """
        tag = await self._image_tag(wanted)
        async with self._news.subscribed() as changed:
            if after is None:
                after = await self._records.last_index()
            while True:
                changed.clear()
                while lines := await self._records.oldest(wanted, tag, after=after, limit=PAGE):
                    for listed in lines:
                        after = listed.receipt.index
                        summary = await self._summary(listed)
                        if summary is not None and mentions(wanted, summary):
                            yield listed, summary
                await changed.wait()

    async def _image_tag(self, wanted: AnswerFilter) -> bytes | None:
        return await self._sealer.image_tag(wanted.image_digest, wanted.tenant) if wanted.image_digest else None

    async def _summary(self, listed: ListedAnswer) -> Summary | None:
        """What a line says that is personal; None where it was erased since it was read."""
        if listed.box is None:
            return _NOTHING_KEPT
        try:
            return await self._opened(listed.finding, listed.box)
        except MeshError:
            entry = await self._records.read(listed.finding.answer_id)
            if entry is not None and entry.erased_by is not None:
                return None
            raise

    async def _opened(self, finding: Finding, box: Box) -> Summary:
        summary = await self._sealer.open_summary(finding.answer_id, finding.tenant, box)
        if summary.texts is not None:
            return summary
        # Recorded before labels and texts were kept: the answer itself has them.
        _, content = await self._vault.read(finding.answer_id, finding.tenant)
        return convert_answer.answer_from(content, finding.tenant).summary
