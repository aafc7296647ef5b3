"""From a hub into the store: what is fetched, what is refused, and what is checked before it counts as stored."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from groundwire.models import architectures, catalogue, descriptors
from groundwire.models.cards import FILE_NAME, ModelCard, checked_name
from groundwire.models.errors import (
    DiskFull,
    LicenceNotAccepted,
    NotStored,
    UnknownArchitecture,
    UnsafeWeights,
    WrongDigest,
)
from groundwire.models.hub import UNSTATED
from groundwire.models.store import digest, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from groundwire.models.hub import Hub, HubFile, HubModel
    from groundwire.models.store import Store

OPEN_LICENCES: Final = frozenset({"apache-2.0", "mit"})
"""Taken without a word. Any other is named, and taken when the user says so."""

MARGIN_BYTES: Final = 64 << 20
"""Room that stays on the disk."""

CONFIG: Final = "config.json"
SETTINGS: Final = re.compile(
    r"(?:config|preprocessor_config|processor_config|image_processor_config|video_preprocessor_config"
    r"|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|model\.safetensors\.index)\.json"
    r"|vocab\.txt|merges\.txt|[A-Za-z0-9_-]+\.model|README\.md|LICEN[CS]E(?:\.txt|\.md)?"
)
"""What a checkpoint consists of besides weights. Programs (*.py) are never fetched."""

SHARD: Final = re.compile(r"model-\d+-of-\d+\.safetensors")
PICKLE: Final = re.compile(r"pytorch_model(?:-\d+-of-\d+)?\.bin(?:\.index\.json)?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants.

    Attributes:
        model: A name of the catalogue, or a hub id as organisation/name.
        name: What to call it in the store; empty for the catalogue's name, or the hub id's last part.
        revision: A branch, tag or commit; None for the main branch.
        allow_pickle: Whether weights may be pickled, where there are no others.
        accept_licence: Whether any licence will do.
    """

    model: str
    name: str = ""
    revision: str | None = None
    allow_pickle: bool = False
    accept_licence: bool = False

    @property
    def hub_id(self) -> str:
        """The hub's name of it."""
        known = catalogue.known(self.model)
        return known.hub_id if known else self.model

    @property
    def stored_as(self) -> str:
        """Its name in the store.

        Raises:
            BadName: No model can have that.
        """
        known = catalogue.known(self.model)
        return checked_name(self.name or (known.name if known else self.model.rpartition("/")[2].lower()))


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is in the store, and whether it has arrived only now."""

    card: ModelCard
    fresh: bool


def pull(
    store: Store,
    hub: Hub,
    wanted: Wanted,
    *,
    now: datetime,
    replaceable: Callable[[str], None] = lambda _: None,
) -> Pulled:
    """Have a model in the store. What is there already costs nothing, not even a question to the hub.

    1. The hub names the commit, the licence and the files; what is refused is refused before a byte of it comes.
    2. The few files that say what the model is come first, then the weights; what had arrived before is kept.
    3. Every file is compared with the size and the digest that the hub gave for it.
    4. The model gets its card and its name.

    Args:
        store: Where to.
        hub: Where from.
        wanted: What.
        now: The time that the card gets.
        replaceable: Raises where the model of that name may not be replaced by another revision.

    Raises:
        BadName: The store can have no model of that name.
        NotOnHub, Gated, Offline, HubUnreachable: The hub does not give it.
        LicenceNotAccepted, UnsafeWeights, UnknownArchitecture, BadDescriptor: It is refused.
        DiskFull, WrongDigest: It did not arrive whole. What did is kept for the next attempt.
    """
    name = wanted.stored_as
    there = _there(store, wanted)
    if there is not None:
        return Pulled(there, fresh=False)
    with store.arriving(name) as folder:
        there = _there(store, wanted)  # Another process may have pulled it while this one waited.
        if there is not None:
            return Pulled(there, fresh=False)
        replaceable(name)
        offered = hub.describe(wanted.hub_id, wanted.revision)
        _check_licence(offered, wanted)
        arrival = _Arrival(store, hub, offered, folder)
        card = arrival.detector(name, now) if descriptors.HUB_FILE in offered.files else None
        card = card or arrival.checkpoint(name, now, allow_pickle=wanted.allow_pickle)
        store.admit(card, folder)
        return Pulled(card, fresh=True)


def _there(store: Store, wanted: Wanted) -> ModelCard | None:
    """What is stored, if it is what is wanted."""
    try:
        card = store.card(wanted.stored_as)
    except NotStored:
        return None
    same = card.source == wanted.hub_id and wanted.revision in (None, card.revision)
    return card if same else None


def _check_licence(offered: HubModel, wanted: Wanted) -> None:
    """Step 1, of the licence."""
    if offered.licence not in OPEN_LICENCES and not wanted.accept_licence:
        stated = "states no licence" if offered.licence == UNSTATED else f"is under the licence {offered.licence}"
        raise LicenceNotAccepted(
            f"{offered.hub_id} {stated}",
            remedy="read its terms on the hub; if you may use it as you mean to, pull it with --accept-licence",
            metadata={"licence": offered.licence},
        )


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Steps 2 and 3, of one model."""

    store: Store
    hub: Hub
    offered: HubModel
    folder: Path

    def checkpoint(self, name: str, now: datetime, *, allow_pickle: bool) -> ModelCard:
        """A checkpoint of transformers."""
        files = self.offered.files
        weights = _weights(files, self.offered.hub_id, allow_pickle=allow_pickle)
        if CONFIG not in files:
            raise UnknownArchitecture(
                f"{self.offered.hub_id} has neither {CONFIG} nor {descriptors.HUB_FILE}",
                remedy="pull a checkpoint of transformers, or describe an ONNX detector",
            )
        architecture, runners = architectures.runners(self._fetch(CONFIG), self.offered.hub_id)
        rest = [each for each in files if SETTINGS.fullmatch(each) and each != CONFIG]
        self._fetch_all([*rest, *weights])
        return self._card(name, now, architecture, runners, [CONFIG, *rest, *weights], _loaded(weights))

    def detector(self, name: str, now: datetime) -> ModelCard:
        """An ONNX detector with its descriptor."""
        described = self._fetch(descriptors.HUB_FILE)
        classes = descriptors.classes_file(described)
        if classes:
            self._fetch(classes)
        descriptor = descriptors.read(described)
        self._fetch_all([descriptor.model])
        (self.folder / descriptors.FILE).write_text(descriptor.to_json(), encoding="utf-8")
        kept = [descriptors.FILE, descriptor.model]
        return self._card(name, now, architectures.ONNX, architectures.ONNX_RUNNERS, kept, [descriptor.model])

    def _card(
        self,
        name: str,
        now: datetime,
        architecture: str,
        runners: Mapping[str, str],
        kept: list[str],
        weights: list[str],
    ) -> ModelCard:
        return ModelCard(
            name=name,
            source=self.offered.hub_id,
            revision=self.offered.revision,
            licence=self.offered.licence,
            architecture=architecture,
            runners=runners,
            weights=tuple(weights),
            weights_digest=digest(self.folder / each for each in weights),
            files=tuple(stored(self.folder / each) for each in sorted(kept)),
            pulled=now.isoformat(timespec="seconds"),
        )

    def _fetch_all(self, names: list[str]) -> None:
        missing = sum(self._offered(each).size for each in names if not (self.folder / each).exists())
        if missing + MARGIN_BYTES > self.store.free_bytes():
            raise DiskFull(
                f"{self.offered.hub_id} takes {missing / 1e6:.0f} MB more, and there is no room for them",
                remedy="make room, or put the store on another disk with GROUNDWIRE_HOME",
            )
        for each in names:
            self._fetch(each)

    def _fetch(self, name: str) -> Path:
        file = self._offered(name)
        path = self.folder / name
        if path.exists() and not _is(path, file):
            path.unlink()  # Of another revision.
        if not path.exists():
            self.hub.fetch(self.offered, file, self.folder)
        if not _is(path, file):
            path.unlink()
            raise WrongDigest(
                f"{name} of {self.offered.hub_id} did not arrive as the hub describes it",
                remedy="pull again; if it happens again, see the mirror (HF_ENDPOINT) or the proxy",
                metadata={"file": name},
            )
        return path

    def _offered(self, name: str) -> HubFile:
        if name not in self.offered.files or not FILE_NAME.fullmatch(name):
            raise UnknownArchitecture(
                f"{self.offered.hub_id} has no file {name!r} beside its descriptor",
                remedy=f"see what {descriptors.HUB_FILE} names",
            )
        return self.offered.files[name]


