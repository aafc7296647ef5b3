"""What provenance can be told."""

from __future__ import annotations

from pathlib import Path
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
    perception_address: str = Field(
        "", description="Where perception listens, host:port, to have it forget erased images; empty where none is."
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

    policy_file: Path | None = Field(
        None,
        description="TOML file with each tenant's policy: what is kept of its answers, and for how many days. If not "
        "set, all is kept until somebody erases it.",
    )
    expiry_interval_s: float = Field(
        3600.0, gt=0, description="Time between two looks for answers that a policy lets be kept no longer, seconds."
    )

    origin: str = Field(
        "groundwire.local/log",
        pattern=r"^[^\s+]+$",
        description="Name of the log, in every checkpoint and of the key: a host and path of yours, no scheme.",
    )
    signing_key_file: Path = Field(
        Path(),
        validate_default=True,
        description="PEM file with the Ed25519 key that signs checkpoints; made if missing. Required.",
    )
    key_folder: Path = Field(
        Path(),
        validate_default=True,
        description="Folder with the keys of the answers' contents, made if missing; never in one backup with the "
        "database. Required.",
    )
    checkpoint_url: str = Field(
        "",
        description="Folder or bucket of its own that checkpoints are copied to, as file:///… or s3://…; "
        "empty for no copies. Whoever can write to the database should not be able to change it.",
    )
    checkpoint_interval_s: float = Field(
        10.0, gt=0, description="Time between two checkpoints, seconds; none is signed while nothing is recorded."
    )
    checkpoint_records: int = Field(
        1000, ge=1, description="Records after which a checkpoint is signed before its time."
    )

    @field_validator("signing_key_file")
    @classmethod
    def _names_a_file(cls, path: Path) -> Path:
        if path == Path():
            msg = "set it to a PEM file with an Ed25519 key, or to where one can be made and kept"
            raise ValueError(msg)
        return path

    @field_validator("key_folder")
    @classmethod
    def _names_a_folder(cls, path: Path) -> Path:
        if path == Path():
            msg = "set it to a folder for the keys of the answers' contents, outside of the database's own"
            raise ValueError(msg)
        return path

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
