"""On whose behalf a call is made. The name goes along with every call that is made for it, as gRPC metadata."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Final

from services.common.errors import InvalidField

METADATA: Final = "groundwire-tenant"
"""Key of the gRPC metadata that carries the name from service to service."""

DEFAULT: Final = "default"
"""Whoever names no tenant."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")

_tenant: ContextVar[str] = ContextVar("groundwire_tenant", default=DEFAULT)


def current_tenant() -> str:
    """The tenant of the call that is being served."""
    return _tenant.get()


def set_current(name: str) -> None:
    """Note the tenant of the current call."""
    _tenant.set(name)


def checked(name: str) -> str:
    """`name`, if it can be a tenant's; the default for an empty one.

    Raises:
        InvalidField: It cannot.
    """
    if not name:
        return DEFAULT
    if not _NAME.fullmatch(name):
        raise InvalidField(
            METADATA,
            "the tenant's name is not one",
            remedy="use 1 to 64 characters of a-z, 0-9, '.', '_' and '-', beginning and ending with a letter or digit",
        )
    return name
