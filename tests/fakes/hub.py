"""A stand-in for the hub of models: a real HTTP server with the few endpoints that `huggingface_hub` calls.

    hub.put("org/model", {"config.json": b"{}", "model.safetensors": weights}, licence="apache-2.0")
    Hub(hub.endpoint).describe("org/model", None)

It answers as the real one does: metadata with sizes and digests; files with ETag and X-Repo-Commit; large ones by a
redirect to another place that serves ranges. What was asked is kept, and what goes wrong can be told beforehand.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGE = (".safetensors", ".onnx", ".bin", ".pt")
"""Files that the hub keeps apart, under their SHA-256."""

_INFO = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+))?")
_FILE = re.compile(r"/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
_BLOB = re.compile(r"/blobs/(?P<sha256>[0-9a-f]{64})")


@dataclass
class Repository:
    """A model of the hub.

    Attributes:
        files: Their content by name.
        licence: What its card states; None for nothing.
        gated: Whether files are given to nobody.
    """

    files: dict[str, bytes]
    licence: str | None
    gated: bool = False

    @property
    def commit(self) -> str:
        """Of these very files."""
        content = b"".join(name.encode() + self.files[name] for name in sorted(self.files))
        return hashlib.sha1(content, usedforsecurity=False).hexdigest()


@dataclass
class FakeHub:
    """The server, within a `with`.

    Attributes:
        repositories: By id.
        sent: Content bytes that were sent, by the file's name, or by its SHA-256 where it is large.
        ranges: First byte of every content that was asked for, in order.
        lies: Content that is sent instead of a file's own, by its name.
        cut_after: Bytes after which the connection breaks, and the server is ill from then on; None for never.
        ill: Whether it answers nothing but 503.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    ranges: list[int] = field(default_factory=list)
    lies: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    ill: bool = False
    requests: int = 0

    def put(
        self, hub_id: str, files: Mapping[str, bytes], *, licence: str | None = "apache-2.0", gated: bool = False
    ) -> Repository:
        """Have a model, or another revision of it."""
        self.repositories[hub_id] = Repository(dict(files), licence, gated)
        return self.repositories[hub_id]

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def blob_url(self, sha256: str) -> str:
        """Where a large file is: on another host, as its client sees it."""
        return f"http://localhost:{self._server.server_address[1]}/blobs/{sha256}"

    def content(self, sha256: str) -> tuple[str, bytes] | None:
        """Name and content of a large file, as it is sent."""
        for repository in self.repositories.values():
            for name, content in repository.files.items():
                if hashlib.sha256(content).hexdigest() == sha256:
                    return name, self.lies.get(name, content)
        return None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.fake.requests += 1
        if self.fake.ill:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)
        elif found := _INFO.fullmatch(path):
            self._info(found["id"], found["revision"])
        elif found := _FILE.fullmatch(path):
            self._file(found["id"], found["revision"], found["file"])
        elif (found := _BLOB.fullmatch(path)) and (blob := self.fake.content(found["sha256"])):
            self._content(found["sha256"], blob[1], {"ETag": f'"{found["sha256"]}"'})
        else:
            self._end(HTTPStatus.NOT_FOUND)

    def _repository(self, hub_id: str, revision: str | None) -> Repository | None:
        """The repository, or None after saying why there is none."""
        repository = self.fake.repositories.get(hub_id)
        if repository is None:
            self._end(HTTPStatus.NOT_FOUND, {"X-Error-Code": "RepoNotFound"})
        elif revision not in (None, "main", repository.commit):
            self._end(HTTPStatus.NOT_FOUND, {"X-Error-Code": "RevisionNotFound"})
        else:
            return repository
        return None

    def _info(self, hub_id: str, revision: str | None) -> None:
        repository = self._repository(hub_id, revision)
        if repository is None:
            return
        card = {} if repository.licence is None else {"license": repository.licence}
        said = {
            "id": hub_id,
            "sha": repository.commit,
            "gated": "manual" if repository.gated else False,
            "tags": [f"license:{repository.licence}"] if repository.licence else [],
            "cardData": card,
            "siblings": [_sibling(name, content) for name, content in repository.files.items()],
        }
        self._end(HTTPStatus.OK, {"Content-Type": "application/json"}, json.dumps(said).encode())

    def _file(self, hub_id: str, revision: str, name: str) -> None:
        repository = self._repository(hub_id, revision)
        if repository is None:
            return
        headers = {"X-Repo-Commit": repository.commit}
        if repository.gated:
            self._end(HTTPStatus.FORBIDDEN, headers | {"X-Error-Code": "GatedRepo"})
        elif name not in repository.files:
            self._end(HTTPStatus.NOT_FOUND, headers | {"X-Error-Code": "EntryNotFound"})
        elif name.endswith(LARGE):
            sha256 = hashlib.sha256(repository.files[name]).hexdigest()
            linked = {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(repository.files[name]))}
            self._end(HTTPStatus.FOUND, headers | linked | {"Location": self.fake.blob_url(sha256)})
        else:
            content = repository.files[name]
            self._content(name, self.fake.lies.get(name, content), headers | {"ETag": f'"{_git_sha1(content)}"'})

    def _content(self, key: str, content: bytes, headers: dict[str, str]) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        if asked:
            headers |= {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}
        if self.command == "GET":
            self.fake.ranges.append(first)
            self.fake.sent[key] = self.fake.sent.get(key, 0) + len(content) - first
        self._end(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK, headers, content[first:])

    def _end(self, status: HTTPStatus, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.fake.cut_after
        if cut is not None and len(body) > cut:
            self.wfile.write(body[:cut])
            self.fake.ill = True
            self.close_connection = True
        else:
            self.wfile.write(body)


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    said = {"rfilename": name, "size": len(content), "blobId": _git_sha1(content)}
    if name.endswith(LARGE):
        said["lfs"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 134}
    return said


def _git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
