"""Settings of the llm service."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class LlmSettings(ServiceSettings):
    """What the llm service can be told: what every service can. The rules have nothing to set."""

    service: ClassVar[str] = "llm"
    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_LLM_", frozen=True, extra="forbid")

    port: int = Field(50053, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
