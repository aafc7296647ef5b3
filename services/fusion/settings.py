"""What fusion can be told."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class FusionSettings(ServiceSettings):
    """Settings of fusion, from variables `GROUNDWIRE_FUSION_…`."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_FUSION_", frozen=True, extra="forbid")
    service: ClassVar[str] = "fusion"

    port: int = Field(50051, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    perception_address: str = Field("127.0.0.1:50052", description="Address of perception, host:port.")
    llm_address: str = Field("127.0.0.1:50053", description="Address of llm, host:port.")
    provenance_address: str = Field("127.0.0.1:50054", description="Address of provenance, host:port.")
    max_question_characters: int = Field(2000, ge=1, description="Longest question, characters.")
    default_deadline_s: float = Field(60.0, gt=0, description="Time for a call whose caller set no deadline, seconds.")
    reserve_s: float = Field(
        1.0, ge=0, description="Time kept for composing and recording when deciding on a careful look, seconds."
    )
