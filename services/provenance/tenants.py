"""Whose call it is, and whose answers it may bring: read in one place."""

from __future__ import annotations

from services.common.errors import InvalidField
from services.runtime import tenant


def of_call() -> str:
    """The tenant on whose behalf the current call is made: as its metadata says, once the gate has let it in."""
    return tenant.current_tenant()


def of_record(named: str) -> str:
    """The tenant whose answer is brought: the call's own.

    Raises:
        InvalidField: Another one is named.
    """
    own = of_call()
    if named and tenant.checked(named) != own:
        raise InvalidField(
            "tenant",
            f"tenant is {named!r}, and the call is made for {own!r}",
            remedy=f"leave it out, and name the tenant in the call's metadata, {tenant.METADATA}",
        )
    return own
