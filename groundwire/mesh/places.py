"""Where a mesh's unix sockets are: in its home, unless its path is too long for the kernel."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

from groundwire.mesh.errors import LaunchError

# sockaddr_un.sun_path less its closing NUL; Linux.
SOCKET_PATH_BYTES = 107

# The longest name that a socket gets: supervisord binds its own under a name with its pid, then renames it.
LONGEST_NAME = f"supervisor.sock.{2**22}"

POSTGRES_SOCKET = ".s.PGSQL.5432"


def supervisor_socket(home: Path) -> Path:
    """Where the supervisord of a home listens."""
    return socket_folder(home) / "supervisor.sock"


def postgres_dsn(data: Path) -> str:
    """The libpq address of the embedded PostgreSQL whose database is the folder `data`, whether or not it runs."""
    return f"postgresql://postgres@/postgres?host={quote(str(socket_folder(data)), safe='')}"


def socket_folder(folder: Path) -> Path:
    """`folder` itself if sockets fit in it, otherwise one of the temporary folder that stands for it."""
    return folder if len(os.fsencode(folder / LONGEST_NAME)) <= SOCKET_PATH_BYTES else stand_in(folder)


def stand_in(folder: Path) -> Path:
    """The folder of the temporary folder that is used for `folder` by those who cannot take its path."""
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"groundwire-{digest}"


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can list or change.

    Raises:
        LaunchError: It is there already and belongs to somebody else, who could read or replace what is put in it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), 0}:
        raise LaunchError(f"{folder} belongs to somebody else.", remedy="Give another home with GROUNDWIRE_HOME.")


def remove_stand_in(folder: Path) -> None:
    """Remove the folder that stands for `folder`, if there is one."""
    shutil.rmtree(stand_in(folder), ignore_errors=True)
