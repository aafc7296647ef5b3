"""What a team would pick instead of our Triton: each server in an environment of its own, started and stopped.

An environment is made from bench/servers/requirements/NAME.txt on first use, in build/bench/venvs, and made anew when
that file changes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import grpc

from bench import peer_clients
from groundwire.mesh.launch import end_with_parent
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from bench.peer_clients import Ask

SERVERS = Path("bench/servers").absolute()
VENVS = Path("build/bench/venvs")
PICTURE_BYTES = 320 * 320 * 3
WORKERS = 2
START_S = 120
STOP_S = 20
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that a team would pick.

    Attributes:
        name: As people call it.
        folder: Of its environment; its requirements and its script in bench/servers are named alike.
        protocol: How it is called.
        path: Of the HTTP endpoint.
    """

    name: str
    folder: str
    protocol: Literal["raw", "grpc", "open inference", "http", "form"] = "http"
    path: str = "/predict"


RAW = Peer("raw", "raw", protocol="raw")
PEERS = (
    Peer("grpc.aio", "grpc", protocol="grpc"),
    Peer("FastAPI", "fastapi"),
    Peer("LitServe", "litserve", protocol="form"),
    Peer("BentoML", "bentoml"),
    Peer("Ray Serve", "ray", path="/"),
    Peer("MLServer", "mlserver", protocol="open inference"),
)


class Unavailable(Exception):
    """A server that could not be installed or started, and why."""


def python_of(folder: str) -> Path:
    """The interpreter of an environment, which is made if it is not there.

    Raises:
        Unavailable: It could not be made.
    """
    requirements, place = SERVERS / "requirements" / f"{folder}.txt", VENVS / folder
    python, done = place / "bin/python", place / "installed"
    if not done.exists() or done.read_text() != requirements.read_text():
        print(f"making {place}", file=sys.stderr)
        uv = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
        if uv is None:
            raise Unavailable("not installed: there is no uv; run `make test` once, or install requirements/dev.txt")
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place))
        _run(uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python), "-r", str(requirements))
        done.write_text(requirements.read_text())
    return python.absolute()


def _run(*command: str) -> None:
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pinned packages
    if made.returncode:
        said = [line for line in made.stderr.strip().splitlines() if "warning" not in line.lower()]
        raise Unavailable(f"not installed: {(said or ['uv failed'])[-1].strip()[:160]}")


@asynccontextmanager
async def serving(peer: Peer, model: Path) -> AsyncIterator[Ask]:
    """The server in its environment, until the end, and how to ask it.

    Raises:
        Unavailable: It did not come up.
    """
    python = await asyncio.to_thread(python_of, peer.folder)
    port, other = list(free_ports(COMPONENTS).values())[:2]
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as log:
        given = {"MODEL": str(model), "PORT": str(port), "HTTP_PORT": str(other), "WORKERS": str(WORKERS)}
        environ = {
            **os.environ,
            **ONE_THREAD,
            **{f"BENCH_{name}": value for name, value in given.items()},
            "PYTHONPATH": str(SERVERS),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath))),
        }
        process = await asyncio.create_subprocess_exec(
            str(python),
            str(SERVERS / f"{peer.folder}_server.py"),
            env=environ,
            cwd=scratch,
            stdin=-1,
            stdout=-1 if peer.protocol == "raw" else log,
            stderr=log,
            start_new_session=True,
            preexec_fn=partial(end_with_parent, signal.SIGTERM),
        )
        try:
            async with asking(peer, process, port) as ask:
                await _ready(ask, process, log)
                yield ask
        finally:
            await _stop(process)


def asking(peer: Peer, process: asyncio.subprocess.Process, port: int) -> AbstractAsyncContextManager[Ask]:
    """A client in the server's protocol."""
    ways = {
        "raw": partial(peer_clients.pipe, process),
        "grpc": partial(peer_clients.plain_grpc, port),
        "open inference": partial(peer_clients.open_inference, port),
        "http": partial(peer_clients.http, port, peer.path),
        "form": partial(peer_clients.http, port, peer.path, form=True),
    }
    return ways[peer.protocol]()


async def _ready(ask: Ask, process: asyncio.subprocess.Process, log: BinaryIO) -> None:
    """Return when it answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.returncode is None:
        with suppress(OSError, EOFError, grpc.RpcError, ValueError, TimeoutError):
            await asyncio.wait_for(ask(bytes(PICTURE_BYTES)), 30)
            return
        await asyncio.sleep(0.5)
    ended = f"no answer within {START_S} s" if process.returncode is None else f"it ended with {process.returncode}"
    log.seek(0)
    last = (log.read().decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    raise Unavailable(f"not started: {ended}: {last[:160]}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    """End it with all that it started, by its session: asked first, killed if it does not go."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_S)
            if sign == signal.SIGTERM:
                await asyncio.sleep(0.5)
