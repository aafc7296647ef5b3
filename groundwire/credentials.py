"""How a caller shows the mesh who it is: a certificate, or a token; and for which tenant it asks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc

from groundwire.calls import channel_options
from groundwire.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

TENANT: Final = "groundwire-tenant"
"""Key of the gRPC metadata that names the tenant."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller shows. Without an authority, connections are plain.

    Attributes:
        authority: PEM file of the authority that signed the mesh's certificates.
        certificate: PEM file of the caller's certificate; None where a token says who calls.
        key: PEM file of its key.
        token: Bearer token (JWT); empty for none. It is only ever sent over TLS.
        tenant: For whom the caller asks, where it may for several; empty leaves it to the mesh.
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token: str = ""
    tenant: str = ""

    def __post_init__(self) -> None:
        """Refuse halves.

        Raises:
            InvalidRequest: A certificate comes without its key, or something secret without an authority.
        """
        if (self.certificate is None) != (self.key is None):
            raise InvalidRequest("a certificate and its key go together", remedy="give both, or neither")
        if self.authority is None and (self.certificate is not None or self.token):
            raise InvalidRequest(
                "a certificate or a token without an authority would go to anybody",
                remedy="give the file of the authority (ca.crt), so that the mesh can be recognised",
            )

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] = os.environ) -> Credentials:
        """From GROUNDWIRE_TLS_FOLDER (ca.crt, and tls.crt with tls.key where there), GROUNDWIRE_TOKEN and
        GROUNDWIRE_TENANT; what is not set is not shown.
        """  # noqa: D205 - one sentence
        tenant = environ.get("GROUNDWIRE_TENANT", "")
        named = environ.get("GROUNDWIRE_TLS_FOLDER")
        if not named:
            return cls(tenant=tenant)
        folder = Path(named)
        own = (folder / "tls.crt", folder / "tls.key")
        certificate, key = own if own[0].exists() else (None, None)
        return cls(folder / "ca.crt", certificate, key, environ.get("GROUNDWIRE_TOKEN", ""), tenant)

    @property
    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What goes with each call."""
        return ((TENANT, self.tenant),) if self.tenant else ()

    def channel(self, address: str) -> grpc.Channel:
        """A channel to `address`; nothing is connected yet."""
        return self._opened(grpc, address)  # type: ignore[no-any-return]

    def async_channel(self, address: str) -> grpc.aio.Channel:
        """As `channel`, for asyncio."""
        return self._opened(grpc.aio, address)  # type: ignore[no-any-return]

    def _opened(self, kind: Any, address: str) -> Any:
        options = channel_options(address)
        if self.authority is None:
            return kind.insecure_channel(address, options=options)
        credentials = grpc.ssl_channel_credentials(_read(self.authority), _read(self.key), _read(self.certificate))
        if self.token:
            token = grpc.access_token_call_credentials(self.token)
            credentials = grpc.composite_channel_credentials(credentials, token)
        return kind.secure_channel(address, credentials, options=options)


def _read(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}", remedy="name a PEM file") from error
