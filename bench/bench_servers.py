"""Against what a team would pick instead: the same ONNX network under each of them, and under our Triton.

    .venv/bin/python -m bench.bench_servers [--rounds 3] [--seconds 4] [--only NAME…] [--json FILE] [--plot FILE]

A heavy network hides what serving costs, a tiny one shows nothing else, so both are served. Every server has an
environment of its own (build/bench/venvs, made on first use), the same code around the network, the same number of
workers with one thread each, and the same pictures: 300 KB of bytes. One that cannot be installed or started is
reported as such. "raw" is the network in a process with no server: the limit.
"""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
from tritonclient.grpc import InferInput, aio

from bench.measuring import Result, Series, closed_loop, goal, side_by_side
from bench.meshes import parser
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS, Kind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from bench.measuring import Call

    Ask = Callable[[bytes], Awaitable[bytes]]

SERVERS = Path("bench/servers").absolute()
VENVS = Path("build/bench/venvs")
LOADS = (1, 16)
PICTURE_BYTES = 320 * 320 * 3
START_S = 180
COMMON = ("numpy==2.4.6", "onnxruntime==1.32.0")
BOUNDARY = b"groundwire-bench"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that a team would pick.

    Attributes:
        name: As people call it.
        script: In bench/servers.
        needs: Its packages, pinned.
        protocol: How it is called: raw, grpc, http, form.
        path: Of the HTTP endpoint.
    """

    name: str
    script: str
    needs: tuple[str, ...] = ()
    protocol: str = "http"
    path: str = "/predict"


PEERS = (
    Peer("raw", "raw_server.py", protocol="raw"),
    Peer("grpc.aio", "grpc_server.py", ("grpcio==1.85.1",), protocol="grpc"),
    Peer("FastAPI", "fastapi_server.py", ("fastapi==0.165.0", "uvicorn[standard]==0.54.0")),
    Peer("LitServe", "litserve_server.py", ("litserve==0.2.19", "python-multipart==0.0.34"), protocol="form"),
    Peer("BentoML", "bentoml_server.py", ("bentoml==1.4.40",)),
    Peer("Ray Serve", "ray_server.py", ("ray[serve]==2.60.0",), path="/"),
)


class Unavailable(Exception):
    """A server that could not be installed or started, and why."""


def python_of(name: str, needs: Sequence[str]) -> Path:
    """The interpreter of an environment with these packages; made if it is not there.

    Raises:
        Unavailable: pip could not.
    """
    folder = VENVS / name.lower().replace(" ", "-")
    python = folder / "bin/python"
    done = folder / "installed"
    wanted = "\n".join([*COMMON, *needs])
    if not done.exists() or done.read_text() != wanted:
        venv.create(folder, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *COMMON, *needs]
        made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pinned packages
        if made.returncode:
            raise Unavailable(f"not installed: {(made.stderr.strip().splitlines() or ['pip failed'])[-1][:160]}")
        done.write_text(wanted)
    return python.absolute()


@asynccontextmanager
async def serving(peer: Peer, model: Path) -> AsyncIterator[Ask]:
    """The server in its environment, until the end, and how to ask it.

    Raises:
        Unavailable: It did not come up.
    """
    python = await asyncio.to_thread(python_of, peer.name, peer.needs)
    port = next(iter(free_ports(COMPONENTS).values()))
    environ = {**os.environ, "BENCH_MODEL": str(model), "BENCH_PORT": str(port), "PYTHONPATH": str(SERVERS)}
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            str(python),
            str(SERVERS / peer.script),
            env=environ,
            cwd=SERVERS,
            stdin=-1,
            stdout=-1 if peer.protocol == "raw" else log,
            stderr=log,
            start_new_session=True,
        )
        try:
            async with asking(peer, process, port) as ask:
                await _ready(ask, process)
                yield ask
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            await process.wait()


@asynccontextmanager
async def asking(peer: Peer, process: asyncio.subprocess.Process, port: int) -> AsyncIterator[Ask]:
    """A client in the server's protocol."""
    if peer.protocol == "raw":
        yield RawClient(process).ask
    elif peer.protocol == "grpc":
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel.unary_unary("/bench.Network/Predict")  # type: ignore[misc]  # awaitable call of bytes
    else:
        client = HttpClient(port, peer.path, form=peer.protocol == "form")
        try:
            yield client.ask
        finally:
            client.close()


