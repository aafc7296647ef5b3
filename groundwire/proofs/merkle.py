"""Merkle trees as in RFC 6962 (and RFC 9162), and subtrees as in draft-ietf-plants-merkle-tree-certs.

Everything is pure and works on hashes: 32 bytes each, SHA-256. A tree of n leaves is the RFC's MTH over entries
0 … n - 1. A subtree is the half-open interval [start, end), where start is a multiple of the least power of two that
is not below end - start: such an interval is a node of every tree that reaches far enough, or a partial one at its end.

Verifiers return nothing when the proof holds and raise `ProofError` saying what does not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_BYTES: Final = 32

EMPTY_ROOT: Final = hashlib.sha256().digest()
"""Root of the tree without leaves."""


class ProofError(ValueError):
    """A proof does not hold; the message says where."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over leaf hashes.

    Level by level: a node without a right sibling goes up as it is, which splits at the RFC's powers of two.
    """
    level = list(leaves)
    while len(level) > 1:
        unpaired = level[len(level) & ~1 :]
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)] + unpaired
    return level[0] if level else EMPTY_ROOT


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1: sibling hashes from the leaf at `index` up to the root."""
    if not 0 <= index < len(leaves):
        raise ProofError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF of RFC 6962, 2.1.2: that the tree over `leaves` begins with the tree over its first `old_size`."""
    if not 0 < old_size <= len(leaves):
        raise ProofError(f"a tree of {len(leaves)} cannot be shown to begin with {old_size}")
    return _subproof(leaves, old_size, whole=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if whole else [root(leaves)]
    split = _split(len(leaves))
    if old_size <= split:
        return [*_subproof(leaves[:split], old_size, whole=whole), root(leaves[split:])]
    return [*_subproof(leaves[split:], old_size - split, whole=False), root(leaves[:split])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Check that `leaf` is entry `index` of the tree of `size` whose root is `expected_root`. RFC 9162, 2.1.3.2.

    Raises:
        ProofError: It is not, as far as this proof shows.
    """
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of {size}")
    _check_hashes(leaf, *proof)
    node, last, climbed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is longer than the tree is high")
        if node & 1 or node == last:
            climbed = node_hash(sibling, climbed)
            # A node without a right sibling stands for its parent too.
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            climbed = node_hash(climbed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is shorter than the tree is high")
    _check_equal(climbed, expected_root, "root")


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of `new_size` begins with the tree of `old_size`. RFC 9162, 2.1.4.2.

    Raises:
        ProofError: It does not, as far as this proof shows. The empty tree is refused: it says nothing.
    """
    if old_size == 0:
        raise ProofError("the empty tree begins every tree, and shows nothing")
    verify_subtree_consistency(0, old_size, new_size, proof, old_root, new_root)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], expected_root: bytes
) -> None:
    """Check that `leaf` is entry `index` of the log, within the subtree [start, end) of root `expected_root`.

    Raises:
        ProofError: It is not, as far as this proof shows, or [start, end) is no subtree.
    """
    _check_subtree(start, end)
    verify_inclusion(leaf, index - start, end - start, proof, expected_root)


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], subtree_root: bytes, expected_root: bytes
) -> None:
    """Check that the subtree [start, end) is part of the tree of `size` whose root is `expected_root`.

    Raises:
        ProofError: It is not, as far as this proof shows, or [start, end) is no subtree of such a tree.
    """
    if end > size:
        raise ProofError(f"[{start}, {end}) reaches beyond a tree of {size}")
    if start == end:
        _check_empty(proof, subtree_root)
        return
    _check_subtree(start, end)
    _check_hashes(*proof)
    small, large = _climbed(start, end - 1, size - 1, list(proof), subtree_root)
    _check_equal(small, subtree_root, "subtree's root")
    _check_equal(large, expected_root, "root")


def _climbed(first: int, last: int, end_of_tree: int, proof: list[bytes], subtree_root: bytes) -> tuple[bytes, bytes]:
    """The roots of subtree and tree that the proof leads to, climbing both at once.

    Args:
        first: Index of the subtree's first leaf.
        last: Index of its last leaf.
        end_of_tree: Index of the tree's last leaf.
        proof: Hashes from the bottom up.
        subtree_root: Where the climb begins if the subtree is one complete node.
    """
    # The largest complete node at the subtree's right edge: the proof begins there.
    while first != last and (last == end_of_tree or last & 1):
        first, last, end_of_tree = first >> 1, last >> 1, end_of_tree >> 1
    if first != last and not proof:
        raise ProofError("the proof is empty")
    small = large = subtree_root if first == last else proof.pop(0)
    for sibling in proof:
        if end_of_tree == 0:
            raise ProofError("the proof is longer than the tree is high")
        if last & 1 or last == end_of_tree:
            small = node_hash(sibling, small) if first < last else small
            large = node_hash(sibling, large)
            while not last & 1 and last:
                first, last, end_of_tree = first >> 1, last >> 1, end_of_tree >> 1
        else:
            large = node_hash(large, sibling)
        first, last, end_of_tree = first >> 1, last >> 1, end_of_tree >> 1
    if end_of_tree != 0:
        raise ProofError("the proof is shorter than the tree is high")
    return small, large


def _check_empty(proof: Sequence[bytes], subtree_root: bytes) -> None:
    """An empty subtree is part of every tree, and needs no proof."""
    if proof:
        raise ProofError("an empty subtree needs no proof, and has one")
    _check_equal(subtree_root, EMPTY_ROOT, "subtree's root")


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def _check_subtree(start: int, end: int) -> None:
    if not 0 <= start < end:
        raise ProofError(f"[{start}, {end}) is empty")
    width = 1 << (end - start - 1).bit_length()
    if start % width:
        raise ProofError(f"[{start}, {end}) is no subtree: it does not begin at a multiple of {width}")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError(f"a hash is not of {HASH_BYTES} bytes")


def _check_equal(computed: bytes, expected: bytes, what: str) -> None:
    if computed != expected:
        raise ProofError(f"the {what} comes out as {computed.hex()}, not {expected.hex()}")
