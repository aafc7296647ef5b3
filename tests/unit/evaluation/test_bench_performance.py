"""The page of figures: composed from what the benches wrote, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import performance
from bench.deciding import BENCHES, PLOTS, RESULTS

LISTED: dict[str, Any] = {
    "bench": "against_raw",
    "command": "python -m bench.bench_against_raw --rounds 2",
    "machine": {"cpu": "a fast one", "cores": 2},
    "columns": ["at a time", "of raw"],
    "rows": [["1", "0.97"], ["16", "0.96"]],
    "verdicts": ["throughput: 0.96 (goal ≥ 0.95), reached"],
    "lines": [{"name": "mesh", "points": [[1, 2]]}],
    "axes": ["calls at a time", "calls a second"],
}

KEYED: dict[str, Any] = {
    "bench": "log",
    "command": "python -m bench.bench_log",
    "machine": {"cores": 2},
    "rows": [{"callers": 1, "per_second": 0.25}, {"callers": 64, "over": "gRPC | TLS", "per_second": 12345.6}],
}


def results(folder: Path, *files: dict[str, Any]) -> Path:
    for each in files:
        (folder / f"{each['bench']}.json").write_text(json.dumps(each))
    return folder


def test_a_section_says_question_command_table_goal_and_machine(tmp_path: Path) -> None:
    page = performance.page(results(tmp_path, LISTED))
    assert "## How much of the reader's own speed is left" in page
    assert "`python -m bench.bench_against_raw --rounds 2`" in page
    assert "| at a time | of raw |\n| --- | --- |\n| 1 | 0.97 |\n| 16 | 0.96 |\n" in page
    assert "Goal: At least 0.95" in page
    assert "- throughput: 0.96 (goal ≥ 0.95), reached" in page
    assert "![calls a second over calls at a time](images/bench/against_raw.svg)" in page
    assert "Measured on cpu a fast one, cores 2." in page


def test_rows_that_are_objects_make_a_table_too(tmp_path: Path) -> None:
    page = performance.page(results(tmp_path, KEYED))
    assert "| callers | per_second | over |\n" in page
    assert "| 1 | 0.25 |  |\n| 64 | 12,346 | gRPC \\| TLS |\n" in page


def test_what_was_not_measured_has_no_section_and_the_others_keep_their_order(tmp_path: Path) -> None:
    page = performance.page(results(tmp_path, KEYED, LISTED))
    questions = [line for line in page.splitlines() if line.startswith("## ")]
    asked = {bench.name: bench.question for bench in BENCHES}
    assert questions == [f"## {asked['against_raw']}", f"## {asked['log']}"]


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"rows": []}', '{"command": "c", "machine": {}, "rows": [["1"]]}'],
    ids=["list", "cut", "no command", "no columns"],
)
def test_a_file_that_no_bench_wrote_is_left_out_and_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "reuse.json").write_text(content)
    told: list[str] = []
    page = performance.page(results(tmp_path, LISTED), told.append)
    assert page.count("\n## ") == 1
    assert [line.partition(" is not")[0] for line in told] == [f"left out: {tmp_path}/reuse.json"]


def test_without_any_file_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(performance.NoResult, match="run a bench first"):
        performance.page(tmp_path)


@pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: bench.name)
def test_every_bench_of_the_table_exists(bench: Any) -> None:
    assert Path(f"bench/bench_{bench.name}.py").exists()


@pytest.mark.skipif(not performance.PAGE.exists(), reason="nothing was measured yet")
def test_the_page_is_what_the_committed_files_say() -> None:
    assert performance.PAGE.read_text() == performance.page(RESULTS)
    assert all((PLOTS / Path(link).name).exists() for link in plots_of(performance.PAGE.read_text()))


def plots_of(page: str) -> list[str]:
    return [line.partition("](")[2].rstrip(")") for line in page.splitlines() if line.startswith("![")]
