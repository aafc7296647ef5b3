"""Who may call which method for which tenant. Pure: the table, and the question put to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from services.common.errors import PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Peer:
    """Who calls, as far as it has been proved.

    Attributes:
        names: URI and DNS names of the client certificate, whose chain was verified; empty without one.
        claims: Claims of a verified token, as text; empty without one.
        tenant: The token's tenant; empty where it names none.
    """

    names: tuple[str, ...] = ()
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tenant: str = ""

    @property
    def called(self) -> str:
        """What the peer is called in errors and in the log."""
        return (self.names or (self.claims.get("sub", ""), ""))[0] or "nobody"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of caller may do. In every pattern `*` stands for any run of characters.

    Attributes:
        methods: Patterns of full method names, such as "groundwire.v1.GroundingService/*".
        tenants: Patterns of tenants for which the caller may act.
        certificate: Pattern of a name in the caller's certificate; empty where the rule is about tokens.
        token: Claims that the caller's token must have, each with a pattern of its value.
    """

    methods: tuple[str, ...]
    tenants: tuple[str, ...]
    certificate: str = ""
    token: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def is_about(self, peer: Peer) -> bool:
        """Whether the peer is of the rule's kind. A rule without a certificate and claims is about nobody."""
        if self.certificate:
            return any(fnmatchcase(name, self.certificate) for name in peer.names)
        return bool(self.token) and all(
            name in peer.claims and fnmatchcase(peer.claims[name], pattern) for name, pattern in self.token.items()
        )

    def allows(self, method: str, tenant: str) -> bool:
        """Whether the rule's callers may call the method for the tenant."""
        return _any(method, self.methods) and _any(tenant, self.tenants)


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules. What no rule allows is refused."""

    rules: tuple[Rule, ...]

    def authorise(self, peer: Peer, method: str, tenant: str) -> None:
        """Return where a rule allows the call.

        Args:
            peer: Who calls.
            method: Full name, without the leading slash.
            tenant: For whom.

        Raises:
            PermissionDenied: No rule does.
        """
        about = [rule for rule in self.rules if rule.is_about(peer)]
        if not about:
            raise PermissionDenied(
                f"no rule is about {peer.called}", remedy="have the caller added to the policy", caller=peer.called
            )
        if not any(rule.allows(method, tenant) for rule in about):
            raise PermissionDenied(
                f"{peer.called} may not call {method} for this tenant",
                remedy="have the method and the tenant added to the caller's rule",
                caller=peer.called,
                method=method,
            )

    def sole_tenant(self, peer: Peer) -> str:
        """The one tenant that the peer may act for, where its rules name exactly one and no pattern; else empty."""
        tenants = {tenant for rule in self.rules if rule.is_about(peer) for tenant in rule.tenants}
        (only, *others) = tenants or {""}
        return "" if others or "*" in only else only


def _any(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