def _weights(files: Mapping[str, HubFile], hub_id: str, *, allow_pickle: bool) -> list[str]:
    """The files that hold the weights, in the order of their names; the same weights in other forms are left."""
    if "model.safetensors" in files:
        return ["model.safetensors"]
    for form in (SHARD, PICKLE) if allow_pickle else (SHARD,):
        found = sorted(each for each in files if form.fullmatch(each))
        if found:
            return found
    if any(each.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl")) for each in files):
        raise UnsafeWeights(
            f"{hub_id} has its weights only as pickles, which run whatever program they hold",
            remedy="pull a revision with safetensors (often a pull request of the hub's own); "
            "if you trust its author with this machine, --allow-pickle",
        )
    raise UnknownArchitecture(f"{hub_id} has no weights as safetensors", remedy="pull a checkpoint of transformers")


def _loaded(weights: list[str]) -> list[str]:
    """The weights without their index."""
    return [each for each in weights if not each.endswith(".json")]


def _is(path: Path, file: HubFile) -> bool:
    """Step 3: whether size and digest are the hub's. The hub gives one of two kinds of digest, by the file's size."""
    if path.stat().st_size != file.size:
        return False
    if file.sha256:
        return digest([path]) == file.sha256
    if not file.git_sha1:
        return False
    content = path.read_bytes()
    # Git's own name of a content, which is not ours to choose.
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == file.git_sha1
