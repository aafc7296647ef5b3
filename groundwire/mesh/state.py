"""How a running mesh is found again: the file that it keeps in its home. Needs nothing but the standard library."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundwire.mesh.errors import NotRunning
from groundwire.mesh.places import supervisor_socket
from groundwire.mesh.table import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_VARIABLE = "GROUNDWIRE_HOME"
HOME_FOLDER = ".groundwire"
FILE = "mesh.json"


def default_home(environ: Mapping[str, str] | None = None) -> Path:
    """Where a mesh keeps its state unless told otherwise: `$GROUNDWIRE_HOME`, or `.groundwire` of this folder."""
    return Path((os.environ if environ is None else environ).get(HOME_VARIABLE) or HOME_FOLDER).absolute()


@dataclass(frozen=True, slots=True)
class State:
    """What is written down of a running mesh.

    Attributes:
        home: The folder of its state.
        kinds: Its components' kinds by name, in the order of starting.
        addresses: host:port by component name; a DSN for PostgreSQL.
    """

    home: Path
    kinds: Mapping[str, Kind]
    addresses: Mapping[str, str]

    @classmethod
    def find(cls, home: Path | None = None) -> State:
        """The state of the mesh that runs in a home, `default_home()` unless given.

        Raises:
            NotRunning: None does.
        """
        home = (home or default_home()).absolute()
        try:
            said = json.loads((home / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotRunning(home) from None
        if not is_up(home):
            raise NotRunning(home)
        return cls(home, {name: Kind(kind) for name, kind in said["kinds"].items()}, said["addresses"])

    def write(self) -> None:
        """Keep it where `find` finds it; whole, or not at all."""
        said = {"kinds": {name: kind.value for name, kind in self.kinds.items()}, "addresses": dict(self.addresses)}
        unfinished = self.home / f"{FILE}.unfinished"
        unfinished.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self.home / FILE)

    def remove(self) -> None:
        """Let it not be found any more."""
        (self.home / FILE).unlink(missing_ok=True)


def is_up(home: Path) -> bool:
    """Whether the supervisord of a home takes connections."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(supervisor_socket(home)))
        except OSError:
            return False
    return True
