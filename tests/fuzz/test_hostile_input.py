"""Hostile input: the corpus, every time; and a bounded search for more, from a fixed seed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from fuzz.targets import EXPECTED, TARGETS

ROOT = Path(__file__).parents[2]
SEEDS = sorted((ROOT / "fuzz" / "corpus").glob("*/*"))
RUNS = 3000


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_once_found_is_answered(seed: Path) -> None:
    with suppress(*EXPECTED):  # anything else is a finding
        TARGETS[seed.parent.name](seed.read_bytes())


@pytest.mark.parametrize("name", ["bomb.png", "drawing.svg", "both.pdf.jpg", "scans.jpg", "tiles.j2k"])
def test_pictures_that_are_traps_are_refused(name: str) -> None:
    with pytest.raises(EXPECTED):
        TARGETS["image_admission"]((ROOT / "fuzz" / "corpus" / "image_admission" / name).read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_a_bounded_search_finds_nothing_that_is_not_answered(target: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fuzz", target, f"-runs={RUNS}", "-seed=20261123", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    assert f"Done {RUNS} runs" in done.stderr
