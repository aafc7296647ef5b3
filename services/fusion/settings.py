"""What fusion can be told."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the fields' types
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


class FusionSettings(ServiceSettings):
    """Settings of fusion, from variables `GROUNDWIRE_FUSION_…`."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_FUSION_", frozen=True, extra="forbid")
    service: ClassVar[str] = "fusion"

    port: int = Field(50051, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    max_calls_in_flight: int = Field(
        8, ge=1, description="Questions answered at once; more wait, tenant by tenant. About twice what Triton can do."
    )
    perception_address: str = Field("127.0.0.1:50052", description="Address of perception, host:port.")
    llm_address: str = Field("127.0.0.1:50053", description="Address of llm, host:port.")
    provenance_address: str = Field("127.0.0.1:50054", description="Address of provenance, host:port.")
    max_question_characters: int = Field(2000, ge=1, description="Longest question, characters.")
    default_deadline_s: float = Field(60.0, gt=0, description="Time for a call whose caller set no deadline, seconds.")
    reserve_s: float = Field(
        1.0, ge=0, description="Time kept for composing and recording when deciding on a careful look, seconds."
    )
    most_conversations: int = Field(1000, ge=1, description="Conversations held in memory; the oldest used goes first.")
    most_turns: int = Field(8, ge=1, le=8, description="Turns held of each conversation.")
    conversation_idle_s: float = Field(
        1800.0, gt=0, description="How long a conversation is held that nobody goes on with, seconds."
    )
    calibration_file: Path | None = Field(
        None, description="What groundwire calibrate wrote, for claims' confidences. Unset: they are unset too."
    )
