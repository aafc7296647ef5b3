"""A development authority: certificates for a mesh's services and callers, for machines without cert-manager.

The files are named as cert-manager names them in a secret: ca.crt, tls.crt, tls.key.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from groundwire.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AUTHORITY_KEY: Final = "ca.key"
AUTHORITY: Final = "ca.crt"
CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"

AUTHORITY_DAYS: Final = 3650
DEFAULT_DAYS: Final = 90
"""As cert-manager's own default."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key, PKCS #8 PEM, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def identity(name: str) -> str:
    """The URI by which the policy knows a service or a caller (a SPIFFE ID)."""
    return f"spiffe://groundwire/{name}"


def make_authority(now: dt.datetime) -> Issued:
    """A new authority: P-256, self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "groundwire development authority")])
    builder = _builder(name, name, key, now, AUTHORITY_DAYS).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return Issued(builder.sign(key, hashes.SHA256()), key)


def issue(authority: Issued, name: str, hosts: Iterable[str], now: dt.datetime, *, days: int = DEFAULT_DAYS) -> Issued:
    """A certificate for one service or caller, for both ends of a connection.

    Args:
        authority: Who signs.
        name: The service's or caller's name; its URI is `identity(name)`.
        hosts: Host names and IP addresses at which it answers.
        now: From when the certificate is good.
        days: For how long.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.UniformResourceIdentifier(identity(name)), *map(_general_name, hosts)]
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        _builder(subject, authority.certificate.subject, key, now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    return Issued(builder.sign(authority.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))  # for clocks that are behind
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def write(folder: Path, issued: Issued, authority: Issued) -> None:
    """Put a certificate, its key and its authority into a folder, the key for the owner's eyes alone."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / KEY, issued.key_pem, 0o600)
    _replace(folder / CERTIFICATE, issued.certificate_pem, 0o644)
    _replace(folder / AUTHORITY, authority.certificate_pem, 0o644)


def open_authority(folder: Path, now: dt.datetime) -> Issued:
    """The folder's authority, made where there is none.

    Raises:
        InvalidRequest: What is there is no authority.
    """
    key_file, certificate_file = folder / AUTHORITY_KEY, folder / AUTHORITY
    if not key_file.exists() and not certificate_file.exists():
        authority = make_authority(now)
        folder.mkdir(parents=True, exist_ok=True)
        _replace(key_file, authority.key_pem, 0o600)
        _replace(certificate_file, authority.certificate_pem, 0o644)
        return authority
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"{folder} holds no whole authority ({AUTHORITY_KEY}, {AUTHORITY})", remedy="name another folder"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise InvalidRequest(f"{key_file} is not the key of {certificate_file}", remedy="name another folder")
    return Issued(certificate, key)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write beside and rename, so that whoever watches the file never sees half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.touch(mode)
    beside.write_bytes(content)
    beside.chmod(mode)
    beside.replace(path)
