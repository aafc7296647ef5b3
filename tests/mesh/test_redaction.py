"""Redaction on the real thing: after a question, what must not be seen is in no file, no table, no span and no log."""

from __future__ import annotations

import os
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from PIL import Image, ImageDraw, ImageFont
from psycopg import sql

from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from tests.mesh.conftest import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire import Client

EMAIL, PHONE, KEPT = "ann.lee@example.org", "+1 212 555 2368", "INVOICE"
FORBIDDEN = ("ann.lee", "example.org", "555 2368", "5552368")

POLICY = """
[default]
kinds = ["face", "plate", "email", "phone"]
"""

PATIENCE_S = 60

FACE = (700, 60)
"""Where the portrait's top-left corner lies."""


def portrait() -> Image.Image:
    """A face: a piece of NASA's portrait of Eileen Collins, public domain, in scikit-image's wheel."""
    try:
        path = Path(str(metadata.distribution("scikit-image").locate_file("skimage/data/astronaut.png")))
    except metadata.PackageNotFoundError:
        pytest.skip("scikit-image, whose wheel holds the portrait, is not installed")
    return Image.open(path).convert("RGB").crop((120, 20, 340, 240))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with an address, a number, a face, and one word that may be read by everybody."""
    image = Image.new("RGB", (1000, 420), "white")
    for line, text in enumerate((KEPT, EMAIL, PHONE)):
        ImageDraw.Draw(image).text((40, 40 + 120 * line), text, fill="black", font=ImageFont.load_default(44))
    image.paste(portrait(), FACE)
    path = tmp_path_factory.mktemp("page") / "page.png"
    image.save(path)
    return path


@pytest.fixture(scope="module")
def redacting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A mesh whose policy wants faces, plates, e-mail addresses and phone numbers gone."""
    policy = tmp_path_factory.mktemp("policy") / "redaction.toml"
    policy.write_text(POLICY)
    environ = {**os.environ, "GROUNDWIRE_PERCEPTION_REDACTION_FILE": str(policy)}
    with Mesh.start(tmp_path_factory.mktemp("redacting"), ports=free_ports(COMPONENTS), environ=environ) as started:
        yield started


@pytest.fixture(scope="module")
def caller(redacting: Mesh) -> Iterator[Client]:
    """Somebody who asks it."""
    with client_of(redacting) as client:
        yield client


def pictures(home: Path) -> list[Any]:
    """Every stored picture."""
    return [np.asarray(Image.open(path)) for path in (home / "objects").rglob("*.png")]


def files(home: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of a mesh's home that can be read: logs, objects, the database's own."""
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()


def tables(dsn: str) -> Iterator[tuple[str, bytes]]:
    """Every table of the database, whole, as PostgreSQL sends it: nothing is compressed in there."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for name in names:
            command = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(*name))
            with connection.cursor().copy(command) as copied:
                yield ".".join(name), b"".join(bytes(piece) for piece in copied)


def until_traced(caller: Client, trace_id: str) -> None:
    """Return when the spans of perception are stored; they arrive a little after the answer."""
    last = time.monotonic() + PATIENCE_S
    while not any(span.name == "redact" for span in caller.trace(trace_id)):
        assert time.monotonic() < last, "no span of the redaction came"


def test_what_must_not_be_seen_is_nowhere(redacting: Mesh, caller: Client, page: Path) -> None:
    answer = caller.ask(page, "What is written there?")
    texts = [region.text for region in answer.regions]
    assert KEPT in texts
    told = f"{answer}{texts}"
    assert not any(word in told for word in FORBIDDEN)

    original = np.asarray(Image.open(page))
    (stored,) = pictures(redacting.home)
    assert stored.shape == original.shape
    left, top = FACE
    assert (stored[top + 60 : top + 130, left + 70 : left + 140] == 0).all()
    assert (stored[40:100, 40:300] == original[40:100, 40:300]).all()
    for line in (1, 2):
        assert (stored[40 + 120 * line : 90 + 120 * line, 40:400] < 128).mean() > 0.9

    until_traced(caller, answer.trace_id)
    upload = page.read_bytes()
    kept = list(tables(redacting.addresses["postgres"]))
    # What is searched holds what it should: the spans are among it.
    assert any(b"groundwire.redaction.kinds" in content for _, content in kept)
    for name, content in (*files(redacting.home), *kept):
        assert upload not in content, name
        assert not any(word.encode() in content for word in FORBIDDEN), name


def test_the_answer_s_picture_says_what_was_painted_over(redacting: Mesh, caller: Client, page: Path) -> None:
    answer = caller.ask(page, "What is written there?")
    (described,) = (redacting.home / "objects").rglob("*.image")
    kinds = {word for word in (b"face", b"email", b"phone") if word in described.read_bytes()}
    assert kinds == {b"face", b"email", b"phone"}
    assert answer.image.digest == described.stem
