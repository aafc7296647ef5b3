"""Bearer tokens: JSON Web Tokens (RFC 7519) of one issuer, checked with PyJWT."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jwt

from services.common.errors import MeshError, PartUnavailable, Unauthenticated
from services.runtime.identity.policy import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Asymmetric ones alone: with HMAC in the list, whoever has the public key could sign with it."""

LEEWAY_S: Final = 30
"""How far the issuer's clock may be from ours, seconds."""

FETCH_TIMEOUT_S: Final = 5
"""How long the issuer may take to give its keys, seconds."""

KEYS_LAST_S: Final = 300
"""How long fetched keys are believed, seconds; an unknown key id fetches them anew."""

FETCH_PAUSE_S: Final = 30
"""How long after a fetch an unknown key id fetches nothing, seconds: or forged tokens would be the issuer's load."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are believed.

    Attributes:
        name: The `iss` claim.
        audience: The `aud` claim that a token for this mesh has.
        keys_url: Where the issuer publishes its keys (JWKS), https://….
        tenant_claim: The claim that names the tenant.
    """

    name: str
    audience: str
    keys_url: str
    tenant_claim: str = "tenant"


class Tokens:
    """Checks tokens of one issuer."""

    def __init__(self, issuer: Issuer, *, fetch_pause_s: float = FETCH_PAUSE_S) -> None:
        """Fetch nothing yet.

        Raises:
            MeshError: The keys' URL is none.
        """
        self._issuer = issuer
        try:
            self._keys = jwt.PyJWKClient(
                issuer.keys_url, lifespan=KEYS_LAST_S, timeout=FETCH_TIMEOUT_S, cooldown_duration=fetch_pause_s
            )
        except jwt.PyJWKClientError as error:
            raise MeshError("the URL of the token issuer's keys is none", remedy="give https://…") from error

    async def peer(self, token: str) -> Peer:
        """Who the token is about.

        Raises:
            Unauthenticated: It is forged, expired, of another issuer, or for another audience.
            PartUnavailable: The issuer's keys cannot be had.
        """
        claims = await asyncio.to_thread(self._claims, token)
        texts = {name: value for name, value in claims.items() if isinstance(value, str)}
        return Peer(claims=texts, tenant=texts.get(self._issuer.tenant_claim, ""))

    def _claims(self, token: str) -> Mapping[str, Any]:
        remedy = "get a fresh token from the issuer, for this mesh's audience"
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._issuer.audience,
                issuer=self._issuer.name,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            message = "the token issuer's keys are out of reach"
            raise PartUnavailable(message, part="token issuer", remedy="try again in a moment") from error
        except jwt.PyJWTError as error:
            # The kind of error alone: its text can repeat what the token holds.
            raise Unauthenticated(f"the token is not accepted: {type(error).__name__}", remedy=remedy) from error
        return claims
