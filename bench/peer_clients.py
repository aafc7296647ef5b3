"""How the bench asks each server: in its own protocol, with as little as a client can do, all from one event loop."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import grpc
import numpy as np
from tritonclient.grpc import InferInput, aio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Ask = Callable[[bytes], Awaitable[bytes]]

BOUNDARY = b"groundwire-bench"


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
        for answer in self._waiting.values():
            answer.set_exception(EOFError("the network's process has ended"))


class HttpClient:
    """HTTP/1.1 with connections that are kept."""

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
async def pipe(process: asyncio.subprocess.Process) -> AsyncIterator[Ask]:
    """Standard input and output."""
    yield RawClient(process).ask


@asynccontextmanager
async def http(port: int, path: str, *, form: bool = False) -> AsyncIterator[Ask]:
    """The body of a POST, or the file of a form."""
    client = HttpClient(port, path, form=form)
    try:
        yield client.ask
    finally:
        client.close()


@asynccontextmanager
async def plain_grpc(port: int) -> AsyncIterator[Ask]:
    """A method of bytes."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel.unary_unary("/bench.Network/Predict")  # type: ignore[misc]  # awaitable call of bytes


@asynccontextmanager
async def open_inference(port: int) -> AsyncIterator[Ask]:
    """The Open Inference Protocol over gRPC, which MLServer speaks: the picture as one BYTES element."""
    async with aio.InferenceServerClient(f"127.0.0.1:{port}") as client:

        async def ask(body: bytes) -> bytes:
            tensor = InferInput("PICTURE", [1], "BYTES")
            tensor.set_data_from_numpy(np.array([body], np.object_))
            try:
                answer = await client.infer("onnx_network", [tensor])
            except Exception as error:
                raise ValueError(str(error)) from error
            said: bytes = answer.as_numpy("MEAN")[0]
            return said

        yield ask
