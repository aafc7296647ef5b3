"""Places whose paths are limited: unix sockets, and what the python backend hands to a shell."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from groundwire.mesh.places import SOCKET_PATH_BYTES, make_private, postgres_dsn, socket_folder, supervisor_socket
from groundwire.mesh.triton import layout_folder

DEEP = Path("/home") / ("deep" * 40)


def test_sockets_are_in_the_home_itself_while_they_fit() -> None:
    assert supervisor_socket(Path("/home/me")) == Path("/home/me/supervisor.sock")


@pytest.mark.parametrize("home", [DEEP, Path("/") / ("é" * 60)])
def test_a_home_that_is_too_deep_gets_short_sockets_of_its_own(home: Path) -> None:
    assert len(str(supervisor_socket(home)).encode()) <= SOCKET_PATH_BYTES
    assert socket_folder(home) != socket_folder(home / "other")


@pytest.mark.parametrize("data", [DEEP, Path("/home/a b&c=d%20/postgres")])
def test_the_dsn_names_the_sockets_folder_whatever_is_in_its_path(data: Path) -> None:
    assert parse_qs(urlsplit(postgres_dsn(data)).query) == {"host": [str(socket_folder(data))]}


@pytest.mark.parametrize("home", [Path("/home/My Projects"), Path("/home/a;b"), Path("/home/$x")])
def test_no_path_that_a_shell_would_take_amiss_reaches_the_python_backend(home: Path) -> None:
    assert layout_folder(home) != home / "triton"
    assert layout_folder(Path("/home/me")) == Path("/home/me/triton")


def test_a_private_folder_is_its_owners_alone(tmp_path: Path) -> None:
    make_private(tmp_path / "a")

    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
