"""Signed notes: the specification's own example, every way back, and everything that must be refused."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from groundwire.proofs import notes
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import Checkpoint, PublicKey, checkpoint_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "log.test/one"
PUBLIC = PublicKey(NAME, KEY.public_key().public_bytes_raw())

# The key of Go's checksum database, as Go itself carries it.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

ORIGINS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="+"), min_size=1)
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"])), max_size=4)


def test_a_key_of_the_wild_is_read_and_written_as_it_was() -> None:
    key = PublicKey.parse(GO_KEY)
    assert (key.name, key.identity.hex(), str(key)) == ("sum.golang.org", "033de0ae", GO_KEY)


@given(ORIGINS, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_comes_back_from_its_text_and_from_its_note(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    note = notes.sign(checkpoint.text, origin, KEY)
    assert checkpoint_of(note, PublicKey(origin, PUBLIC.key)) == checkpoint


@given(LINES)
def test_the_text_of_a_note_comes_back_as_it_was_signed(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in ["first", *lines])
    assert PUBLIC.check(notes.sign(text, NAME, KEY)) == text


@given(st.data())
def test_a_changed_character_is_refused(data: st.DataObject) -> None:
    note = notes.sign(Checkpoint(NAME, 5, bytes(32)).text, NAME, KEY)
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != note[at]))
    with pytest.raises(ProofError):
        checkpoint_of(note[:at] + other + note[at + 1 :], PUBLIC)


@given(st.text(max_size=200))
def test_any_text_is_refused_in_words(text: str) -> None:
    for read in (PUBLIC.check, Checkpoint.parse, PublicKey.parse):
        with pytest.raises(ProofError):
            read(text)


def test_other_signatures_beside_ours_are_passed_over() -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
    text = Checkpoint(NAME, 5, bytes(32)).text
    theirs = notes.sign(text, "witness.test", other).rpartition("\n\n")[2]
    note = notes.sign(text, NAME, KEY)
    assert PUBLIC.check(note + theirs) == text
    with pytest.raises(ProofError, match="no signature by"):
        PUBLIC.check(f"{text}\n{theirs}")


def test_a_key_of_the_same_name_and_another_value_has_signed_nothing() -> None:
    note = notes.sign("text\n", NAME, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
    with pytest.raises(ProofError, match="no signature by"):
        PUBLIC.check(note)


def test_a_checkpoint_of_another_log_is_none_of_this() -> None:
    note = notes.sign(Checkpoint("other.test", 5, bytes(32)).text, NAME, KEY)
    with pytest.raises(ProofError, match=r"other\.test"):
        checkpoint_of(note, PUBLIC)


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{NAME}\n5\n{ROOT}",
        f"{NAME}\n05\n{ROOT}\n",
        f"{NAME}\n-1\n{ROOT}\n",
        f"{NAME}\n+5\n{ROOT}\n",
        f"{NAME}\n\N{ARABIC-INDIC DIGIT FIVE}\n{ROOT}\n",
        f"{NAME}\n5\n{ROOT[:-4]}\n",
        f"{NAME}\n5\n{ROOT[:-2]}B=\n",
        f"{NAME}\n5\n{ROOT}\nextension\n",
        f"\n5\n{ROOT}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a+b+c", GO_KEY[:-4], GO_KEY.replace("033d", "033e"), GO_KEY.replace("Ac4z", "As4z")]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        PublicKey.parse(text)


@pytest.mark.parametrize("text", ["no line break", "a\x00b\n", "a\tb\n"])
def test_what_no_note_can_carry_is_not_signed(text: str) -> None:
    with pytest.raises(ProofError):
        notes.sign(text, NAME, KEY)


def test_a_note_that_is_too_long_is_not_read() -> None:
    with pytest.raises(ProofError, match="too long"):
        PUBLIC.check("x" * (notes.MAX_NOTE_CHARACTERS + 1))
