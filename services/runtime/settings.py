"""Settings: one frozen object per service, read once, from the environment and from a file.

A field `port` of the settings with prefix `GROUNDWIRE_FUSION_` is the variable `GROUNDWIRE_FUSION_PORT`, or the key
`port` in the table `[fusion]` of the TOML file that `GROUNDWIRE_SETTINGS_FILE` names. The environment wins.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path  # noqa: TC003 - pydantic reads the fields' types
from typing import ClassVar, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from services.runtime.identity.certificates import CertificateFiles

FILE_VARIABLE = "GROUNDWIRE_SETTINGS_FILE"


class ServiceSettings(BaseSettings):
    """What every service can be told. Subclasses add their own fields and set `service`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    service: ClassVar[str]

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    grace_s: float = Field(30.0, ge=0, description="Time that calls in flight get to end after SIGTERM, seconds.")
    max_connection_age_s: float = Field(
        300.0,
        gt=0,
        description="Age at which a caller's connection is replaced, so that it finds processes added since, seconds.",
    )
    max_message_bytes: int = Field(
        32 * 1024 * 1024, ge=1024, description="Largest message sent or received over gRPC, bytes."
    )
    max_calls_in_flight: int = Field(64, ge=1, description="Calls served at once; more wait.")
    max_calls_of_tenant: int | None = Field(
        None,
        ge=1,
        description="Of these, the most that one tenant has; unset: all but an eighth. More of its calls wait.",
    )
    max_calls_waiting: int = Field(
        256, ge=0, description="Calls that wait for their turn, over all tenants; more are refused as OVERLOADED."
    )
    reflection: bool = Field(default=False, description="Whether the server answers grpc.reflection; for development.")
    health_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="A second port, for grpc.health.v1 alone and without TLS: probes know none. Unset: none.",
    )
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port that Prometheus fetches metrics from, over HTTP; unset: none."
    )
    tls_folder: Path | None = Field(
        None, description="Folder with tls.crt, tls.key and ca.crt: calls in and out are mutual TLS. Unset: plain."
    )
    access_policy_file: Path | None = Field(
        None, description="TOML file that says who may call what for which tenant; needs TLS_FOLDER. Unset: anybody."
    )
    token_port: int | None = Field(
        None, ge=0, le=65535, description="A further port, TLS without client certificates, for callers with tokens."
    )
    token_issuer: str = Field("", description="`iss` of the tokens that are believed; empty: no tokens are.")
    token_audience: str = Field("groundwire", description="`aud` of the tokens that are believed.")
    token_keys_url: str = Field("", description="Where the issuer publishes its keys, a JWKS: https://….")
    token_tenant_claim: str = Field("tenant", description="Claim that names the token's tenant.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe line logged.")

    @model_validator(mode="after")
    def _identity_is_whole(self) -> Self:
        if bool(self.access_policy_file) != bool(self.tls_folder):
            msg = (
                "ACCESS_POLICY_FILE and TLS_FOLDER go together: certificates prove names, and rules say what these may"
            )
            raise ValueError(msg)
        if bool(self.token_issuer) != bool(self.token_keys_url):
            msg = "TOKEN_ISSUER and TOKEN_KEYS_URL go together"
            raise ValueError(msg)
        if (self.token_issuer or self.token_port is not None) and self.access_policy_file is None:
            msg = "tokens say who calls; ACCESS_POLICY_FILE says what they may"
            raise ValueError(msg)
        return self

    @property
    def calls_of_tenant(self) -> int:
        """Calls of one tenant that are served at once."""
        return self.max_calls_of_tenant or max(1, self.max_calls_in_flight - max(1, self.max_calls_in_flight // 8))

    @property
    def metered(self) -> tuple[str, str, int | None]:
        """Service, address and port of its metrics."""
        return self.service, self.host, self.metrics_port

    @property
    def certificates(self) -> CertificateFiles | None:
        """The process's own certificate, key and authority; None for plain connections."""
        folder = self.tls_folder
        return None if folder is None else CertificateFiles(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic-settings' own
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the service's table of the file."""
        path = os.environ.get(FILE_VARIABLE)
        if not path:
            return init_settings, env_settings
        return init_settings, env_settings, _TableSource(settings_cls, path, cls.service)


class _TableSource(TomlConfigSettingsSource):
    """One table of a TOML file, so that all services can share a file."""

    def __init__(self, settings_cls: type[BaseSettings], path: str, table: str) -> None:
        super().__init__(settings_cls, toml_file=path)
        self.toml_data = self.toml_data.get(table, {})
        self.init_kwargs = self.toml_data


S = TypeVar("S", bound=ServiceSettings)


def load_or_exit(settings_type: type[S]) -> S:
    """The settings, or exit status 2 with one line per wrong variable: a service never starts on a guess."""
    try:
        return settings_type()
    except SettingsError as error:
        # A list or a table that is not written as one: the message names the field, not the variable.
        sys.stderr.write(f"{settings_type.service}: {error}: write it as JSON\n")
        raise SystemExit(2) from error
    except ValidationError as error:
        prefix = settings_type.model_config.get("env_prefix", "")
        for problem in error.errors(include_url=False, include_input=False):
            variable = prefix + "_".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"{settings_type.service}: {variable}: {problem['msg']}\n")
        raise SystemExit(2) from error
