"""Models in a store, for tests that need some there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from groundwire.models.cards import ModelCard
from groundwire.models.store import stored

if TYPE_CHECKING:
    from groundwire.models.store import Store

CARD: Final = ModelCard(
    name="finder",
    source="people/Finder",
    revision="c" * 40,
    licence="mit",
    architecture="owlvit",
    runners={"detect": "detect_transformers"},
    weights=("w.safetensors",),
    weights_digest="d" * 64,
    files=(),
    pulled="2026-11-23T12:00:00+00:00",
)


def admit(store: Store, content: bytes = b"weights", name: str = "finder") -> ModelCard:
    """Put a model into a store, as if it had been pulled; its only file has that content."""
    with store.arriving(name) as folder:
        (folder / "w.safetensors").write_bytes(content)
        (folder / "left-over").write_bytes(b"of an earlier attempt")
        file = stored(folder / "w.safetensors")
        card = replace(CARD, name=name, files=(file,), weights_digest=file.sha256)
        store.admit(card, folder)
    return card
