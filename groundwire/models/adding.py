"""An ONNX detector that is brought along, into the store."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from groundwire.models import architectures, descriptors
from groundwire.models.cards import ModelCard
from groundwire.models.errors import BadDescriptor, DiskFull
from groundwire.models.store import stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from groundwire.models.store import Store


def add(
    store: Store,
    name: str,
    onnx: Path,
    descriptor: Path,
    *,
    now: datetime,
    replaceable: Callable[[str], None] = lambda _: None,
) -> ModelCard:
    """Store a detector under a name, in place of what has that name.

    Args:
        store: Where to.
        name: Its name from now on.
        onnx: The network.
        descriptor: What goes in and what comes out; see `descriptors`.
        now: The time that the card gets.
        replaceable: Raises where the model of that name may not be replaced.

    Raises:
        BadName: No model can have that name.
        BadDescriptor: The descriptor does not describe a detector, or there is no network.
        DiskFull: There is no room for a copy.
    """
    described = descriptors.read(descriptor, model="model.onnx").model_copy(update={"model": "model.onnx"})
    if not onnx.is_file():
        raise BadDescriptor(f"{onnx} is no file", remedy="name the ONNX file of the detector")
    with store.arriving(name) as folder:
        replaceable(name)
        if onnx.stat().st_size > store.free_bytes():
            raise DiskFull(f"there is no room for a copy of {onnx.name}", remedy="make room")
        network = folder / described.model
        shutil.copyfile(onnx, network)
        (folder / descriptors.FILE).write_text(described.to_json(), encoding="utf-8")
        card = ModelCard(
            name=name,
            source=onnx.name,
            revision="",
            licence=described.licence,
            architecture=architectures.ONNX,
            runners=architectures.ONNX_RUNNERS,
            weights=(network.name,),
            weights_digest=stored(network).sha256,
            files=(stored(folder / descriptors.FILE), stored(network)),
            pulled=now.isoformat(timespec="seconds"),
        )
        store.admit(card, folder)
    return card
