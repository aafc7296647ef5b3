"""What the tests of the runtime share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes import ports
from tests.service.runtime import identities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return ports.free_port()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with certificates, policies and a token issuer's keys, and the issuer publishing them."""
    with identities.a_world(tmp_path_factory.mktemp("identity")) as folder:
        yield folder
