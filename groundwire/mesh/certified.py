"""A local mesh whose services ask one another who they are: certificates from `groundwire certs make`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from groundwire.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire.mesh.table import Component

VARIABLE: Final = "GROUNDWIRE_CERTS"
"""The folder that `groundwire certs make` filled; unset for plain connections."""

PROBER: Final = "console"
"""Whose certificate asks for health: health answers anybody, but TLS wants a certificate of some kind."""


def folder(environ: Mapping[str, str]) -> Path | None:
    """The folder with the certificates; None where connections are plain."""
    named = environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def environment(component: Component, provenance: str, certs: Path) -> dict[str, str]:
    """What makes a component of ours show its certificate, to its callees and to whoever takes its spans.

    Args:
        component: The component.
        provenance: Where provenance listens, host:port; empty where spans go elsewhere.
        certs: The folder with the certificates.
    """
    own = certs / component.name
    policy = certs / "policy.toml"
    told = {f"{component.prefix}TLS_FOLDER": str(own), f"{component.prefix}ACCESS_POLICY_FILE": str(policy)}
    if provenance:
        told |= {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://{provenance}",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(own / "ca.crt"),
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(own / "tls.crt"),
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(own / "tls.key"),
        }
    return told


def prober(environ: Mapping[str, str]) -> Credentials:
    """With what a service is asked for its health."""
    certs = folder(environ)
    if certs is None:
        return Credentials()
    own = certs / PROBER
    return Credentials(own / "ca.crt", own / "tls.crt", own / "tls.key")
