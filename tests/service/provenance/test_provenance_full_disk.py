"""A disk that becomes full while keys are written: nothing half written is used, and room mends it."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from services.common.errors import MeshError, PartUnavailable
from services.provenance.key_folder import KEYS_AT_ONCE, FolderKeys
from services.provenance.signing import load_or_create

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The kernel then writes a part, as on a full disk, and refuses the rest."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_keys_that_did_not_reach_the_disk_are_not_given_out(tmp_path: Path) -> None:
    keys = FolderKeys(tmp_path)
    with no_file_longer_than(100), pytest.raises(PartUnavailable, match="key store"):
        await keys.take()
    taken = [await keys.take() for _ in range(KEYS_AT_ONCE)]
    again = FolderKeys(tmp_path)
    assert [await again.get(name) for name, _ in taken] == [key for _, key in taken]


def test_a_signing_key_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "signing" / "key.pem"
    with no_file_longer_than(10), pytest.raises(MeshError, match="signing key"):
        load_or_create(path, "here/log")
    assert list(path.parent.iterdir()) == []
    made = load_or_create(path, "here/log")
    assert sorted(each.name for each in path.parent.iterdir()) == ["key.pem", "key.pub"]
    with no_file_longer_than(10):
        assert load_or_create(path, "here/log").public == made.public
