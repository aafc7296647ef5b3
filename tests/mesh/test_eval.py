"""`groundwire eval` on a real mesh: rendered pages, whose truth is exact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from groundwire.cli import app
from groundwire.evaluation.scenes import write_scenes

if TYPE_CHECKING:
    from pathlib import Path

    from groundwire.mesh.local import Mesh


def test_rendered_bills_are_read_and_judged(mesh: Mesh, tmp_path: Path) -> None:
    write_scenes(tmp_path / "bills", seed=7, count=2, kinds=("document",))
    environ = {
        "GROUNDWIRE_ADDRESS": mesh.addresses["fusion"],
        **{f"GROUNDWIRE_{name.upper()}_ADDRESS": mesh.addresses[name] for name in ("perception", "llm", "provenance")},
        "GROUNDWIRE_HOME": str(tmp_path / "nowhere"),
    }
    files = ["--json", str(tmp_path / "run.json"), "--html", str(tmp_path / "run.html")]
    arguments = ["eval", "groundwire", str(tmp_path / "bills"), *files, "--concurrency", "2", "--timeout", "200"]
    told = CliRunner().invoke(app, arguments, env=environ)
    assert told.exit_code == 0, told.output
    written = json.loads((tmp_path / "run.json").read_text())
    outcomes = {row["id"]: row for row in written["outcomes"]}
    assert [row["error"] for row in outcomes.values()] == [""] * 10
    asked = {row["asked"]: row for row in outcomes.values() if row["id"].startswith("document-000")}
    assert asked["What is the total?"]["credit"] == 1
    assert asked["What is the total?"]["claims"][0]["carrying"] == 1
    assert asked['Is there the word "REFUND"?']["rejected"]
    assert {"plan", "perceive", "check", "record", "wall"} <= set(written["latency"])
    assert (tmp_path / "run.html").stat().st_size > 50_000
