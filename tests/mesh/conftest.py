"""Real parts for the tests of this folder: started once, on free ports, stopped at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire.mesh.table import Component


def components(*kinds: Kind) -> list[Component]:
    """Those rows of the table."""
    return [component for component in COMPONENTS if component.kind in kinds]


@pytest.fixture(scope="session")
def triton_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a Triton with the project's models takes gRPC calls."""
    parts = components(Kind.TRITON)
    with Mesh.start(tmp_path_factory.mktemp("triton"), components=parts, ports=free_ports(parts)) as mesh:
        yield mesh.addresses["triton"]
