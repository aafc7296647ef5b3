"""A growing tree kept as the hashes of its complete subtrees, so that appending and proving read few of them.

The subtree of `level` l and `position` p covers the leaves [p * 2^l, (p + 1) * 2^l). It is complete once its last leaf
is there, and never changes again. Leaf i completes one subtree per level, from 0 up to the number of ones at the end
of i in binary, so a log keeps those hashes with record i: two on average.

Everything is pure. Ranges are half-open.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from groundwire.proofs.merkle import EMPTY_ROOT, ProofError, node_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Node(NamedTuple):
    """The place of a complete subtree."""

    level: int
    position: int

    @property
    def completed_by(self) -> int:
        """Index of its last leaf."""
        return ((self.position + 1) << self.level) - 1


def append(frontier: Sequence[bytes], size: int, leaf: bytes) -> tuple[list[bytes], list[bytes]]:
    """A leaf put behind a tree of `size` leaves.

    Args:
        frontier: Hashes of the largest complete subtrees that the tree splits into, from the left: `cover(0, size)`.
        size: Its leaves.
        leaf: Hash of the new one.

    Returns:
        The frontier of the larger tree, and the hashes of the subtrees that the leaf completes, from level 0 up.
    """
    left, completed = list(frontier), [leaf]
    while size & 1:
        completed.append(node_hash(left.pop(), completed[-1]))
        size >>= 1
    return [*left, completed[-1]], completed


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Root over the subtrees of `cover(start, end)`, in that order; that of the empty tree if there are none."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY_ROOT


def cover(start: int, end: int) -> list[Node]:
    """The complete subtrees that the subtree [start, end) splits into, from the left, the largest first."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The subtrees whose roots are the inclusion proof of leaf `index` in the tree of `size`: PATH of RFC 6962, 2.1.1.

    Raises:
        ProofError: The tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of {size}")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        ranges.append((middle, end) if index < middle else (start, middle))
        start, end = (start, middle) if index < middle else (middle, end)
    return ranges[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """The subtrees whose roots prove that a tree begins with a smaller one: PROOF of RFC 6962, 2.1.2.

    Raises:
        ProofError: The smaller one is empty, or is not smaller.
    """
    if not 0 < old_size <= new_size:
        raise ProofError(f"a tree of {new_size} cannot be shown to begin with {old_size}")
    ranges, start, end = [], 0, new_size
    while end != old_size:
        middle = start + _split(end - start)
        ranges.append((middle, end) if old_size <= middle else (start, middle))
        start, end = (start, middle) if old_size <= middle else (middle, end)
    # The smaller tree itself is known to whoever asks; a part of it is not.
    return ([(start, end)] if start else []) + ranges[::-1]


def nodes_of(ranges: Sequence[tuple[int, int]]) -> list[Node]:
    """Every complete subtree that the roots of these subtrees are made of."""
    return [node for start, end in ranges for node in cover(start, end)]


def proof(ranges: Sequence[tuple[int, int]], hashes: Mapping[Node, bytes]) -> list[bytes]:
    """The roots of these subtrees, from the hashes of `nodes_of(ranges)`."""
    return [root_of([hashes[node] for node in cover(start, end)]) for start, end in ranges]


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1
