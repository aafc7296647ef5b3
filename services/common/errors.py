"""The one family of errors that the mesh raises. No gRPC here: `services.runtime.status` maps it to the wire.

Every error says what was wrong (the message), which kind of wrong it is (`reason`, a value of
`groundwire.v1.ErrorReason` without its prefix), and what the caller can do (`remedy`).
"""

from __future__ import annotations

from typing import ClassVar


class MeshError(Exception):
    """Something that a caller is told about, in its own words.

    Args:
        message: What was wrong, one sentence, safe to show to the caller.
        remedy: What the caller can do about it.
        metadata: Further facts by name; they travel as `google.rpc.ErrorInfo.metadata`.
    """

    reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, remedy: str = "", **metadata: str) -> None:
        """Keep the message, the remedy and the facts."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.metadata = metadata


class InvalidField(MeshError):
    """A request field is missing or has a value that it cannot have. `field` names it."""

    reason = "INVALID_FIELD"

    def __init__(self, field: str, message: str, *, remedy: str = "", **metadata: str) -> None:
        """Name the field beside the message."""
        super().__init__(message, remedy=remedy, field=field, **metadata)
        self.field = field


class UnreadableImage(MeshError):
    """The bytes are no picture that can be decoded."""

    reason = "UNREADABLE_IMAGE"


class ImageTooLarge(MeshError):
    """The picture is over the limit in bytes or in pixels."""

    reason = "IMAGE_TOO_LARGE"


class ImageTooSmall(MeshError):
    """The picture is too small to hold anything."""

    reason = "IMAGE_TOO_SMALL"


class DigestMismatch(MeshError):
    """The bytes do not have the digest that was given for them."""

    reason = "DIGEST_MISMATCH"


class ImageNotFound(MeshError):
    """No image has that digest."""

    reason = "IMAGE_NOT_FOUND"


class RecordNotFound(MeshError):
    """No recorded answer, claim or trace has that id."""

    reason = "RECORD_NOT_FOUND"


class CapabilityNotBound(MeshError):
    """No model is bound to a capability that was asked for outright."""

    reason = "CAPABILITY_NOT_BOUND"


class PartUnavailable(MeshError):
    """A part that the call cannot do without is out of reach; trying again may help."""

    reason = "PART_UNAVAILABLE"


class NotRecorded(MeshError):
    """The answer could not be recorded, so it is withheld."""

    reason = "NOT_RECORDED"


class DeadlineExceeded(MeshError):
    """The deadline passed, or left no time to begin."""

    reason = "DEADLINE_EXCEEDED"


class Overloaded(MeshError):
    """More work arrived than can be done.

    Args:
        retry_after_s: How long to wait before trying again, seconds.
    """

    reason = "OVERLOADED"

    def __init__(self, message: str, *, retry_after_s: float, remedy: str = "", **metadata: str) -> None:
        """Keep the pause beside the message."""
        super().__init__(message, remedy=remedy, **metadata)
        self.retry_after_s = retry_after_s


class ModelOutput(MeshError):
    """A model answered with something that breaks its contract."""

    reason = "MODEL_OUTPUT"


class Unauthenticated(MeshError):
    """The caller did not say, or could not prove, who it is."""

    reason = "UNAUTHENTICATED"


class PermissionDenied(MeshError):
    """The caller is known, and this is not for it."""

    reason = "PERMISSION_DENIED"


def by_reason() -> dict[str, type[MeshError]]:
    """Every kind of error by its reason, the base class among them."""
    kinds: list[type[MeshError]] = [MeshError, *MeshError.__subclasses__()]
    return {kind.reason: kind for kind in kinds}