async def _ready(ask: Ask, process: asyncio.subprocess.Process) -> None:
    """Return when it answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with suppress(OSError, EOFError, grpc.RpcError, ValueError):
            await ask(bytes(PICTURE_BYTES))
            return
        if process.returncode is not None:
            raise Unavailable(f"not started: it ended with {process.returncode}")
        await asyncio.sleep(0.5)
    raise Unavailable(f"not started: no answer within {START_S} s")


class RawClient:
    """Numbers requests on a pipe and takes answers in any order; of a picture, which is all of one grey, only that."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._number = 0
        self._task = asyncio.create_task(self._take())

    async def ask(self, body: bytes) -> bytes:
        """The answer to one picture."""
        assert self._process.stdin is not None  # noqa: S101 - it is piped
        self._number += 1
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = answer
        self._process.stdin.write(struct.pack("<IB", self._number, body[0]))
        return await answer

    async def _take(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is piped
        with suppress(asyncio.IncompleteReadError):
            while said := await self._process.stdout.readexactly(8):
                self._waiting.pop(struct.unpack("<I", said[:4])[0]).set_result(said[4:])


class HttpClient:
    """HTTP/1.1 with connections that are kept: as little as a client can do."""

    def __init__(self, port: int, path: str, *, form: bool) -> None:
        self._port, self._path, self._form = port, path, form
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, body: bytes) -> bytes:
        """The body of the answer.

        Raises:
            ValueError: The status is not 200, or the answer is none.
        """
        while self._idle:
            with suppress(EOFError, ConnectionError):  # A server may close what was idle for long.
                return await self._ask(*self._idle.pop(), body)
        return await self._ask(*await asyncio.open_connection("127.0.0.1", self._port), body)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> bytes:
        kind, content = self._content(body)
        head = f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        try:
            said = await self._answer(reader)
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        return said

    def close(self) -> None:
        """Close every connection."""
        for _, writer in self._idle:
            writer.close()

    def _content(self, body: bytes) -> tuple[str, bytes]:
        if not self._form:
            return "application/octet-stream", body
        before = b'\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'
        content = b"--" + BOUNDARY + before + body + b"\r\n--" + BOUNDARY + b"--\r\n"
        return f"multipart/form-data; boundary={BOUNDARY.decode()}", content

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next((line for line in head.split(b"\r\n") if line.startswith(b"content-length:")), b":-1")
        body = await reader.readexactly(max(0, int(length.split(b":")[1])))
        if b" 200 " not in head.split(b"\r\n")[0] or not body:
            raise ValueError(head.split(b"\r\n")[0].decode())
        return body


@asynccontextmanager
async def our_triton(model: Path) -> AsyncIterator[Ask]:
    """The Triton of the mesh, with the network as a python-backend model."""
    triton = [component for component in COMPONENTS if component.kind is Kind.TRITON]
    environ = {
        **os.environ,
        "GROUNDWIRE_TRITON_MODELS": str(SERVERS / "triton"),
        "BENCH_MODEL": str(model),
        "BENCH_SERVERS": str(SERVERS),
    }
    with tempfile.TemporaryDirectory() as home:
        mesh = await asyncio.to_thread(
            lambda: Mesh.start(Path(home), components=triton, ports=free_ports(triton), environ=environ)
        )
        client = aio.InferenceServerClient(mesh.addresses["triton"])

        async def ask(body: bytes) -> bytes:
            tensor = InferInput("PICTURE", [len(body)], "UINT8")
            tensor.set_data_from_numpy(np.frombuffer(body, np.uint8))
            answer = await client.infer("onnx_network", [tensor])
            said: bytes = answer.as_numpy("MEAN").tobytes()
            return said

        try:
            yield ask
        finally:
            await client.close()
            await asyncio.to_thread(mesh.stop)


def heavy() -> Path:
    """The network that finds lettering, of the mesh's own reader (10 MB)."""
    python = Path(os.environ.get("GROUNDWIRE_TRITON_ENV", ".venv-triton")) / "bin/python"
    code = "import rapidocr; print(rapidocr.__path__[0])"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return Path(told.stdout.strip()) / "models" / "PP-OCRv6_det_small.onnx"


def tiny(folder: Path) -> Path:
    """A network of one layer."""
    path = folder / "tiny.onnx"
    python = python_of("onnx", ("onnx==1.23.2",))
    subprocess.run([python, SERVERS / "tiny.py", path], check=True)  # noqa: S603 - ours
    return path


