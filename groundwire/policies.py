"""The policy of a mesh by itself, from the table of who calls whom. It is the beginning of one's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from groundwire.certificates import identity
from groundwire.errors import InvalidRequest
from groundwire.mesh.table import COMPONENTS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GRPC_SERVICES: Final[Mapping[str, str]] = {
    "fusion": "groundwire.v1.GroundingService",
    "perception": "groundwire.v1.PerceptionService",
    "llm": "groundwire.v1.LlmService",
    "provenance": "groundwire.v1.ProvenanceService",
}
"""The gRPC service that each component serves."""

CALLS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("fusion", "perception"): ("PutImage", "GetImage", "Perceive", "Segment", "Measure", "ListCapabilities"),
    ("fusion", "llm"): ("Plan", "Compose", "Judge"),
    ("fusion", "provenance"): ("Record",),
    ("provenance", "perception"): ("EraseImage",),
    ("console", "fusion"): ("Ask", "AskStream"),
    ("console", "provenance"): (
        "GetAnswer",
        "ListAnswers",
        "WatchAnswers",
        "Review",
        "ExplainClaim",
        "GetTrace",
        "GetInclusionProof",
    ),
    ("console", "perception"): ("GetImage", "Crop", "ListCapabilities"),
    ("llm", "perception"): ("Crop",),
}
"""The methods that a component needs of another, for every edge between services: what is taken over may do no more."""

SERVICES: Final = tuple(component.name for component in COMPONENTS if component.kind in (Kind.SERVICE, Kind.WEB))
"""Components of ours, in the order of starting."""

SPANS: Final = "opentelemetry.proto.collector.*"
"""What provenance takes from everybody: their spans."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def methods(name: str) -> tuple[str, ...]:
    """The methods that a component calls, and the pattern of spans."""
    called = ((callee, needed) for (caller, callee), needed in CALLS.items() if caller == name)
    return (*(f"{GRPC_SERVICES[callee]}/{method}" for callee, needed in called for method in needed), SPANS)


def rendered() -> str:
    """The policy as TOML: each service may call what it needs, for any tenant, and nobody else may call anything."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Who may call what, and for which tenants; what no rule allows is refused. `*` stands for any characters."
    yield '# A caller with a certificate:  certificate = "spiffe://groundwire/name"'
    yield '# A caller with a token:        token = { role = "analyst" }'
    for name in SERVICES:
        yield from (
            "",
            "[[callers]]",
            f'certificate = "{identity(name)}"',
            "methods = [",
            *(f'    "{method}",' for method in methods(name)),
            "]",
            'tenants = ["*"]',
        )
    yield ""


def check_name(name: str) -> None:
    """Refuse what cannot be a caller's name.

    Raises:
        InvalidRequest: It is a service's, or no DNS label.
    """
    if name in SERVICES or not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"{name!r} cannot be a caller's name", remedy="use a-z, 0-9 and '-', and no service's name"
        )
