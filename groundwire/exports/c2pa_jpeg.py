"""An annotated picture that says itself, signed, where it comes from: a JPEG with a C2PA manifest.

The manifest holds the claims with their regions, the place of the answer in the log, and a signature that is bound to
the picture's bytes: one changed byte and it does not hold. It is an export; the log remains what counts.

Source: https://spec.c2pa.org/specifications/specifications/2.1/specs/C2PA_Specification.html
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from groundwire import words
from groundwire.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from groundwire.v1 import answer_pb2, claim_pb2

ASSERTION: Final = "org.groundwire.claims"
"""Label of the assertion with the claims."""
JPEG_QUALITY: Final = 92

_DAYS: Final = 1
"""How long a certificate holds that is made on the spot."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a certificate with those that lead to its root, and its key, PEM. The key is P-256."""

    chain: bytes
    key: bytes

    @classmethod
    def read(cls, chain: Path, key: Path) -> Signer:
        """From two files.

        Raises:
            InvalidRequest: They cannot be read.
        """
        try:
            return cls(chain.read_bytes(), key.read_bytes())
        except OSError as error:
            raise InvalidRequest(
                f"{error.filename} cannot be read: {error.strerror}", remedy="name PEM files that are there"
            ) from error


def signed_jpeg(answer: answer_pb2.Answer, annotated: Image.Image, signer: Signer) -> bytes:
    """The annotated picture as a JPEG with a signed manifest.

    Raises:
        InvalidRequest: The signer's certificate or key cannot sign.
    """
    picture = io.BytesIO()
    annotated.convert("RGB").save(picture, "JPEG", quality=JPEG_QUALITY)
    picture.seek(0)
    signed = io.BytesIO()
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, signer.chain, signer.key, b"")
    info.ta_url = None
    # A thumbnail of a picture that is itself small would double its size.
    settings = c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}})
    try:
        with (
            c2pa.Context(settings) as context,
            c2pa.Signer.from_info(info) as own,
            c2pa.Builder(manifest(answer), context) as builder,
        ):
            builder.sign(own, "image/jpeg", picture, signed)
    except c2pa.C2paError as error:
        raise InvalidRequest(
            f"the picture cannot be signed: {error}",
            remedy="give a P-256 certificate for C2PA claim signing, with its chain, and its key, as PEM",
        ) from error
    return signed.getvalue()


def manifest(answer: answer_pb2.Answer) -> dict[str, Any]:
    """What is said of the picture."""
    record = answer.record
    return {
        "claim_generator_info": [{"name": "groundwire", "version": "0.1.0"}],
        "title": f"answer {answer.id}",
        "format": "image/jpeg",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [_action(answer)]}},
            {
                "label": ASSERTION,
                "data": {
                    "answer": answer.id,
                    "question": answer.question,
                    "image_sha256": answer.image.digest,
                    "record": {"index": record.index, "sha256": record.digest},
                    "claims": [_claim(answer, claim) for claim in answer.claims],
                },
            },
        ],
    }


def _action(answer: answer_pb2.Answer) -> dict[str, Any]:
    """The drawing of regions over a picture, with the places, as C2PA describes places: in parts of the picture."""
    cited = {citation.region_id for claim in answer.claims for citation in claim.citations}
    places = [_place(answer, region.id) for region in answer.regions if region.id in cited]
    return {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
        "description": "Regions that claims cite were drawn over a picture.",
        **({"changes": places} if places else {}),
    }


def _place(answer: answer_pb2.Answer, region_id: str) -> dict[str, Any]:
    region = next(each for each in answer.regions if each.id == region_id)
    box, size = region.box, answer.image.size
    width, height = max(1, size.width), max(1, size.height)
    shape = {
        "type": "rectangle",
        "unit": "percent",
        "origin": {"x": 100 * box.x_min / width, "y": 100 * box.y_min / height},
        "width": 100 * (box.x_max - box.x_min) / width,
        "height": 100 * (box.y_max - box.y_min) / height,
    }
    return {"region": [{"type": "spatial", "shape": shape}], "name": region_id}


def _claim(answer: answer_pb2.Answer, claim: claim_pb2.Claim) -> dict[str, Any]:
    regions = {region.id: region for region in answer.regions}
    return {
        "id": claim.id,
        "text": claim.text,
        "verdict": words.verdict(claim.verdict),
        "regions": [
            {
                "id": region.id,
                "role": words.role(citation.role),
                "box": [region.box.x_min, region.box.y_min, region.box.x_max, region.box.y_max],
                "model": f"{region.source.model}@{region.source.version}",
                "weights_sha256": region.source.weights_digest,
            }
            for citation in claim.citations
            for region in [regions[citation.region_id]]
        ],
    }


def make_signer(now: datetime | None = None) -> Signer:
    """A signer on the spot: a certificate of a root that nobody trusts, good for a day. It binds the manifest to the
    picture and shows any change; who signed it does not show.
    """  # noqa: D205 - one sentence
    now = now or datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("groundwire export root", root_key, "groundwire export root", root_key, now)
    leaf = _certificate("groundwire export", key, "groundwire export root", root_key, now)
    pem = serialization.Encoding.PEM
    return Signer(
        leaf.public_bytes(pem) + root.public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    """A certificate as C2PA's profile asks: the root for signing certificates, the other for signing alone."""
    is_root = subject == issuer
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_id, critical=False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "groundwire"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def validation(picture: bytes) -> dict[str, Any]:
    """What C2PA's own reader makes of a signed picture.

    Raises:
        InvalidRequest: It has no manifest.
    """
    try:
        with c2pa.Reader("image/jpeg", io.BytesIO(picture)) as reader:
            said: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError as error:
        raise InvalidRequest(f"the picture has no manifest: {error}") from error
    return said
