"""What provenance can be told."""

from __future__ import annotations

from typing import ClassVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class ProvenanceSettings(ServiceSettings):
    """Settings of the provenance service, `GROUNDWIRE_PROVENANCE_*`."""

    service: ClassVar[str] = "provenance"
    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_PROVENANCE_", frozen=True, extra="forbid")

    port: int = Field(50054, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    dsn: SecretStr = Field(
        SecretStr(""),
        validate_default=True,
        description="PostgreSQL to keep the records in, as a URI or as key=value pairs. Required.",
    )
    pool_size: int = Field(8, ge=2, description="Connections to PostgreSQL for records, at most.")
    span_pool_size: int = Field(2, ge=1, description="Connections to PostgreSQL for spans, at most, besides.")
    connect_timeout_s: float = Field(
        2.0, gt=0, description="Time that a call waits for a connection before PostgreSQL is out of reach, seconds."
    )
    statement_timeout_s: float = Field(
        10.0,
        gt=0,
        description="Time that PostgreSQL gets for one piece of work, seconds; a call's deadline shortens it.",
    )
    span_max_age_s: float = Field(7 * 86400.0, gt=0, description="Age at which spans are dropped, seconds.")
    max_spans: int = Field(1_000_000, ge=1, description="Spans that are kept, at most; beyond, the oldest are dropped.")
    prune_interval_s: float = Field(60.0, gt=0, description="Time between two looks for spans to drop, seconds.")

    @field_validator("dsn")
    @classmethod
    def _names_a_database(cls, dsn: SecretStr) -> SecretStr:
        text = dsn.get_secret_value()
        if not text:
            msg = "set it to the PostgreSQL that keeps the records, such as postgresql://user:password@host:5432/groundwire"
            raise ValueError(msg)
        try:
            conninfo_to_dict(text)
        except psycopg.ProgrammingError:
            # The parser's own words may repeat the password.
            msg = "is no PostgreSQL connection string; write postgresql://user:password@host:5432/groundwire"
            raise ValueError(msg) from None
        return dsn
