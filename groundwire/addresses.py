"""Where a mesh's services listen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from groundwire.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ADDRESS: Final = "127.0.0.1:50051"
"""Where fusion listens unless told otherwise."""

PERCEPTION_PORT: Final = 50052
LLM_PORT: Final = 50053
PROVENANCE_PORT: Final = 50054


@dataclass(frozen=True, slots=True)
class Addresses:
    """`host:port` of each service."""

    fusion: str
    perception: str
    llm: str
    provenance: str

    @property
    def by_name(self) -> Mapping[str, str]:
        """Address by service."""
        return asdict(self)

    @classmethod
    def beside(cls, address: str, *, perception: str = "", llm: str = "", provenance: str = "") -> Addresses:
        """Fusion at `address`; the others where given, else on the same host at their usual ports.

        Raises:
            InvalidRequest: An address is not `host:port`.
        """
        host = host_of(address)
        for other in filter(None, (perception, llm, provenance)):
            host_of(other)
        return cls(
            fusion=address,
            perception=perception or f"{host}:{PERCEPTION_PORT}",
            llm=llm or f"{host}:{LLM_PORT}",
            provenance=provenance or f"{host}:{PROVENANCE_PORT}",
        )


def host_of(address: str) -> str:
    """What stands before the port; a literal IPv6 address keeps its brackets.

    Raises:
        InvalidRequest: It is not `host:port`.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or (":" in host and not host.endswith("]")):
        raise InvalidRequest(
            f"{address!r} is no address",
            remedy=f"give host:port, such as {DEFAULT_ADDRESS}",
            metadata={"field": "address"},
        )
    return host
