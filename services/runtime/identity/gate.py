"""The gate: every call shows who makes it, whether that may be, and for which tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from services.common.errors import Unauthenticated
from services.runtime import tenant
from services.runtime.identity.policy import Peer
from services.runtime.identity.policy_file import read_policy
from services.runtime.identity.tokens import Issuer, Tokens

if TYPE_CHECKING:
    import grpc

    from services.runtime.identity.policy import Policy
    from services.runtime.settings import ServiceSettings

    Context = grpc.aio.ServicerContext[Any, Any]

AUTHORIZATION: Final = "authorization"
BEARER: Final = "bearer "


class Gate(Protocol):
    """Asked before a call is served."""

    async def admit(self, method: str, context: Context) -> str:
        """The tenant that the call is made for.

        Raises:
            MeshError: The call is refused.
        """
        ...


class OpenGate:
    """Lets everybody in: one machine, one user. The tenant is whom the call names."""

    async def admit(self, method: str, context: Context) -> str:  # noqa: ARG002 - any method
        """The tenant named in the metadata, or the default one."""
        return tenant.checked(_metadata(context, tenant.METADATA))


@dataclass(frozen=True, slots=True)
class PolicyGate:
    """Lets in whom the policy allows: services by certificate, callers by certificate or token.

    Attributes:
        policy: Who may call what.
        tokens: Checks tokens; None where only certificates count.
    """

    policy: Policy
    tokens: Tokens | None = None

    async def admit(self, method: str, context: Context) -> str:
        """The tenant: the token's, or the one that the caller names and may act for.

        Raises:
            Unauthenticated: The caller shows neither a certificate nor a token, or the token does not hold.
            PermissionDenied: No rule allows the call.
        """
        peer = await self._peer(context)
        named = _metadata(context, tenant.METADATA)
        name = tenant.checked(peer.tenant or named or self.policy.sole_tenant(peer))
        self.policy.authorise(peer, method, name)
        return name

    async def _peer(self, context: Context) -> Peer:
        """Who calls. A token outweighs a certificate: a proxy with a certificate may carry its users' tokens."""
        header = _metadata(context, AUTHORIZATION)
        if header[: len(BEARER)].lower() == BEARER and self.tokens is not None:
            return await self.tokens.peer(header[len(BEARER) :].strip())
        names = _names(context)
        if not names:
            raise Unauthenticated("the call does not say who makes it", remedy=self._remedy)
        return Peer(names)

    @property
    def _remedy(self) -> str:
        certificate = "show a client certificate of the mesh's authority"
        return f"{certificate}, or send authorization: Bearer <token>" if self.tokens else certificate


def gate_of(settings: ServiceSettings) -> Gate:
    """The gate that the settings ask for.

    Raises:
        MeshError: The policy cannot be used.
    """
    if settings.access_policy_file is None:
        return OpenGate()
    issuer = Issuer(
        settings.token_issuer, settings.token_audience, settings.token_keys_url, settings.token_tenant_claim
    )
    return PolicyGate(read_policy(settings.access_policy_file), Tokens(issuer) if issuer.name else None)


def _names(context: Context) -> tuple[str, ...]:
    """URI and DNS names of the client certificate, which TLS has verified."""
    facts = context.auth_context()
    return tuple(name.decode() for key in ("peer_uri", "peer_dns") for name in facts.get(key, ()))


def _metadata(context: Context, wanted: str) -> str:
    """The first value of a key; empty where it is not there."""
    return next((str(value) for key, value in context.invocation_metadata() or () if key == wanted), "")
