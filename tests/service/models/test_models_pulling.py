"""From the hub into the store: what comes, what is refused, what is checked, and what goes on after trouble."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from groundwire.models import errors, pulling
from groundwire.models.cards import StoredFile
from groundwire.models.hub import Hub
from groundwire.models.pulling import Pulled, Wanted
from groundwire.models.store import Store
from tests.fakes.colour_detector import DESCRIPTOR, colour_detector
from tests.fakes.hub import FakeHub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ID = "people/Finder"
WEIGHTS = bytes(range(256)) * 4096  # 1 MiB
CHECKPOINT = {
    "config.json": b'{"model_type": "owlvit"}',
    "preprocessor_config.json": b"{}",
    "vocab.json": b"{}",
    "merges.txt": b"#version: 0.2\n",
    "model.safetensors": WEIGHTS,
}


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as serving:
        yield serving


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def pull(store: Store, hub: FakeHub, wanted: Wanted | None = None) -> Pulled:
    return pulling.pull(store, Hub(hub.endpoint), wanted or Wanted(ID), now=NOW)


def names(store: Store, name: str = "finder") -> set[str]:
    return {path.name for path in store.path(name).iterdir()}


def test_a_checkpoint_arrives_whole_with_a_card_that_says_what_it_is(store: Store, hub: FakeHub) -> None:
    commit = hub.put(ID, CHECKPOINT).commit

    pulled = pull(store, hub)

    card = store.card("finder")
    assert pulled == Pulled(card, fresh=True)
    assert (card.source, card.revision, card.licence) == (ID, commit, "apache-2.0")
    assert (card.architecture, card.runners) == ("owlvit", {"detect": "detect_transformers"})
    assert card.weights_digest == hashlib.sha256(WEIGHTS).hexdigest()
    assert StoredFile("model.safetensors", len(WEIGHTS), card.weights_digest) in card.files
    assert card.pulled == "2026-11-23T12:00:00+00:00"
    assert names(store) == {*CHECKPOINT, "model-card.json"}
    store.verify(card)


def test_pulling_again_asks_the_hub_for_nothing(store: Store, hub: FakeHub) -> None:
    commit = hub.put(ID, CHECKPOINT).commit
    first = pull(store, hub)
    asked = hub.requests

    assert pull(store, hub) == Pulled(first.card, fresh=False)
    assert pull(store, hub, Wanted(ID, revision=commit)) == Pulled(first.card, fresh=False)
    assert hub.requests == asked


def test_another_revision_takes_the_place_of_the_first_whole(store: Store, hub: FakeHub) -> None:
    hub.put(ID, CHECKPOINT | {"added_tokens.json": b"{}"})
    pull(store, hub)
    later = hub.put(ID, CHECKPOINT | {"model.safetensors": WEIGHTS[::-1]}).commit

    card = pull(store, hub, Wanted(ID, revision=later)).card

    assert card.revision == later
    assert card.weights_digest == hashlib.sha256(WEIGHTS[::-1]).hexdigest()
    assert "added_tokens.json" not in names(store)


def test_what_is_bound_is_not_replaced(store: Store, hub: FakeHub) -> None:
    def bound(name: str) -> None:
        raise errors.Bound(name)

    hub.put(ID, CHECKPOINT)
    pull(store, hub)
    later = hub.put(ID, CHECKPOINT | {"model.safetensors": b"x"}).commit

    with pytest.raises(errors.Bound):
        pulling.pull(store, Hub(hub.endpoint), Wanted(ID, revision=later), now=NOW, replaceable=bound)
    store.verify(store.card("finder"))


def test_an_interrupted_pull_is_not_there_and_goes_on_where_it_was(store: Store, hub: FakeHub) -> None:
    hub.put(ID, CHECKPOINT | {"model.safetensors": bytes(24 << 20)})
    hub.cut_after = 21 << 20

    with pytest.raises(errors.HubUnreachable, match="503"):
        pull(store, hub)
    assert store.cards() == ()
    hub.cut_after, hub.ill = None, False
    hub.ranges.clear()
    pull(store, hub)

    # huggingface_hub keeps whole pieces of 10 MiB.
    assert hub.ranges == [20 << 20], "the small files were there, and so was the beginning of the weights"
    store.verify(store.card("finder"))


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.json"])
def test_a_file_that_is_not_what_the_hub_describes_is_refused_and_fetched_anew(
    store: Store, hub: FakeHub, name: str
) -> None:
    hub.put(ID, CHECKPOINT)
    hub.lies = {name: CHECKPOINT[name][::-1].replace(b"{", b"[") + b"" if name == "vocab.json" else WEIGHTS[::-1]}

    with pytest.raises(errors.WrongDigest, match=name):
        pull(store, hub)
    assert store.cards() == ()
    hub.lies = {}
    store.verify(pull(store, hub).card)


def test_pickles_beside_safetensors_and_programs_are_not_fetched(store: Store, hub: FakeHub) -> None:
    extra = {
        "pytorch_model.bin": b"pickle",
        "tf_model.h5": b"h5",
        "modeling_finder.py": b"import os",
        "onnx/m.onnx": b"o",
    }
    hub.put(ID, CHECKPOINT | extra)

    pull(store, hub)

    assert names(store) == {*CHECKPOINT, "model-card.json"}
    assert hashlib.sha256(b"pickle").hexdigest() not in hub.sent


def test_weights_in_shards_are_all_fetched_and_digested_in_the_order_of_their_names(store: Store, hub: FakeHub) -> None:
    shards = {"model-00002-of-00002.safetensors": b"b" * 9, "model-00001-of-00002.safetensors": b"a" * 9}
    index = {"model.safetensors.index.json": b"{}"}
    hub.put(ID, {"config.json": CHECKPOINT["config.json"], **shards, **index})

    card = pull(store, hub).card

    assert card.weights == ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    assert card.weights_digest == hashlib.sha256(b"a" * 9 + b"b" * 9).hexdigest()
    assert names(store) >= {*shards, *index}


def test_pickles_alone_are_refused_unless_they_are_allowed(store: Store, hub: FakeHub) -> None:
    hub.put(ID, {"config.json": CHECKPOINT["config.json"], "pytorch_model.bin": b"pickle"})

    with pytest.raises(errors.UnsafeWeights, match="pickles") as caught:
        pull(store, hub)
    assert "--allow-pickle" in caught.value.remedy
    assert hub.sent == {}, "not a byte of it came"
    assert pull(store, hub, Wanted(ID, allow_pickle=True)).card.pickled


@pytest.mark.parametrize("licence", ["agpl-3.0", "cc-by-nc-4.0", "other", None])
def test_any_licence_but_the_open_ones_has_to_be_accepted(store: Store, hub: FakeHub, licence: str | None) -> None:
    hub.put(ID, CHECKPOINT, licence=licence)

    with pytest.raises(errors.LicenceNotAccepted, match=licence or "no licence"):
        pull(store, hub)
    assert hub.sent == {}
    assert pull(store, hub, Wanted(ID, accept_licence=True)).card.licence == (licence or "unstated")


FAULTS: Mapping[str, tuple[Wanted, type[errors.ModelError], str]] = {
    "a model that is not there": (Wanted("people/nobody"), errors.NotOnHub, "people/nobody"),
    "a revision that is not there": (Wanted(ID, revision="v9"), errors.NotOnHub, "v9"),
    "what is no id": (Wanted("a/b/c", name="x"), errors.NotOnHub, "a/b/c"),
    "one that is gated": (Wanted("people/gated"), errors.Gated, "people/gated"),
    "an architecture that nobody runs": (Wanted("people/llama"), errors.UnknownArchitecture, "llama"),
    "a configuration that is none": (Wanted("people/broken"), errors.UnknownArchitecture, "broken"),
    "no weights": (Wanted("people/empty"), errors.UnknownArchitecture, "safetensors"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_trouble_has_an_error_of_its_own_that_says_what_to_do(store: Store, hub: FakeHub, fault: str) -> None:
    wanted, kind, said = FAULTS[fault]
    hub.put(ID, CHECKPOINT)
    hub.put("people/gated", CHECKPOINT, gated=True)
    hub.put("people/llama", CHECKPOINT | {"config.json": b'{"model_type": "llama"}'})
    hub.put("people/broken", CHECKPOINT | {"config.json": b"\xff{"})
    hub.put("people/empty", {"config.json": CHECKPOINT["config.json"]})

    with pytest.raises(kind, match=said) as caught:
        pull(store, hub, wanted)

    assert caught.value.remedy
    assert store.cards() == ()


def test_a_hub_that_is_not_there_is_named_as_such(store: Store) -> None:
    with pytest.raises(errors.HubUnreachable, match="cannot be reached"):
        pulling.pull(store, Hub("http://127.0.0.1:9"), Wanted(ID), now=NOW)


def test_a_disk_without_room_is_refused_before_the_weights_come(tmp_path: Path, hub: FakeHub) -> None:
    class Crowded(Store):
        def free_bytes(self) -> int:
            return len(WEIGHTS)

    hub.put(ID, CHECKPOINT)

    with pytest.raises(errors.DiskFull, match="1 MB"):
        pull(Crowded(tmp_path), hub)
    assert hashlib.sha256(WEIGHTS).hexdigest() not in hub.sent


def test_offline_what_is_stored_is_there_and_what_is_not_is_said(tmp_path: Path, hub: FakeHub) -> None:
    hub.put(ID, CHECKPOINT)
    pull(Store(tmp_path), hub)
    environ = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": hub.endpoint, "GROUNDWIRE_HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "groundwire", "models", "pull", *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603

    there, missing = run(ID), run("people/other")

    assert there.returncode == 0, there.stderr
    assert "is in the store already" in there.stderr
    assert missing.returncode == 1
    assert "HUB_OFFLINE" in missing.stderr


def test_an_onnx_detector_of_the_hub_comes_with_its_descriptor(store: Store, hub: FakeHub) -> None:
    onnx = colour_detector()
    classes = b"red thing\nblue thing\n"
    described = DESCRIPTOR.replace('["red thing", "blue thing"]', '"names.txt"').encode()
    hub.put(ID, {"groundwire.toml": described, "colours.onnx": onnx, "names.txt": classes}, licence="mit")

    card = pull(store, hub).card

    kept = json.loads((store.path("finder") / "descriptor.json").read_text())
    assert card.runners == {"detect": "detect_onnx"}
    assert card.weights_digest == hashlib.sha256(onnx).hexdigest()
    assert kept["classes"] == ["red thing", "blue thing"]
    assert names(store) == {"descriptor.json", "colours.onnx", "model-card.json"}


@pytest.mark.parametrize(("was", "now"), [("colours.onnx", "../../escape.onnx"), ("colours.onnx", "gone.onnx")])
def test_a_descriptor_cannot_name_files_elsewhere(store: Store, hub: FakeHub, was: str, now: str) -> None:
    hub.put(ID, {"groundwire.toml": DESCRIPTOR.replace(was, now).encode(), "colours.onnx": colour_detector()})

    with pytest.raises((errors.BadDescriptor, errors.UnknownArchitecture)):
        pull(store, hub, Wanted(ID, accept_licence=True))
    assert store.cards() == ()


def test_files_with_paths_are_never_written_elsewhere(store: Store, hub: FakeHub, tmp_path: Path) -> None:
    hub.put(ID, CHECKPOINT | {"../../../escape.json": b"x", "sub/config.json": b"x", "/etc/x.json": b"x"})

    pull(store, hub)

    assert names(store) == {*CHECKPOINT, "model-card.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"models"}


class _Proxy(BaseHTTPRequestHandler):
    """A proxy that has whatever is asked for from the one hub that there is."""

    hub: FakeHub
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        place = urlsplit(self.path)
        with http_connection(self.hub.endpoint) as onwards:
            onwards.request(self.command, f"{place.path}?{place.query}", headers=dict(self.headers))
            answer = onwards.getresponse()
            body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in {"Server", "Date"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name is the library's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def http_connection(url: str) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def test_a_pull_goes_through_the_proxy_that_the_environment_names(tmp_path: Path, hub: FakeHub) -> None:
    hub.put(ID, CHECKPOINT)
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Proxy", (_Proxy,), {"hub": hub, "asked": asked}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    proxy = f"http://127.0.0.1:{server.server_address[1]}"
    # A hub that no name server knows: what does not go through the proxy, goes nowhere.
    named = {"HF_ENDPOINT": "http://hub.invalid", "NO_PROXY": "", "no_proxy": ""}
    settings = named | dict.fromkeys(("HTTP_PROXY", "http_proxy"), proxy) | {"GROUNDWIRE_HOME": str(tmp_path)}
    try:
        command = [sys.executable, "-m", "groundwire", "models", "pull", ID]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)  # noqa: S603
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert done.returncode == 0, done.stderr
    Store(tmp_path).verify(Store(tmp_path).card("finder"))
    assert {urlsplit(url).netloc.split(":")[0] for url in asked} == {"hub.invalid", "localhost"}
