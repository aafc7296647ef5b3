"""How a target is put into words: what a detector is asked for, and what claims call a thing."""

from __future__ import annotations

import pytest

from services.common.plans import Target, described


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("t1"), "lettering"),
        (Target("t1", noun="cup"), "cup"),
        (Target("t1", noun="cup", attributes=("big", "red")), "big red cup"),
        (Target("t1", noun="man", attributes=("wearing a hat",)), "man wearing a hat"),
        (Target("t1", noun="man", attributes=("wearing a hat", "tall")), "tall man wearing a hat"),
        (Target("t1", noun="suitcase", attributes=("with wheels",)), "suitcase with wheels"),
        (
            Target("t1", noun="dog", attributes=("small", "without a collar", "sleeping")),
            "small dog without a collar sleeping",
        ),
        (Target("t1", noun="hose", attributes=("connected to the pump",)), "hose connected to the pump"),
        (Target("t1", noun="box", attributes=("sealed", "striped")), "sealed striped box"),
        (Target("t1", noun="bottle", attributes=("500 ml", "half full")), "500 ml half full bottle"),
        (Target("t1", noun="oven", attributes=("switched on",)), "oven switched on"),
        (Target("t1", noun="oven", attributes=("on",)), "oven on"),
        (Target("t1", noun="bottle", attributes=("second from the left",)), "second from the left bottle"),
        (Target("t1", literal_text="EXIT", is_text=True), '"EXIT"'),
    ],
)
def test_attributes_stand_where_english_puts_them(target: Target, words: str) -> None:
    assert target.words == words


def test_attributes_alone_need_no_noun() -> None:
    assert described("", ["with wheels", "red"]) == "red with wheels"
