"""What is started again, and when."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from groundwire.mesh.supervise import Process
from groundwire.mesh.table import COMPONENTS
from groundwire.mesh.watchdog import GIVEN_UP_S, SILENT_BOUND_S, SILENT_S, Watch, patience

if TYPE_CHECKING:
    from pathlib import Path

RUNS = Process("RUNNING", "pid 7", 7)
GIVEN_UP = Process("FATAL", "Exited too quickly", 0)
KINDS = {component.name: component.kind for component in COMPONENTS}


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(patience(tmp_path, KINDS))


def test_what_answers_is_left_alone(watch: Watch) -> None:
    assert not any(watch.due("triton", RUNS, answers=True, now=now) for now in (0.0, 1e3, 1e6))


def test_what_runs_and_says_nothing_is_started_again_once_patience_is_over(watch: Watch) -> None:
    assert not watch.due("triton", RUNS, answers=False, now=0.0)
    assert not watch.due("triton", RUNS, answers=False, now=SILENT_S - 1)
    assert watch.due("triton", RUNS, answers=False, now=SILENT_S) == "no answer for 60 s"
    assert not watch.due("triton", RUNS, answers=False, now=SILENT_S + 1)


def test_an_answer_or_a_new_process_begins_anew(watch: Watch) -> None:
    assert not watch.due("fusion", RUNS, answers=False, now=0.0)
    assert not watch.due("fusion", RUNS, answers=True, now=30.0)
    assert not watch.due("fusion", RUNS, answers=False, now=SILENT_S)
    assert not watch.due("fusion", Process("RUNNING", "pid 8", 8), answers=False, now=10 * SILENT_S)


def test_what_supervisord_gave_up_is_tried_again_and_again(watch: Watch) -> None:
    tries = [now for now in range(60) if watch.due("postgres", GIVEN_UP, answers=False, now=float(now))]
    assert tries == [round(GIVEN_UP_S), 2 * round(GIVEN_UP_S) + 1, *tries[2:]]
    assert len(tries) == 5


def test_a_database_that_recovers_is_not_hurried(watch: Watch) -> None:
    assert not any(watch.due("postgres", RUNS, answers=False, now=now) for now in (0.0, 1e6))


@pytest.mark.parametrize("state", ["STARTING", "BACKOFF", "STOPPED", "STOPPING"])
def test_what_supervisord_has_in_hand_is_its_own(watch: Watch, state: str) -> None:
    assert not any(watch.due("triton", Process(state, "", 0), answers=False, now=now) for now in (0.0, 1e6))


def test_bound_models_take_time_to_load(tmp_path: Path) -> None:
    (tmp_path / "triton" / "bound" / "detect_fast").mkdir(parents=True)
    waits = patience(tmp_path, KINDS)
    assert waits["triton"] == SILENT_S + SILENT_BOUND_S
    assert waits["fusion"] == SILENT_S


def test_patience_doubles_until_there_is_an_answer(watch: Watch) -> None:
    tries = [now for now in range(10_000) if watch.due("triton", RUNS, answers=False, now=float(now))]
    waits = [later - earlier for earlier, later in pairwise([0, *tries])]
    assert waits[:3] == pytest.approx([SILENT_S, 2 * SILENT_S, 4 * SILENT_S], abs=1)
    assert max(waits) == pytest.approx(16 * SILENT_S, abs=1)
    assert not watch.due("triton", RUNS, answers=True, now=10_000.0)
    assert not watch.due("triton", RUNS, answers=False, now=10_001.0)
    assert watch.due("triton", RUNS, answers=False, now=10_001.0 + SILENT_S)
