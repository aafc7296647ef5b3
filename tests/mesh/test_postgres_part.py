"""The embedded PostgreSQL: it keeps what was written, through clean ends and others."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from groundwire.mesh.local import Mesh
from groundwire.mesh.table import COMPONENTS, Kind

if TYPE_CHECKING:
    from pathlib import Path

POSTGRES = [component for component in COMPONENTS if component.kind is Kind.POSTGRES]
STOP_TIMEOUT_S = 30


def start(home: Path) -> Mesh:
    return Mesh.start(home, components=POSTGRES, ports={})


def server(mesh: Mesh) -> psutil.Process:
    (status,) = mesh.status()
    return psutil.Process(status.process.pid)


def write(mesh: Mesh, number: int) -> None:
    with psycopg.connect(mesh.addresses["postgres"]) as session:
        session.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        session.execute("INSERT INTO kept VALUES (%s)", (number,))


def numbers(mesh: Mesh) -> list[int]:
    with psycopg.connect(mesh.addresses["postgres"]) as session:
        return [row[0] for row in session.execute("SELECT number FROM kept ORDER BY number")]


def test_what_was_written_is_there_after_a_stop_and_a_start(tmp_path: Path) -> None:
    with start(tmp_path) as mesh:
        write(mesh, 1)
    with start(tmp_path) as mesh:
        assert numbers(mesh) == [1]


def test_a_stop_leaves_no_process_though_a_client_is_connected(tmp_path: Path) -> None:
    mesh = start(tmp_path)
    supervisord = psutil.Process(mesh.supervisord)
    everything = [supervisord, *supervisord.children(recursive=True)]

    with psycopg.connect(mesh.addresses["postgres"]) as session:
        mesh.stop()
        assert not any(process.is_running() for process in everything)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")


def test_a_killed_server_comes_back_with_what_was_committed(tmp_path: Path) -> None:
    with start(tmp_path) as mesh:
        write(mesh, 1)
        killed = server(mesh)
        children = killed.children()
        killed.kill()
        # Its children outlive it by a moment, and still answer clients in that time.
        psutil.wait_procs([killed, *children], STOP_TIMEOUT_S)
        mesh.wait("postgres")
        assert numbers(mesh) == [1]


def test_nothing_outlives_a_killed_supervisord_and_the_next_start_finds_all(tmp_path: Path) -> None:
    mesh = start(tmp_path)
    write(mesh, 1)
    supervisord = psutil.Process(mesh.supervisord)
    everything = [supervisord, *supervisord.children(recursive=True)]

    supervisord.kill()

    _, alive = psutil.wait_procs(everything, STOP_TIMEOUT_S)
    assert not alive
    with start(tmp_path) as mesh:
        assert numbers(mesh) == [1]


def test_a_lock_whose_number_is_now_somebody_elses_does_not_hinder(tmp_path: Path) -> None:
    with start(tmp_path) as mesh:
        write(mesh, 1)
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")

    with start(tmp_path) as mesh:
        assert numbers(mesh) == [1]


def test_a_home_too_deep_for_sockets_will_do(tmp_path: Path) -> None:
    with start(tmp_path / ("deep folder " * 12).strip()) as mesh:
        write(mesh, 7)
        assert numbers(mesh) == [7]


def test_sigint_ends_it_cleanly(tmp_path: Path) -> None:
    with start(tmp_path) as mesh:
        interrupted = server(mesh)
        interrupted.send_signal(signal.SIGINT)
        interrupted.wait(STOP_TIMEOUT_S)
        mesh.wait()
        assert "database system is shut down" in (tmp_path / "logs" / "postgres.log").read_text(encoding="utf-8")
