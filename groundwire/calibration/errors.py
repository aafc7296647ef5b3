"""Why no calibration comes about."""

from __future__ import annotations

import grpc

from groundwire.errors import GroundwireError


class AnswersMissing(GroundwireError):
    """A run's file tells which claims are true, and the answers that tell their scores and models are not there."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "ANSWERS_MISSING"


class TooFewLabels(GroundwireError):
    """There are too few labelled claims for any fit."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "TOO_FEW_LABELS"


class NoImprovement(GroundwireError):
    """A fit makes claims of unseen pictures worse calibrated than their raw scores."""

    default_code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = "NO_IMPROVEMENT"
