"""The store: whole models with cards, under names that lead nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.models.cards import ModelCard, StoredFile, checked_name
from groundwire.models.errors import BadName, ModelError, NotStored, WrongDigest
from groundwire.models.store import Store, digest
from tests.fakes.stored_models import CARD, admit

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_admitted_is_listed_verified_and_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    card = admit(store)

    assert store.cards() == (card,)
    assert store.card("finder") == card
    assert {path.name for path in store.path("finder").iterdir()} == {"w.safetensors", "model-card.json"}
    store.verify(card)


def test_a_second_model_takes_the_place_of_the_first_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    admit(store, b"old")
    card = admit(store, b"new")

    store.verify(store.card("finder"))
    assert store.card("finder") == card
    assert [path.name for path in (tmp_path / "models").iterdir() if not path.name.endswith(".lock")] == ["finder"]


def test_what_is_arriving_is_not_there_and_what_never_began_leaves_no_folder(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.arriving("finder") as folder:
        (folder / "w.safetensors").write_bytes(b"half")
        (folder / "model-card.json").write_text(CARD.to_json())
        assert store.cards() == ()
    with store.arriving("other"):
        pass

    assert store.cards() == ()
    assert (tmp_path / "models" / ".finder.partial" / "w.safetensors").read_bytes() == b"half"
    assert not (tmp_path / "models" / ".other.partial").exists()


@pytest.mark.parametrize("content", [b"weightz", b"weights and more", None])
def test_a_file_that_changed_or_went_is_found_out(tmp_path: Path, content: bytes | None) -> None:
    store = Store(tmp_path)
    card = admit(store)
    path = store.path("finder") / "w.safetensors"
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(WrongDigest, match=r"w\.safetensors"):
        store.verify(card)


def test_a_card_that_cannot_be_read_hides_its_model_and_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    other = admit(store, name="other")
    admit(store)
    (store.path("finder") / "model-card.json").write_text("{")

    assert store.cards() == (other,)
    with pytest.raises(ModelError, match="finder"):
        store.card("finder")


def test_removing_frees_what_is_there_and_what_half_arrived(tmp_path: Path) -> None:
    store = Store(tmp_path)
    admit(store)
    with store.arriving("finder") as folder:
        (folder / "w.safetensors").write_bytes(b"1234567890")

    assert store.remove("finder") > len(b"weights") + 10
    with pytest.raises(NotStored):
        store.remove("finder")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "a" * 65, "a b", "é", "x\n", "-x", "a\0"]
)
def test_names_that_lead_elsewhere_are_no_names(tmp_path: Path, name: str) -> None:
    for ask in (checked_name, Store(tmp_path).path, Store(tmp_path).card, Store(tmp_path).remove):
        with pytest.raises(BadName):
            ask(name)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=80))
def test_a_name_that_is_taken_is_one_plain_part_of_a_path(name: str) -> None:
    try:
        taken = checked_name(name)
    except BadName:
        return
    assert taken == name
    assert taken.strip("./ \t\n")
    assert "/" not in taken


FILES = st.builds(
    StoredFile,
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,30}", fullmatch=True),
    st.integers(0, 2**40),
    st.just("a" * 64),
)


@given(st.lists(FILES, max_size=5), st.text(max_size=30), st.text(max_size=30))
def test_a_card_comes_back_as_it_was_written(files: list[StoredFile], licence: str, source: str) -> None:
    weights = tuple(file.name for file in files[:1])
    card = replace(CARD, files=tuple(files), licence=licence, source=source, weights=weights)
    assert ModelCard.from_json(card.to_json()) == card


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("finder", "../finder"),
        ("w.safetensors", "../w"),
        ('"runners": {', '"runners": 3, "x": {'),
        ('"files"', '"fils"'),
    ],
)
def test_a_card_that_was_tampered_with_is_none(was: str, now: str) -> None:
    text = replace(CARD, files=(StoredFile("w.safetensors", 1, "a" * 64),)).to_json()
    with pytest.raises(ValueError):  # noqa: PT011 - any of several sentences
        ModelCard.from_json(text.replace(was, now))


def test_a_digest_over_files_is_that_of_their_bytes_in_a_row(tmp_path: Path) -> None:
    for name, content in {"a": b"12", "b": b"3", "c": b"123"}.items():
        (tmp_path / name).write_bytes(content)
    assert digest([tmp_path / "a", tmp_path / "b"]) == digest([tmp_path / "c"])
