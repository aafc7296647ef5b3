"""Settings: one frozen object per service, read once, from the environment and from a file.

A field `port` of the settings with prefix `GROUNDWIRE_FUSION_` is the variable `GROUNDWIRE_FUSION_PORT`, or the key
`port` in the table `[fusion]` of the TOML file that `GROUNDWIRE_SETTINGS_FILE` names. The environment wins.
"""

from __future__ import annotations

import os
import sys
from typing import ClassVar, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

FILE_VARIABLE = "GROUNDWIRE_SETTINGS_FILE"


class ServiceSettings(BaseSettings):
    """What every service can be told. Subclasses add their own fields and set `service`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    service: ClassVar[str]

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    grace_s: float = Field(30.0, ge=0, description="Time that calls in flight get to end after SIGTERM, seconds.")
    max_message_bytes: int = Field(
        32 * 1024 * 1024, ge=1024, description="Largest message sent or received over gRPC, bytes."
    )
    max_calls_in_flight: int = Field(64, ge=1, description="Calls served at once; more are refused as OVERLOADED.")
    reflection: bool = Field(default=True, description="Whether the server answers grpc.reflection.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe line logged.")

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
