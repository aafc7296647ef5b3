from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.perception.core.frames import MAX_REPORTS, Frame, LatePolicy, Turn, Waiting


def frame(sequence: int) -> Frame:
    return Frame(sequence, sequence * 1000, b"picture")


def rest(waiting: Waiting) -> list[tuple[int, bool]]:
    turns: list[Turn] = []
    while (turn := waiting.next()) is not None:
        turns.append(turn)
    return [(turn.frame.sequence, turn.dropped) for turn in turns]


def test_the_oldest_goes_so_that_what_is_seen_is_recent() -> None:
    waiting = Waiting(2, LatePolicy.DROP_OLDEST)
    for sequence in range(5):
        waiting.add(frame(sequence))
    assert rest(waiting) == [(0, True), (1, True), (2, True), (3, False), (4, False)]


def test_the_newest_goes_so_that_what_was_begun_is_finished() -> None:
    waiting = Waiting(2, LatePolicy.DROP_NEWEST)
    for sequence in range(5):
        waiting.add(frame(sequence))
    assert rest(waiting) == [(0, False), (1, False), (2, True), (3, True), (4, True)]


def test_without_dropping_there_is_no_room_until_somebody_had_his_turn() -> None:
    waiting = Waiting(1, LatePolicy.WAIT)
    waiting.add(frame(0))
    assert not waiting.takes_more
    waiting.next()
    assert waiting.takes_more


def test_a_dropped_frame_keeps_its_place_and_not_its_picture() -> None:
    waiting = Waiting(1, LatePolicy.DROP_OLDEST)
    waiting.add(frame(0))
    waiting.add(frame(1))
    turn = waiting.next()
    assert turn == Turn(Frame(0, 0, b""), dropped=True)


def test_reports_of_dropped_frames_are_bounded_too() -> None:
    waiting = Waiting(1, LatePolicy.DROP_OLDEST)
    added = 0
    while waiting.takes_more:
        waiting.add(frame(added))
        added += 1
    assert added == MAX_REPORTS + 1


@given(
    room=st.integers(1, 4),
    policy=st.sampled_from([LatePolicy.DROP_OLDEST, LatePolicy.DROP_NEWEST]),
    steps=st.lists(st.booleans(), max_size=60),
)
def test_every_frame_has_its_turn_once_and_in_order(room: int, policy: LatePolicy, steps: list[bool]) -> None:
    waiting, arrived, turns = Waiting(room, policy), 0, []
    for arrives in steps:
        if arrives:
            waiting.add(frame(arrived))
            arrived += 1
        elif (turn := waiting.next()) is not None:
            turns.append((turn.frame.sequence, turn.dropped))
    left = rest(waiting)
    assert sum(not dropped for _, dropped in left) <= room
    assert [sequence for sequence, _ in (*turns, *left)] == list(range(arrived))
