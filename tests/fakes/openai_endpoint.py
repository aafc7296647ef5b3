"""A simulated OpenAI-compatible endpoint, over real HTTP on 127.0.0.1, that can also misbehave.

    async with OpenAiSimulator() as endpoint:
        endpoint.script.append(Behaviour(stops_after=120, then="drop"))
        ... OpenAiEndpoint(endpoint.url, …) ...
        endpoint.chats[-1].body["messages"]

It serves `GET /v1/models` and `POST /v1/chat/completions`, streamed and whole. As vLLM does, it writes what conforms to
the request's JSON schema and is otherwise of no use: noise, from a seed. Each chat takes the next behaviour of
`script`; when that is empty, it behaves. Probes, whose schema is named "probe" or absent, never take from the script.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

PIECE: Final = 9
"""Characters of a streamed piece: claims never end where a piece does."""
LETTERS: Final = "abcdefghij XYZ 0123456789.,-é™字"

YES: Final = (('"', {'"': 0.0}), ("yes", {"yes": -0.1, "no": -2.4}), ('"', {'"': 0.0}))
"""A verdict: yes, at odds of ten to one."""

Json = Any


@dataclass(frozen=True)
class Behaviour:
    """How the simulator takes one chat.

    Attributes:
        status: HTTP status; anything but 200 comes with an error body.
        retry_after: Retry-After header of an error; empty for none.
        text: What it writes; None for what conforms to the schema.
        stops_after: Characters after which it does `then` instead of going on; None for never.
        then: "drop" the connection, "stall" for ever, send an "error" event, or "end" the stream without a finish.
        finish: Finish reason.
        model: Who it says that it is; empty for the model asked.
        endless: Whether it repeats its text for ever.
        gate: Where set, it waits for this before it answers.
        steps: Tokens of a verdict, each with the log probabilities of the likeliest ones in its place.
    """

    status: int = 200
    retry_after: str = ""
    text: str | None = None
    stops_after: int | None = None
    then: str = "drop"
    finish: str = "stop"
    model: str = ""
    endless: bool = False
    gate: asyncio.Event | None = None
    steps: tuple[tuple[str, dict[str, float]], ...] = YES


@dataclass(frozen=True)
class Chat:
    """A request as it came."""

    headers: Mapping[str, str]
    body: Json


class _Dropped(Exception):
    pass


@dataclass
class OpenAiSimulator:
    """See the module.

    Attributes:
        models: Names it serves.
        script: Behaviours of the next chats, first first.
        holds_schemas: Whether it keeps to JSON schemas.
        tells_logprobs: Whether it tells token probabilities.
        takes_patterns: Whether it takes the schemas of plans.
        takes_seeds: Whether it takes a seed.
        sees_images: Whether it takes pictures.
        leaves_images_out: Whether it takes them and does not look.
        chats: Requests that came, without the probes.
    """

    models: tuple[str, ...] = ("sim",)
    script: list[Behaviour] = field(default_factory=list)
    holds_schemas: bool = True
    takes_patterns: bool = True
    takes_seeds: bool = True
    tells_logprobs: bool = True
    sees_images: bool = False
    leaves_images_out: bool = False
    seed: int = 1
    chats: list[Chat] = field(default_factory=list)
    probes: int = 0

    async def __aenter__(self) -> Self:
        self._random = random.Random(self.seed)  # noqa: S311 - noise, no secret
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._gone = False
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def stop(self) -> None:
        """Be gone: no new connections, and the open ones broken."""
        self._server.close()
        self._gone = True
        for task, writer in tuple(self._open.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    # ---- HTTP

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._gone:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(lambda _: self._open.pop(task))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, _Dropped):
            try:
                await self._answer(reader, writer)
            finally:
                writer.close()
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = request.split(" ")
        if (method, path) == ("GET", "/v1/models"):
            await self._send(writer, 200, {"object": "list", "data": [self._card(name) for name in self.models]})
        else:
            await self._chat(writer, Chat(headers, json.loads(content)))

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, status: int, body: Json, *more: str) -> None:
        content = json.dumps(body).encode()
        head = [f"HTTP/1.1 {status} X", "Content-Type: application/json", "Connection: close", *more]
        writer.write("\r\n".join([*head, f"Content-Length: {len(content)}", "", ""]).encode() + content)
        await writer.drain()

    # ---- The model

    @staticmethod
    def _card(name: str) -> Json:
        return {"id": name, "object": "model", "created": 1, "owned_by": "simulator", "max_model_len": 8192}

    async def _chat(self, writer: asyncio.StreamWriter, chat: Chat) -> None:
        schema = chat.body.get("response_format", {}).get("json_schema", {})
        if schema.get("name", "probe") == "probe":
            self.probes += 1
            await self._probed(writer, chat.body, schema.get("schema"))
            return
        self.chats.append(chat)
        behaviour = self.script.pop(0) if self.script else Behaviour()
        if behaviour.gate is not None:
            await behaviour.gate.wait()
        if behaviour.status != 200:
            error = {"error": {"message": "a long story with the prompt in it", "type": "x", "code": behaviour.status}}
            more = [f"Retry-After: {behaviour.retry_after}"] if behaviour.retry_after else []
            await self._send(writer, behaviour.status, error, *more)
            return
        if chat.body.get("stream"):
            await self._stream(writer, chat.body, behaviour, schema["schema"])
        else:
            await self._verdict(writer, chat.body, behaviour)

    async def _probed(self, writer: asyncio.StreamWriter, body: Json, schema: Json) -> None:
        content = body["messages"][-1]["content"]
        if body["model"] not in self.models:
            error = {"message": "no such model", "param": "model", "code": 404}
            await self._send(writer, 404, {"error": error})
        elif isinstance(content, list) and not self.sees_images:
            await self._send(writer, 400, {"error": {"message": "not a multimodal model", "code": 400}})
        elif self._is_refused(body, schema):
            await self._send(writer, 400, {"error": {"message": "no such option", "code": 400}})
        else:
            text = json.dumps(conforming(schema, self._random)) if schema and self.holds_schemas else "Well, hello."
            choice: Json = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            if body.get("logprobs") and self.tells_logprobs:
                choice["logprobs"] = {"content": []}
            read = 9 + 64 * (isinstance(content, list) and len(content) > 1 and not self.leaves_images_out)
            usage = {"prompt_tokens": read, "completion_tokens": 1, "total_tokens": read + 1}
            answer = {"id": "p", "object": "chat.completion", "created": 1, "model": body["model"], "usage": usage}
            await self._send(writer, 200, {**answer, "choices": [choice], "system_fingerprint": "sim-1"})

    def _is_refused(self, body: Json, schema: Json) -> bool:
        patterned = schema is not None and "pattern" in json.dumps(schema)
        return ("seed" in body and not self.takes_seeds) or (patterned and not self.takes_patterns)

    async def _verdict(self, writer: asyncio.StreamWriter, body: Json, behaviour: Behaviour) -> None:
        if behaviour.stops_after is not None:
            await self._break(writer, behaviour.then)
            return
        content = [
            {"token": token, "logprob": 0.0, "top_logprobs": [{"token": t, "logprob": p} for t, p in likely.items()]}
            for token, likely in behaviour.steps
        ]
        text = "".join(token for token, _ in behaviour.steps)
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        answer = {"id": "v", "object": "chat.completion", "created": 1, "model": behaviour.model or body["model"]}
        await self._send(writer, 200, answer | {"choices": [choice | {"logprobs": {"content": content}}]})

    async def _stream(self, writer: asyncio.StreamWriter, body: Json, behaviour: Behaviour, schema: Json) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        text = behaviour.text
        if text is None:
            text = json.dumps(conforming(schema, self._random), ensure_ascii=False, separators=(",", ":"))
        base = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1}
        base["model"] = behaviour.model or body["model"]
        sent = 0
        while sent < len(text) or behaviour.endless:
            left = (behaviour.stops_after - sent) if behaviour.stops_after is not None else PIECE
            if left <= 0:
                await self._break(writer, behaviour.then)
                return
            start = sent % len(text)
            piece = text[start : start + min(PIECE, left)]
            sent += len(piece)
            await self._event(writer, base | {"choices": [{"index": 0, "delta": {"content": piece}}]})
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": behaviour.finish}]}
        await self._event(writer, base | end)
        usage = {"prompt_tokens": 100, "completion_tokens": sent, "total_tokens": 100 + sent}
        await self._event(writer, base | {"choices": [], "usage": usage})
        await self._chunk(writer, b"data: [DONE]\n\n")
        await self._chunk(writer, b"")

    async def _break(self, writer: asyncio.StreamWriter, how: str) -> None:
        if how == "stall":
            await asyncio.Event().wait()
        if how == "error":
            await self._event(writer, {"error": {"message": "out of memory, said the prompt", "code": 500}})
        if how in ("end", "error"):
            await self._chunk(writer, b"")
            return
        writer.transport.abort()
        raise _Dropped

    async def _event(self, writer: asyncio.StreamWriter, event: Json) -> None:
        await self._chunk(writer, f"data: {json.dumps(event)}\n\n".encode())

    @staticmethod
    async def _chunk(writer: asyncio.StreamWriter, content: bytes) -> None:
        writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        await writer.drain()


def conforming(schema: Json, source: random.Random) -> Json:
    """Something that the schema admits, of the kinds of schema that groundwire sends."""
    if "anyOf" in schema:
        return conforming(source.choice(schema["anyOf"]), source)
    if "enum" in schema:
        return source.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return {name: conforming(member, source) for name, member in schema["properties"].items()}
        case "array":
            many = source.randint(schema["minItems"], schema["maxItems"])
            return [conforming(schema["items"], source) for _ in range(many)]
        case "integer":
            return source.randint(schema["minimum"], schema["maximum"])
        case _:
            most = re.search(r"\{0,(\d+)\}", schema["pattern"])
            assert most is not None
            return "A" + "".join(source.choices(LETTERS, k=source.randint(0, int(most[1]))))
