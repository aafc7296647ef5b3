"""How a mesh is: each service's health, and what can be perceived with which models."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from grpc_health.v1 import health_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwire.errors import GroundwireError
    from groundwire.v1 import perception_service_pb2

SERVICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fusion": "groundwire.v1.GroundingService",
        "perception": "groundwire.v1.PerceptionService",
        "llm": "groundwire.v1.LlmService",
        "provenance": "groundwire.v1.ProvenanceService",
    }
)
"""Full gRPC name, under which grpc.health.v1 answers, by service."""


class State(Enum):
    """What a service says of itself."""

    SERVING = "serving"
    NOT_SERVING = "not serving"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service. `problem` is None unless it could not be asked."""

    name: str
    address: str
    state: State
    problem: GroundwireError | None = None


@dataclass(frozen=True, slots=True)
class MeshStatus:
    """The whole mesh, asked just now.

    Attributes:
        services: In the order in which an answer passes through them.
        capabilities: What can be perceived, bound or not; empty when perception could not be asked.
    """

    services: Sequence[ServiceStatus]
    capabilities: Sequence[perception_service_pb2.CapabilityStatus]

    @property
    def serving(self) -> bool:
        """Whether every service serves."""
        return all(service.state is State.SERVING for service in self.services)


def state_of(response: health_pb2.HealthCheckResponse) -> State:
    """What a health check said."""
    serving = response.status == health_pb2.HealthCheckResponse.SERVING
    return State.SERVING if serving else State.NOT_SERVING
