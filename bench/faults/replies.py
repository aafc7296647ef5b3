"""Replies of Triton that are not what the contract says: from a model that lies when it is told to, or off the wire."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bench.faults.fault import Fault, pause
from bench.faults.flipping import Flipping
from bench.faults.plans import restart_with

if TYPE_CHECKING:
    from groundwire.mesh.local import Mesh

LIE_S = 8.0
READER = "read_text"
LIAR = Path(__file__).with_name("liar.py")
REPOSITORY = Path("model_repository")
LIES = {
    "nan-boxes": "corners that are no numbers",
    "far-boxes": "corners far outside the picture",
    "nan-scores": "scores that are no numbers",
    "other-shape": "a tensor of another shape",
    "no-text": "bytes that are no UTF-8",
    "too-many": "ten thousand places",
}
relays: dict[Path, Flipping] = {}
"""By the home of the mesh in whose middle they stand."""


def lying_models(folder: Path) -> Path:
    """A copy, in a folder, of the model repository, whose reader lies when it is told to by a file beside it."""
    copy = folder / REPOSITORY.name
    shutil.copytree(REPOSITORY, copy, ignore=shutil.ignore_patterns("__pycache__"))
    version = copy / READER / "1"
    (version / "model.py").rename(version / "honest.py")
    shutil.copy(LIAR, version / "model.py")
    return copy


def lied(lie: str) -> Fault:
    """The reader answers with a lie for a while. The lying models are beside the mesh's home."""

    def inflict(mesh: Mesh) -> str:
        version = mesh.home.parent / REPOSITORY.name / READER / "1"
        told, count = version / "lie", version / "told"
        count.unlink(missing_ok=True)
        told.write_text(lie)
        pause(LIE_S)
        told.unlink()
        replies = len(count.read_text()) if count.exists() else 0
        return f"{replies} replies changed" if replies else ""

    return Fault(f"triton-{lie}", "triton", f"its reader answers {LIES[lie]} for {LIE_S:g} s", inflict)


def prepare_relay(mesh: Mesh) -> None:
    """Put a relay between perception and Triton."""
    relays[mesh.home] = Flipping(mesh.addresses["triton"])
    restart_with(mesh, {"perception": {"GROUNDWIRE_PERCEPTION_TRITON_ADDRESS": relays[mesh.home].address}})


def flipped() -> Fault:
    """Bits of Triton's replies change on the way."""

    def inflict(mesh: Mesh) -> str:
        relay = relays[mesh.home]
        with relay.flipping():
            pause(LIE_S)
        return f"{relay.flips} bits flipped" if relay.flips else ""

    what = f"bits of its replies flipped on the wire for {LIE_S:g} s"
    return Fault("triton-flipped", "triton", what, inflict, prepare=prepare_relay)
