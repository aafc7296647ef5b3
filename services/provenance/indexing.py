"""What filters ask of answers that an older version kept: read out of their contents, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from services.common.errors import MeshError, PartUnavailable
from services.provenance import convert_answer

if TYPE_CHECKING:
    from services.provenance.ports import Records
    from services.provenance.vault import Vault

log = structlog.get_logger()

AT_ONCE: Final = 100
"""Answers asked for at once."""


async def index(records: Records, vault: Vault) -> int:
    """Index all that is left to index; how many answers that was.

    Raises:
        PartUnavailable: The database or the key store is out of reach; asking again goes on where this ended.
    """
    count = 0
    while left := await records.unindexed(AT_ONCE):
        for answer_id, tenant in left:
            try:
                _, content = await vault.read(answer_id, tenant)
                finding = convert_answer.answer_from(content, tenant).finding
            except PartUnavailable:
                raise
            except MeshError:
                # Erased since, or altered, which verification tells: no filter finds it.
                finding = None
            await records.index(answer_id, finding)
            count += 1
    if count:
        log.info("answers indexed", count=count)
    return count
