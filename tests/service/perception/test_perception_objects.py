"""The adapter of the object store, on a real folder and in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.common.errors import MeshError, PartUnavailable
from services.perception.obstore import open_objects

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["folder", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (tmp_path / "new" / "objects").as_uri() if request.param == "folder" else "memory:///"


async def test_what_was_put_is_got_and_what_was_not_is_none(url: str) -> None:
    objects = open_objects(url)
    await objects.put("images/ab/x.png", b"pixels")
    assert await objects.get("images/ab/x.png") == b"pixels"
    assert await objects.get("images/ab/y.png") is None


async def test_what_is_there_stays(url: str) -> None:
    objects = open_objects(url)
    await objects.put("key", b"first")
    await objects.put("key", b"second")
    assert await objects.get("key") == b"first"


async def test_what_was_deleted_is_gone_and_deleting_again_does_no_harm(url: str) -> None:
    objects = open_objects(url)
    await objects.put("a/key", b"content")
    assert await objects.exists("a/key")
    assert [await objects.delete("a/key"), await objects.delete("a/key")] == [True, False]
    assert not await objects.exists("a/key")
    assert await objects.get("a/key") is None


async def test_long_objects_are_kept_in_one_piece(url: str) -> None:
    objects = open_objects(url)
    content = bytes(range(256)) * 50_000
    await objects.put("key", content)
    await objects.put("key", b"second")
    assert await objects.get("key") == content


async def test_a_store_that_takes_writes_says_so(url: str) -> None:
    objects = open_objects(url)
    await objects.writable()
    await objects.writable()


async def test_objects_outlive_whoever_put_them(tmp_path: Path) -> None:
    await open_objects(tmp_path.as_uri()).put("key", b"content")
    assert await open_objects(tmp_path.as_uri()).get("key") == b"content"


async def test_a_store_that_is_gone_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    objects = open_objects(folder.as_uri())
    folder.rmdir()
    folder.write_text("a file where the folder was")
    for call in (objects.writable(), objects.put("a/key", b"content"), objects.delete("a/key")):
        with pytest.raises(PartUnavailable) as gone:
            await call
        assert gone.value.metadata == {"part": "objects", "address": folder.as_uri()}


@pytest.mark.parametrize("url", ["", "no url", "ftp://somewhere/else", "file:relative"])
def test_a_url_that_opens_nothing_is_refused(url: str) -> None:
    with pytest.raises(MeshError, match="object store") as refused:
        open_objects(url)
    assert "GROUNDWIRE_PERCEPTION_OBJECTS_URL" in refused.value.remedy


def test_credentials_in_a_url_are_not_repeated() -> None:
    with pytest.raises(MeshError) as refused:
        open_objects("ftp://name:secret@host/path")
    assert "secret" not in refused.value.message + refused.value.remedy + str(refused.value.metadata)
