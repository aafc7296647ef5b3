"""The policy as a TOML file.

```toml
[[callers]]
certificate = "spiffe://groundwire/fusion"      # a URI or DNS name in the client certificate
methods = ["groundwire.v1.PerceptionService/*"]
tenants = ["*"]

[[callers]]
token = { role = "analyst" }                    # claims that the token must carry
methods = ["groundwire.v1.GroundingService/*"]
tenants = ["acme"]
```
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.common.errors import MeshError
from services.runtime.identity.policy import Policy, Rule

if TYPE_CHECKING:
    from pathlib import Path


class _Caller(BaseModel):
    model_config = ConfigDict(extra="forbid")

    methods: list[str] = Field(min_length=1)
    tenants: list[str] = Field(min_length=1)
    certificate: str = ""
    token: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> _Caller:
        if bool(self.certificate) == bool(self.token):
            msg = "name a certificate or a token's claims, and not both"
            raise ValueError(msg)
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    callers: list[_Caller] = Field(min_length=1)


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        MeshError: The file cannot be read, or is no policy.
    """
    remedy = "see docs/identity.md for the form of the policy"
    try:
        file = _File.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise MeshError(f"the policy {path} cannot be read: {error.strerror}", remedy=remedy) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MeshError(f"the policy {path} is no TOML: {error}", remedy=remedy) from error
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise MeshError(f"the policy {path}: {place}: {problem['msg']}", remedy=remedy) from error
    return Policy(
        tuple(
            Rule(tuple(caller.methods), tuple(caller.tenants), caller.certificate, caller.token)
            for caller in file.callers
        )
    )
