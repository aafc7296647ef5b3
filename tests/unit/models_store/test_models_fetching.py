"""Models out of an object store, as a pod gets them before Triton starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from groundwire.cli.models import app
from groundwire.models.errors import ModelError
from groundwire.models.fetching import _inside, fetch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    model = tmp_path / "bucket" / "owl" / "1"
    model.mkdir(parents=True)
    (model.parent / "config.pbtxt").write_text('name: "owl"')
    (model / "model.onnx").write_bytes(bytes(range(256)) * 9000)
    return tmp_path / "bucket"


def test_what_is_under_the_url_is_in_the_folder(bucket: Path, tmp_path: Path) -> None:
    target = tmp_path / "models"
    assert fetch(bucket.as_uri(), target) == (2, 256 * 9000 + 11)
    assert (target / "owl" / "1" / "model.onnx").read_bytes() == (bucket / "owl" / "1" / "model.onnx").read_bytes()
    assert [path.name for path in target.rglob(".*")] == []


def test_what_is_there_already_is_replaced(bucket: Path, tmp_path: Path) -> None:
    fetch(bucket.as_uri(), tmp_path / "models")
    (bucket / "owl" / "config.pbtxt").write_text('name: "owl2"')
    fetch(bucket.as_uri(), tmp_path / "models")
    assert (tmp_path / "models" / "owl" / "config.pbtxt").read_text() == 'name: "owl2"'


@pytest.mark.parametrize("url", ["ftp://a/b", "nothing", "file:///nowhere/at/all", ""])
def test_a_url_with_nothing_behind_it_is_an_error_that_says_what_to_do(url: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        fetch(url, tmp_path / "models")
    assert caught.value.remedy


@pytest.mark.parametrize("path", ["../evil", "a/../../evil", "/etc/passwd", "a\\..\\b", "a\0b"])
def test_no_name_in_the_store_leads_out_of_the_folder(path: str) -> None:
    with pytest.raises(ModelError, match="outside"):
        _inside(path)


def test_the_command_says_how_much_came(bucket: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["fetch", bucket.as_uri(), str(tmp_path / "models")])
    assert (done.exit_code, "2 files, 2.3 MB" in done.output) == (0, True), done.output
