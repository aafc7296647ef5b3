"""Signs the log, and refuses to where it is not what it was.

What is signed was read back and hashed anew: every record since the last checkpoint, on top of the tree that the last
checkpoint was over.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from groundwire.proofs import merkle, tree
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import Checkpoint, checkpoint_of
from services.common.errors import MeshError, PartUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from services.provenance.ports import Copies, Log
    from services.provenance.signing import Signer

log = structlog.get_logger()


class Notary:
    """Signs checkpoints of a log.

    1. Before the first signature it holds the log against the newest checkpoint that it or a copy knows of.
    2. It signs only what continues the checkpoint before, record by record.
    3. Once the log did not, it signs nothing and lets nothing be appended, until it is started again.
    """

    def __init__(self, log_tables: Log, signer: Signer, copies: Copies | None, *, every: int) -> None:
        """Nothing is read yet.

        Args:
            log_tables: The log.
            signer: Whose signatures.
            copies: Where checkpoints are copied to; None for nowhere.
            every: Records after which a checkpoint is due before its time.
        """
        self._log = log_tables
        self._signer = signer
        self._copies = copies
        self._every = every
        self._signed: Checkpoint | None = None
        self._checked = False
        self._broken = ""
        self._turn = asyncio.Lock()
        self._due = asyncio.Event()
        self._closing = False

    @property
    def public_key(self) -> str:
        """The public key of its signatures, in the text form of signed notes."""
        return str(self._signer.public)

    def check(self, note: str) -> Checkpoint:
        """The checkpoint in a note that this service signed.

        Raises:
            ProofError: It did not.
        """
        try:
            return checkpoint_of(note, self._signer.public)
        except ProofError as error:
            raise ProofError(f"a checkpoint of it is not by this service's key: {error}") from error

    async def ready(self) -> None:
        """Return when the log was found to continue its last checkpoint; the first call looks.

        Raises:
            MeshError: It does not, or cannot be read.
        """
        if not self._checked and not self._broken:
            async with self._turn:
                await self._guarded(self._check)
        self.require_sound()

    def require_sound(self) -> None:
        """Return where nothing speaks against appending.

        Raises:
            MeshError: The log does not continue its last checkpoint, or nobody has looked yet.
        """
        if self._broken:
            raise MeshError(
                f"the log is not what was signed: {self._broken}",
                remedy="keep the database and the copies of its checkpoints as they are, find out with groundwire "
                "verify what was changed, and restore the log from a backup that continues the last checkpoint",
            )
        if not self._checked:
            raise PartUnavailable("the log has not been checked yet", remedy="try again", part="postgres")

    def saw(self, index: int) -> None:
        """Take note that there is a record of that index."""
        if index + 1 - (self._signed.size if self._signed else 0) >= self._every:
            self._due.set()

    def hurry(self) -> None:
        """Sign soon: there is something that ought not to wait."""
        self._due.set()

    async def sign(self) -> None:
        """Sign the log as it is now, unless that was done, and copy what was not copied.

        Raises:
            MeshError: The log or the copies are out of reach, or the log does not continue its last checkpoint.
        """
        await self.ready()
        async with self._turn:
            await self._guarded(self._sign)
        self.require_sound()
        await self._guarded(self._copy)
        self.require_sound()

    async def sign_when_due(self, interval_s: float) -> None:
        """Sign every `interval_s` seconds, and sooner when there is much to sign, until closed; then once more."""
        while not self._closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(interval_s):
                    await self._due.wait()
            self._due.clear()
            await self._try_to_sign()
        # What came while the last checkpoint was being signed.
        await self._try_to_sign()

    def close(self) -> None:
        """Let `sign_when_due` end."""
        self._closing = True
        self._due.set()

    async def _try_to_sign(self) -> None:
        try:
            await self.sign()
        except MeshError as error:
            log.warning("no checkpoint was published", problem=error.message)
        except Exception:  # a fault of ours must not end the signing for good
            log.exception("the log could not be signed")

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Run a step; what does not hold is remembered."""
        try:
            await step()
        except ProofError as error:
            self._broken = str(error)
            log.error("the log is not what was signed", problem=self._broken)  # noqa: TRY400 - no trace wanted

    async def _check(self) -> None:
        known = [await self._log.newest_note()]
        if self._copies is not None:
            known.append(await self._copies.newest(self.check(known[0]).size if known[0] else 0))
        await self._adopt(known)
        await self._extended()
        self._checked = True

    async def _sign(self) -> None:
        # Another replica may have signed since, with the same key.
        await self._adopt([await self._log.newest_note()])
        size, frontier = await self._extended()
        if size > (self._signed.size if self._signed else 0):
            root = tree.root_of(frontier)
            await self._log.keep_note(size, self._signer.sign(size, root))
            self._signed = Checkpoint(self._signer.origin, size, root)

    async def _adopt(self, known: Sequence[str | None]) -> None:
        """Take the largest of these checkpoints for the last one. Each of them must hold."""
        for note in filter(None, known):
            checkpoint = self.check(note)
            await self._held(checkpoint)
            if self._signed is None or checkpoint.size > self._signed.size:
                self._signed = checkpoint

    async def _held(self, signed: Checkpoint | None) -> list[bytes]:
        """The frontier of the tree that was signed.

        Raises:
            ProofError: That tree is not there any more.
        """
        if signed is None:
            return []
        size, _ = await self._log.head()
        if signed.size > size:
            raise ProofError(f"it has {size} records, and {signed.size} were signed")
        frontier = await self._subtrees(signed.size)
        if tree.root_of(frontier) != signed.root:
            raise ProofError(f"the tree of its first {signed.size} records is not the one that was signed")
        return frontier

    async def _extended(self) -> tuple[int, Sequence[bytes]]:
        """Size and frontier of the log as it is now: of the tree that was signed, and the records after it.

        Raises:
            ProofError: The tree that was signed is not there any more, or the records after it were altered.
        """
        frontier = await self._held(self._signed)
        start = self._signed.size if self._signed else 0
        size, kept = await self._log.head()
        while start < size:
            page = await self._log.entries(start, size)
            if not page:
                raise ProofError(f"record {start} is missing")
            for entry in page:
                frontier, completed = tree.append(frontier, start, merkle.leaf_hash(entry.record))
                if (entry.receipt.index, *entry.nodes) != (start, *completed):
                    raise ProofError(f"record {start} is missing, or it or its place in the tree was altered")
                start += 1
        if frontier != list(kept):
            raise ProofError("the hashes that the next record needs were altered")
        return size, frontier

    async def _subtrees(self, size: int) -> list[bytes]:
        nodes = tree.cover(0, size)
        hashes = await self._log.hashes(nodes)
        if missing := [node for node in nodes if node not in hashes]:
            raise ProofError(f"record {missing[0].completed_by} is missing")
        return [hashes[node] for node in nodes]

    async def _copy(self) -> None:
        """Copy what was not copied, in order.

        Raises:
            ProofError: A copy has another checkpoint of that size.
        """
        if self._copies is None:
            return
        for size, note in await self._log.uncopied():
            copy = await self._copies.keep(size, note)
            if copy != note:
                raise ProofError(f"the copy of the checkpoint of {size} records is another one")
            await self._log.copied(size)


@asynccontextmanager
async def signing(notary: Notary, interval_s: float) -> AsyncIterator[Notary]:
    """Have a notary sign while the context lasts, and once more at its end."""
    task = asyncio.create_task(notary.sign_when_due(interval_s))
    try:
        yield notary
    finally:
        # Not cancelled: a checkpoint that is being signed is kept and copied, or neither.
        notary.close()
        await task
