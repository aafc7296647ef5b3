"""The tree as it is kept, against the definition, at every size to 64."""

from __future__ import annotations

import pytest

from groundwire.proofs import merkle, tree
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.tree import Node

LEAVES = [merkle.leaf_hash(n.to_bytes(2, "big")) for n in range(64)]


def grown(size: int) -> tuple[list[bytes], dict[Node, bytes]]:
    """Frontier and every complete subtree of a tree that was grown leaf by leaf."""
    frontier: list[bytes] = []
    hashes: dict[Node, bytes] = {}
    for index, leaf in enumerate(LEAVES[:size]):
        frontier, completed = tree.append(frontier, index, leaf)
        for level, value in enumerate(completed):
            node = Node(level, index >> level)
            assert node.completed_by == index
            hashes[node] = value
    return frontier, hashes


@pytest.mark.parametrize("size", range(65))
def test_a_grown_tree_is_the_defined_one_and_proves_as_it_does(size: int) -> None:
    frontier, hashes = grown(size)
    leaves = LEAVES[:size]
    assert tree.root_of(frontier) == merkle.root(leaves)
    assert [hashes[node] for node in tree.cover(0, size)] == frontier
    for index in range(size):
        ranges = tree.inclusion_ranges(index, size)
        assert tree.proof(ranges, hashes) == merkle.inclusion_proof(leaves, index)
    for old in range(1, size + 1):
        ranges = tree.consistency_ranges(old, size)
        assert tree.proof(ranges, hashes) == merkle.consistency_proof(leaves, old)


def test_appending_does_not_touch_what_it_was_given() -> None:
    frontier, _ = grown(7)
    before = list(frontier)
    tree.append(frontier, 7, LEAVES[7])
    assert frontier == before


def test_a_million_records_need_few_hashes() -> None:
    size = 10**6 - 1
    for index in (0, 499_999, size - 1):
        assert len(tree.nodes_of(tree.inclusion_ranges(index, size))) <= 40
    assert len(tree.nodes_of(tree.consistency_ranges(777_777, size))) <= 60


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        tree.inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3), (0, 0)])
def test_a_tree_does_not_begin_with_a_larger_one_or_with_none(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        tree.consistency_ranges(old, new)
