"""A relay on 127.0.0.1 that flips bits of what the server answers while it is told to."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 7
SHARE = 0.3
"""Of the pieces that arrive, those in which one bit is flipped."""
PIECE_BYTES = 65536


class Flipping:
    """Relays connections to `target`, host:port, from threads of its own that end with the process.

    Attributes:
        address: Where it listens, host:port.
        flips: Bits flipped so far.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._on = threading.Event()
        self._random = random.Random(SEED)  # noqa: S311 - no secret
        self.flips = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def flipping(self) -> Iterator[None]:
        """Flip bits until the context ends."""
        self._on.set()
        try:
            yield
        finally:
            self._on.clear()

    def _accept(self) -> None:
        while True:
            caller, _ = self._listener.accept()
            try:
                server = socket.create_connection(self._target, timeout=2.0)
            except OSError:  # it is just down: the caller tries again
                caller.close()
                continue
            server.settimeout(None)
            for source, target, hurts in ((caller, server, False), (server, caller, True)):
                threading.Thread(target=self._copy, args=(source, target, hurts), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, hurts: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                target.sendall(self._flipped(piece) if hurts and self._on.is_set() else piece)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _flipped(self, piece: bytes) -> bytes:
        if self._random.random() > SHARE:
            return piece
        changed = bytearray(piece)
        changed[self._random.randrange(len(changed))] ^= 1 << self._random.randrange(8)
        self.flips += 1
        return bytes(changed)
