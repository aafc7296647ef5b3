"""What each tenant lets be kept, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


class Store(Enum):
    """How much of an answer is kept."""

    ALL = "all"
    NONE = "none"
    """Commitments alone."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One tenant's: what is kept of an answer, and for how long; None for as long as nobody erases it."""

    store: Store = Store.ALL
    retention: timedelta | None = None

    def stores(self, asked: Store | None) -> bool:
        """Whether an answer's contents are kept: who records it may ask for less than the policy, never for more."""
        return Store.NONE not in (self.store, asked)

    def keeps_since(self, now: datetime) -> datetime | None:
        """What was admitted earlier than this goes; None where nothing does."""
        return None if self.retention is None else now - self.retention


@dataclass(frozen=True, slots=True)
class Policies:
    """Everybody's: those of the tenants that have one of their own, and that of the others."""

    others: Policy = field(default_factory=Policy)
    tenants: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, tenant: str) -> Policy:
        """The policy of a tenant."""
        return self.tenants.get(tenant, self.others)
