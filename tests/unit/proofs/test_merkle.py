"""Merkle proofs: RFC values, foreign probes, and every size to 64 against the definition."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.proofs import merkle
from groundwire.proofs.merkle import ProofError

PROBES = Path(__file__).parents[3].parent / "shared" / "data" / "merkle_probes.json"

# The eight entries and the root that Certificate Transparency's implementations test with.
ENTRIES = [
    bytes.fromhex(h)
    for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

LEAVES = [merkle.leaf_hash(n.to_bytes(2, "big")) for n in range(64)]
SIZES = st.integers(1, 64)


def test_the_root_of_the_reference_entries() -> None:
    assert merkle.root([merkle.leaf_hash(entry) for entry in ENTRIES]).hex() == ROOT_OF_EIGHT


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 65))
def test_every_leaf_of_every_size_is_included(size: int) -> None:
    leaves = LEAVES[:size]
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        merkle.verify_inclusion(leaves[index], index, size, proof, merkle.root(leaves))


@pytest.mark.parametrize("size", range(1, 65))
def test_every_size_begins_with_every_smaller_one(size: int) -> None:
    leaves = LEAVES[:size]
    for old in range(1, size + 1):
        proof = merkle.consistency_proof(leaves, old)
        merkle.verify_consistency(old, size, proof, merkle.root(leaves[:old]), merkle.root(leaves))


@given(SIZES, st.data())
def test_a_changed_proof_is_refused(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(leaves, index)
    parts = [leaves[index], merkle.root(leaves), *proof]
    spoiled = data.draw(st.integers(0, len(parts) - 1))
    byte, bit = data.draw(st.integers(0, 31)), data.draw(st.integers(0, 7))
    changed = bytearray(parts[spoiled])
    changed[byte] ^= 1 << bit
    parts[spoiled] = bytes(changed)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(SIZES, st.data())
def test_a_leaf_is_at_no_other_place(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    elsewhere = data.draw(st.integers(-1, size).filter(lambda n: n != index))
    with pytest.raises(ProofError):
        merkle.verify_inclusion(
            leaves[index], elsewhere, size, merkle.inclusion_proof(leaves, index), merkle.root(leaves)
        )


@given(st.integers(2, 64), st.data())
def test_a_rewritten_history_is_refused(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    old = data.draw(st.integers(1, size - 1))
    rewritten = [*leaves]
    rewritten[data.draw(st.integers(0, old - 1))] = merkle.leaf_hash(b"another")
    proof = merkle.consistency_proof(rewritten, old)
    with pytest.raises(ProofError):
        merkle.verify_consistency(old, size, proof, merkle.root(leaves[:old]), merkle.root(rewritten))


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _verify(probe: dict[str, Any]) -> None:
    proof = [_bytes(item) for item in probe["proof"] or ()]
    match probe["name"].split("/")[0]:
        case "inclusion":
            leaf, root = _bytes(probe["leafHash"]), _bytes(probe["root"])
            merkle.verify_inclusion(leaf, probe["leafIdx"], probe["treeSize"], proof, root)
        case "consistency":
            roots = _bytes(probe["root1"]), _bytes(probe["root2"])
            merkle.verify_consistency(probe["size1"], probe["size2"], proof, *roots)
        case "subtreeinclusion":
            leaf, root = _bytes(probe["leafHash"]), _bytes(probe["root"])
            merkle.verify_subtree_inclusion(leaf, probe["leafIdx"], probe["start"], probe["end"], proof, root)
        case "subtreeconsistency":
            roots = _bytes(probe["root1"]), _bytes(probe["root2"])
            merkle.verify_subtree_consistency(probe["start"], probe["end"], probe["size"], proof, *roots)
        case other:
            pytest.fail(f"unknown kind of probe: {other}")


@pytest.mark.skipif(not PROBES.exists(), reason="the foreign probes are not at hand")
def test_foreign_probes_are_accepted_and_refused_as_they_should() -> None:
    wrong, refused = [], 0
    probes = json.loads(PROBES.read_text())
    for probe in probes:
        try:
            _verify(probe)
            held = True
        except ProofError:
            held = False
        refused += not held
        if held == probe["wantErr"]:
            wrong.append(f"{probe['name']}: {probe['desc']}")
    assert not wrong
    assert (len(probes), refused) == (518, 482)
