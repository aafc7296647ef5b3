"""The tenants' redaction policies, from a TOML file.

[default]                                  # tenants that the file does not name
kinds = ["face", "plate", "email", "phone", "card", "iban"]
method = "fill"                            # or "pixelate", for faces and given places
tier = "accurate"                          # how carefully lettering is looked for
countries = ["US", "DE"]                   # whose national numbers, and phone numbers without +1 or +49, are known

[tenants.clinic]
kinds = ["face", "plate", "email", "phone", "card", "iban", "ip", "ssn", "mac", "url", "uuid", "crypto", "national"]

[tenants.archive]                          # a whole policy of its own: nothing is taken from [default]
kinds = []
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from services.common.errors import InvalidField, MeshError
from services.common.regions import Tier
from services.perception.core import personal
from services.perception.core.redaction import KINDS, Method, Policy
from services.runtime import tenant

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Policy(kinds=(), method=Method.FILL, tier=Tier.ACCURATE)
"""What is done without a file: the places that callers name, and no others."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[str, ...]
    method: Literal["fill", "pixelate"] = "fill"
    tier: Literal["fast", "accurate"] = "accurate"
    countries: tuple[str, ...] = ("US",)
    least_score: float = Field(0.0, ge=0, le=1)

    @field_validator("kinds")
    @classmethod
    def _known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            msg = f"{unknown[0]!r} is no kind; there are {', '.join(KINDS)}"
            raise ValueError(msg)
        return tuple(dict.fromkeys(kinds))

    @field_validator("countries")
    @classmethod
    def _countries(cls, countries: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return personal.checked_countries(countries)
        except InvalidField as error:
            raise ValueError(error.message) from error

    def policy(self) -> Policy:
        return Policy(
            self.kinds, Method(self.method), Tier[self.tier.upper()], self.countries, least_score=self.least_score
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: _Table | None = None
    tenants: dict[str, _Table] = Field(default_factory=dict)


class TenantPolicies:
    """Which policy holds for whom. Read once: what a picture's redaction was decided by does not change under it."""

    def __init__(self, default: Policy = NOTHING, tenants: dict[str, Policy] | None = None) -> None:
        self._default = default
        self._tenants = tenants or {}

    def current(self) -> Policy:
        """That of the tenant of the current call."""
        return self._tenants.get(tenant.current_tenant(), self._default)


def read_policies(path: Path | None) -> TenantPolicies:
    """The file's policies; without one, nothing is painted over but what callers name.

    Raises:
        MeshError: The file cannot be read, or does not say what it must: nobody's policy is guessed.
    """
    if path is None:
        return TenantPolicies()
    try:
        said = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        named = {tenant.checked(name): table.policy() for name, table in said.tenants.items()}
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise _unread(path, f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error
    except InvalidField as error:
        raise _unread(path, error.message) from error
    except (OSError, ValueError) as error:
        raise _unread(path, str(error)) from error
    return TenantPolicies(said.default.policy() if said.default else NOTHING, named)


def _unread(path: Path, why: str) -> MeshError:
    return MeshError(
        f"the redaction policies of {path} cannot be used: {why}",
        remedy="mend the file that GROUNDWIRE_PERCEPTION_REDACTION_FILE names",
        part="redaction",
    )
