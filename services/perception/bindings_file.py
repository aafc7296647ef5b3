"""The bindings of a file laid over those of the settings, read again when the file has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog

from services.perception.core.bindings import Bindings, parsed

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()


class LayeredBindings:
    """The port `BindingTable`.

    Whoever writes the file replaces it whole. It is looked at when somebody asks for the table: to ask the system
    whether a file has changed takes a few microseconds.

    Args:
        base: What is bound whatever the file says.
        path: The file; it need not be there. None for no file.
    """

    def __init__(self, base: Bindings, path: Path | None) -> None:
        self._base = base
        self._path = path
        self._table = base
        self._state: tuple[int, ...] | None = None

    def current(self) -> Bindings:
        """The table now. While the file cannot be read, the last one that could, and the log says why."""
        state = self._state_now()
        if state != self._state:
            self._state = state
            self._table = self._read() if state is not None else self._base
        return self._table

    def required(self) -> frozenset[str]:
        """The models of the base that nothing is laid over."""
        base = {model for tiers in self._base.models.values() for model in tiers.values()}
        return frozenset(model for tiers in self.current().models.values() for model in tiers.values() if model in base)

    def _state_now(self) -> tuple[int, ...] | None:
        """What changes whenever the file does; None where there is no file."""
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self) -> Bindings:
        try:
            said = json.loads(self._path.read_bytes()) if self._path is not None else {}
            return self._base.with_layer(parsed(said))
        except (OSError, ValueError, AttributeError, TypeError) as error:
            log.error("bindings not read", path=str(self._path), why=str(error))  # noqa: TRY400 - said in full
            return self._table
