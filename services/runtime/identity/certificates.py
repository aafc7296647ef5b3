"""Certificates from files, for both ends of a call, taken up anew when the files change.

The three files are those that cert-manager writes into a secret: tls.crt, tls.key, ca.crt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import grpc
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.common.errors import MeshError

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger()

Stamp = tuple[tuple[int, int], ...]
"""Time of change (ns) and inode of each file: a secret's files are replaced, not rewritten."""

REMEDY: Final = "give PEM files that belong together; `groundwire certs` makes such for one machine"


@dataclass(frozen=True, slots=True)
class Pem:
    """What the files held, PEM."""

    certificate: bytes
    key: bytes
    authority: bytes


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a process finds its own certificate, its key, and the authority that it trusts."""

    certificate: Path
    key: Path
    authority: Path

    def stamp(self) -> Stamp:
        """Something that changes when a file does; empty while one is missing."""
        try:
            states = [path.stat() for path in (self.certificate, self.key, self.authority)]
        except OSError:
            return ()
        return tuple((state.st_mtime_ns, state.st_ino) for state in states)

    def read(self) -> Pem:
        """The files, which belong together.

        Raises:
            MeshError: One cannot be read, is no PEM, or the key is not the certificate's.
        """
        try:
            pem = Pem(self.certificate.read_bytes(), self.key.read_bytes(), self.authority.read_bytes())
            certificate = x509.load_pem_x509_certificate(pem.certificate)
            x509.load_pem_x509_certificate(pem.authority)
            key = load_pem_private_key(pem.key, password=None)
        except OSError as error:
            raise MeshError(f"{error.filename} cannot be read: {error.strerror}", remedy=REMEDY) from error
        except (ValueError, TypeError) as error:
            raise MeshError(f"{self.certificate}, or a file beside it, is no PEM", remedy=REMEDY) from error
        if key.public_key() != certificate.public_key():
            raise MeshError(f"the key {self.key} does not belong to {self.certificate}", remedy=REMEDY)
        return pem


class Watched:
    """The files' newest contents that belong together; what does not, while they are being replaced, is passed over."""

    def __init__(self, files: CertificateFiles) -> None:
        """Read them.

        Raises:
            MeshError: They cannot be used.
        """
        self._files = files
        self._stamp = files.stamp()
        self.pem = files.read()

    def changed(self) -> bool:
        """Whether there is a newer `pem` than at the last question."""
        stamp = self._files.stamp()
        if stamp in (self._stamp, ()):
            return False
        try:
            pem = self._files.read()
        except MeshError as error:
            log.warning("certificates not taken up", problem=error.message)
            return False
        self._stamp, newer = stamp, pem != self.pem
        self.pem = pem
        if newer:
            log.info("certificates taken up")
        return newer


def server_credentials(files: CertificateFiles, *, clients_have_certificates: bool) -> grpc.ServerCredentials:
    """TLS for a server; each handshake uses the files as they are then.

    Args:
        files: The server's own.
        clients_have_certificates: Whether a client without a certificate of our authority is turned away. gRPC does not
            ask for one otherwise, so callers with tokens need a port of their own.

    Raises:
        MeshError: The files cannot be used.
    """
    watched = Watched(files)

    def configuration() -> grpc.ServerCertificateConfiguration:
        pem = watched.pem
        return grpc.ssl_server_certificate_configuration([(pem.key, pem.certificate)], root_certificates=pem.authority)

    def newer() -> grpc.ServerCertificateConfiguration | None:
        return configuration() if watched.changed() else None

    return grpc.dynamic_ssl_server_credentials(
        configuration(),
        newer,  # type: ignore[arg-type]  # None stands for no change; the stub forgets it
        require_client_authentication=clients_have_certificates,
    )


def channel_credentials(pem: Pem) -> grpc.ChannelCredentials:
    """Mutual TLS for a client."""
    return grpc.ssl_channel_credentials(pem.authority, pem.key, pem.certificate)
