"""Checkpoints, judged before anything of them is loaded."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.models.runner_modules import runner_module

if TYPE_CHECKING:
    from pathlib import Path

checkpoint = runner_module("checkpoint")
Parameters = runner_module("parameters").Parameters

KNOWN = ("owlvit", "sam")


def laid_out(folder: Path, **files: bytes) -> Path:
    """A checkpoint of these files; `_` in their names stands for a full stop."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "owlvit"}), encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    return folder


def opened(folder: Path, named: str = "c", **texts: str) -> Any:
    told = {"checkpoint": named, "weights_digest": "", "allow_pickle": "false", **texts}
    return checkpoint.open_checkpoint(Parameters(told), folder, KNOWN)


def test_the_digest_is_over_all_safetensors_in_the_order_of_their_names(tmp_path: Path) -> None:
    laid_out(tmp_path / "c", b_safetensors=b"two", a_safetensors=b"one", readme_md=b"no")

    found = opened(tmp_path)

    assert found.digest == hashlib.sha256(b"onetwo").hexdigest()
    assert (found.model_type, found.safe) == ("owlvit", True)


def test_a_checkpoint_may_be_named_absolutely_or_relative_to_the_model(tmp_path: Path) -> None:
    laid_out(tmp_path / "c", a_safetensors=b"one")

    assert opened(tmp_path).folder == opened(tmp_path / "elsewhere", str(tmp_path / "c")).folder == tmp_path / "c"


@pytest.mark.parametrize("name", ["pytorch_model.bin", "best.pt", "best.pth", "last.ckpt", "model.pkl"])
def test_weights_that_are_pickled_are_refused_unless_trusted(tmp_path: Path, name: str) -> None:
    (laid_out(tmp_path / "c") / name).write_bytes(b"pickle")

    with pytest.raises(ValueError, match=f"{name} may run any code"):
        opened(tmp_path)
    trusted = opened(tmp_path, allow_pickle="true")
    assert not trusted.safe
    assert trusted.digest == hashlib.sha256(b"pickle").hexdigest()


def test_pickles_beside_safetensors_are_not_looked_at(tmp_path: Path) -> None:
    laid_out(tmp_path / "c", a_safetensors=b"one", model_bin=b"pickle")

    assert opened(tmp_path, allow_pickle="true").safe
    assert opened(tmp_path).digest == hashlib.sha256(b"one").hexdigest()


def test_settings_of_a_training_are_no_weights(tmp_path: Path) -> None:
    (laid_out(tmp_path / "c") / "training_args.bin").write_bytes(b"pickle")

    with pytest.raises(ValueError, match="has no weights"):
        opened(tmp_path, allow_pickle="true")


def test_weights_that_changed_are_refused_and_the_right_ones_taken(tmp_path: Path) -> None:
    laid_out(tmp_path / "c", a_safetensors=b"one")

    with pytest.raises(ValueError, match=f"{'ab' * 32} was expected"):
        opened(tmp_path, weights_digest="ab" * 32)
    assert opened(tmp_path, weights_digest=hashlib.sha256(b"one").hexdigest()).safe


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"{}", "architecture None; served are owlvit, sam"),
        (b'{"model_type": "llama"}', "architecture 'llama'"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_checkpoint_of_nothing_that_is_served_says_so(tmp_path: Path, config: bytes | None, why: str) -> None:
    folder = laid_out(tmp_path / "c", a_safetensors=b"one")
    (folder / "config.json").unlink()
    if config is not None:
        (folder / "config.json").write_bytes(config)

    with pytest.raises(ValueError, match=why):
        opened(tmp_path)


def test_a_template_says_that_it_is_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no checkpoint is bound"):
        opened(tmp_path, "")
