"""Visual grounding for language models: every claim wired to its pixels.

from groundwire import Client

with Client() as client:
    answer = client.ask("motorcycle.png", "What brand is written on the motorcycle?")
for claim in answer.supported:
    print(claim.text, [region.box for region in answer.regions_of(claim)])
answer.draw().save("motorcycle.groundwire.png")
"""

from groundwire.answers import Answer
from groundwire.async_client import AsyncClient
from groundwire.client import Client
from groundwire.credentials import Credentials
from groundwire.documents import Document
from groundwire.errors import (
    Cancelled,
    DeadlineExceeded,
    FailedPrecondition,
    GroundwireError,
    Internal,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PictureFile,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from groundwire.events import Admitted, Answered, Checked, Escalated, Event, Looked, Planned
from groundwire.images import ImageDigest
from groundwire.status import MeshStatus, ServiceStatus, State

__all__ = [
    "Admitted",
    "Answer",
    "Answered",
    "AsyncClient",
    "Cancelled",
    "Checked",
    "Client",
    "Credentials",
    "DeadlineExceeded",
    "Document",
    "Escalated",
    "Event",
    "FailedPrecondition",
    "GroundwireError",
    "ImageDigest",
    "Internal",
    "InvalidRequest",
    "Looked",
    "MeshStatus",
    "NotFound",
    "PermissionDenied",
    "PictureFile",
    "Planned",
    "ResourceExhausted",
    "ServiceStatus",
    "State",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
]
