"""What can go wrong before and after the mesh is asked."""

from __future__ import annotations

import grpc

from groundwire.errors import GroundwireError


class SetNotReadable(GroundwireError):
    """A labelled set is not there, or not in its published layout."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "SET_NOT_READABLE"


class RunNotReadable(GroundwireError):
    """A file is no result of `groundwire eval`, or of another set."""

    default_code = grpc.StatusCode.INVALID_ARGUMENT
    default_reason = "RUN_NOT_READABLE"


class NotInstalled(GroundwireError):
    """Something that evaluation needs is not installed, and a caller's installation does without it."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "EVALUATION_NOT_INSTALLED"
