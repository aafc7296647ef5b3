"""What the console can be told."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class ConsoleSettings(ServiceSettings):
    """Settings of the console, from variables `GROUNDWIRE_CONSOLE_…`."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_CONSOLE_", frozen=True, extra="forbid")
    service: ClassVar[str] = "console"

    port: int = Field(8080, ge=0, le=65535, description="Port to serve HTTP on; 0 takes a free one.")
    fusion_address: str = Field("127.0.0.1:50051", description="Address of fusion, host:port.")
    perception_address: str = Field("127.0.0.1:50052", description="Address of perception, host:port.")
    provenance_address: str = Field("127.0.0.1:50054", description="Address of provenance, host:port.")
    allowed_hosts: tuple[str, ...] = Field(
        ("127.0.0.1", "localhost"),
        description='Names under which browsers may reach the console, as a JSON list; ["*"] for any. Others are '
        "refused, so that a foreign page cannot reach it through a name of its own.",
    )
    read_timeout_s: float = Field(10.0, gt=0, description="Time for a look at records or pictures, seconds.")
    watch_s: float = Field(
        900.0, gt=0, description="How long a list follows the log before it asks again, seconds; it misses nothing."
    )
    tenants: tuple[str, ...] = Field(
        ("default",),
        min_length=1,
        description="Tenants whose answers may be looked at here, as a JSON list; the first unless asked otherwise. "
        "Provenance's own policy still decides.",
    )
    ask_timeout_s: float = Field(120.0, gt=0, description="Time for a question that is asked here, seconds.")
    max_upload_bytes: int = Field(24 * 1024 * 1024, ge=1024, description="Largest picture that can be sent, bytes.")
    thumbnails_kept: int = Field(512, ge=0, description="Thumbnails kept in memory, about 10 kB each.")
