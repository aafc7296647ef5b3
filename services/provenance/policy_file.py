"""The file that says what each tenant lets be kept, and for how long."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.common.errors import MeshError
from services.provenance.core.policies import Policies, Policy, Store

if TYPE_CHECKING:
    from pathlib import Path


class _TenantPolicy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    store: Store = Store.ALL
    retention_days: float | None = Field(None, gt=0, le=36500)

    @property
    def policy(self) -> Policy:
        days = self.retention_days
        return Policy(self.store, None if days is None else timedelta(days=days))


class _PolicyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    others: _TenantPolicy = _TenantPolicy()
    tenants: dict[str, _TenantPolicy] = {}


def read_policies(path: Path | None) -> Policies:
    """The policies in a TOML file; where there is no file, everything is kept until it is erased.

        [others]              # tenants that have no table of their own, "default" among them
        retention_days = 365

        [tenants.clinic]
        store = "none"        # commitments alone
        retention_days = 30

    Raises:
        MeshError: The file cannot be read, or says something else.
    """
    if path is None:
        return Policies()
    try:
        said = _PolicyFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise MeshError(
            f"the policy file {path} cannot be used: {error}",
            remedy='write [others] and [tenants.NAME] with store = "all" or "none" and retention_days = a number',
        ) from error
    return Policies(said.others.policy, {name: each.policy for name, each in said.tenants.items()})
