"""Debian's Prometheus, as scripts/install-prometheus puts it into a folder."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.helm.chart import ROOT

REQUIRED_VARIABLE = "GROUNDWIRE_REQUIRE_PROMETHEUS"


def program(name: str) -> str:
    """Where prometheus or promtool is. Without it the tests skip, or fail where it is required."""
    path = ROOT / ".venv" / "prometheus" / name
    found = str(path) if path.exists() else shutil.which(name)
    if found:
        return found
    if os.environ.get(REQUIRED_VARIABLE):
        pytest.fail(f"{REQUIRED_VARIABLE} is set, and {name} is not there: scripts/install-prometheus .venv/prometheus")
    pytest.skip(f"{name} is not there: scripts/install-prometheus .venv/prometheus")