async def measured(model: Path, *, rounds: int, seconds: float, only: Sequence[str]) -> tuple[list[Series], list[Any]]:
    """Every server that comes up, taking turns; and why the others did not."""
    missing = []
    async with AsyncExitStack() as stack:
        asks: dict[str, Ask] = {}
        for peer in PEERS:
            if not only or peer.name in only or peer.name == "raw":
                try:
                    asks[peer.name] = await stack.enter_async_context(serving(peer, model))
                except Unavailable as error:
                    missing.append((peer.name, str(error)))
        if not only or "Triton" in only:
            asks["Triton"] = await stack.enter_async_context(our_triton(model))
        _agree({name: await ask(_picture(0)) for name, ask in asks.items()})
        calls = {name: _call(ask) for name, ask in asks.items()}
        alone = await closed_loop(calls["raw"], concurrency=4, calls=20)
        most = max(32, round(alone.per_second * seconds))
        told: Callable[[str], None] = lambda line: print(line, file=sys.stderr)  # noqa: E731 - one line
        return await side_by_side(calls, LOADS, rounds=rounds, calls=lambda _: most, told=told), missing


def _agree(answers: dict[str, bytes]) -> None:
    """All must give what the network gives."""
    for name, said in answers.items():
        if said != answers["raw"]:
            raise RuntimeError(f"{name} answers {said!r}, the network itself {answers['raw']!r}")


def _picture(number: int) -> bytes:
    return np.full(PICTURE_BYTES, number % 251, dtype=np.uint8).tobytes()


def _call(ask: Ask) -> Call:
    pictures = [_picture(number) for number in range(8)]

    async def call(number: int) -> None:
        await ask(pictures[number % len(pictures)])

    return call


def rows_of(network: str, series: list[Series]) -> list[tuple[str, ...]]:
    """Sorted by throughput at each load, against the network alone."""
    base = {one.load: one for one in series if one.system == "raw"}
    return [
        (
            network,
            f"{one.load:g}",
            one.system,
            f"{one.per_second:.1f}",
            f"{one.per_second / base[one.load].per_second:.3f}",
            f"{one.percentile_ms(50):.2f}",
            f"{one.percentile_ms(99):.2f}",
        )
        for one in sorted(series, key=lambda s: (s.load, -s.per_second))
    ]


def verdicts_of(network: str, series: list[Series]) -> list[str]:
    """Ahead of every one of them in throughput and p99 at the largest load."""
    at = {one.system: one for one in series if one.load == LOADS[-1]}
    ours, others = at.get("Triton"), [one for name, one in at.items() if name not in ("raw", "Triton")]
    if ours is None or not others:
        return []
    best = max(others, key=lambda one: one.per_second)
    quickest = min(others, key=lambda one: one.percentile_ms(99))
    rate, p99 = ours.per_second / best.per_second, ours.percentile_ms(99) / quickest.percentile_ms(99)
    return [
        goal(f"{network}: throughput over the best other ({best.system})", rate, 1.0, at_least=True),
        goal(f"{network}: p99 over the best other ({quickest.system})", p99, 1.0, at_least=False),
    ]


def main() -> None:
    """Serve both networks under everything, print, write."""
    options = parser("servers", __doc__)
    options.add_argument("--seconds", type=float, default=4.0, help="about so long a round, for the network alone")
    options.add_argument("--only", nargs="*", default=[], help="names of servers")
    given = options.parse_args()
    rows: list[tuple[str, ...]] = []
    verdicts: list[str] = []
    facts: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for network, model in (("tiny", tiny(Path(folder))), ("heavy", heavy())):
            series, missing = asyncio.run(measured(model, rounds=given.rounds, seconds=given.seconds, only=given.only))
            rows += rows_of(network, series)
            rows += [(network, "", name, why, "", "", "") for name, why in missing]
            verdicts += verdicts_of(network, series)
            facts[network] = {f"{s.system} {s.load:g}": [one.per_second for one in s.rounds] for s in series}
    found = Result(
        name="servers",
        claim="the same ONNX network under each server",
        columns=("network", "at a time", "server", "calls/s", "of raw", "p50 ms", "p99 ms"),
        rows=tuple(rows),
        verdicts=tuple(verdicts),
        facts=facts,
    )
    found.show()
    found.write(given.json, given.plot)


if __name__ == "__main__":
    main()
