"""What a service keeps in the mesh's home: it is told where, unless the user says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.mesh import plans
from groundwire.mesh.table import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def told(home: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    parts = [part for part in COMPONENTS if part.name == "provenance"]
    ports = {"GROUNDWIRE_PROVENANCE_PORT": 50054}
    places = plans.addresses(home, parts, ports)
    return plans.plans(home, parts, ports, places, environ)["provenance"].environment


def test_provenance_keeps_its_keys_and_the_copies_of_checkpoints_in_the_home(tmp_path: Path) -> None:
    environment = told(tmp_path, {})
    assert environment["GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE"] == str(tmp_path / "signing" / "key.pem")
    assert environment["GROUNDWIRE_PROVENANCE_KEY_FOLDER"] == str(tmp_path / "keys")
    assert environment["GROUNDWIRE_PROVENANCE_CHECKPOINT_URL"] == (tmp_path / "checkpoints").as_uri()


def test_what_the_user_says_of_them_stands(tmp_path: Path) -> None:
    said = {"GROUNDWIRE_PROVENANCE_CHECKPOINT_URL": "s3://elsewhere/log"}
    assert "GROUNDWIRE_PROVENANCE_CHECKPOINT_URL" not in told(tmp_path, said)
