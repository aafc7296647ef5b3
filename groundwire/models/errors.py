"""What can go wrong with models: in the store, on the way from a hub, on Triton. Each says what to do about it."""

from __future__ import annotations

import grpc

from groundwire.errors import GroundwireError, InvalidRequest


class ModelError(GroundwireError):
    """A model cannot be had, kept or used as it was asked for."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "MODEL"


class BadName(InvalidRequest):
    """A name that no model of the store can have."""

    default_reason = "MODEL_NAME"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:80]!r} is no name for a model",
            remedy="use up to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or a digit",
        )


class NotStored(ModelError):
    """The store has no model of that name."""

    default_code = grpc.StatusCode.NOT_FOUND
    default_reason = "MODEL_NOT_STORED"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the store has no model {name}",
            remedy=f"see groundwire models list, or get it: groundwire models pull {name}",
        )


class NotOnHub(ModelError):
    """The hub has no such model, or no such revision of it."""

    default_code = grpc.StatusCode.NOT_FOUND
    default_reason = "MODEL_NOT_ON_HUB"


class Gated(ModelError):
    """The hub gives the model only to those who have agreed to its terms."""

    default_code = grpc.StatusCode.PERMISSION_DENIED
    default_reason = "MODEL_GATED"


class HubUnreachable(ModelError):
    """The hub does not answer, or not like a hub."""

    default_code = grpc.StatusCode.UNAVAILABLE
    default_reason = "HUB_UNREACHABLE"


class Offline(ModelError):
    """The environment forbids to ask the hub."""

    default_reason = "HUB_OFFLINE"


class LicenceNotAccepted(ModelError):
    """The model's licence is not among those that are taken without a word."""

    default_reason = "LICENCE_NOT_ACCEPTED"


class UnsafeWeights(ModelError):
    """The weights are pickled: to load them is to run whatever program they hold."""

    default_reason = "UNSAFE_WEIGHTS"


class UnknownArchitecture(ModelError):
    """No runner knows what to do with the model."""

    default_reason = "UNKNOWN_ARCHITECTURE"


class BadDescriptor(InvalidRequest):
    """The descriptor of an ONNX detector does not describe one."""

    default_reason = "MODEL_DESCRIPTOR"


class WrongDigest(ModelError):
    """A file is not what it was said to be."""

    default_code = grpc.StatusCode.DATA_LOSS
    default_reason = "MODEL_DIGEST"


class DiskFull(ModelError):
    """The model does not fit on the disk."""

    default_code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = "DISK_FULL"


class Bound(ModelError):
    """The model serves a capability, so it stays as it is."""

    default_reason = "MODEL_BOUND"


class BadBinding(ModelError):
    """A model cannot be bound there, or the table of bindings cannot be read."""

    default_reason = "MODEL_BINDING"


class NotLoaded(ModelError):
    """Triton cannot load the model, or does not answer."""

    default_code = grpc.StatusCode.UNAVAILABLE
    default_reason = "MODEL_NOT_LOADED"
