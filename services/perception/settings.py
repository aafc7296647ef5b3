"""What perception can be told."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic looks the annotation up
from typing import ClassVar

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.perception.core.bindings import Bindings, parsed
from services.perception.core.limits import AdmissionLimits
from services.perception.core.views import ViewRule
from services.runtime.settings import ServiceSettings

MIB = 1024 * 1024


class PerceptionSettings(ServiceSettings):
    """Settings of the perception service."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_PERCEPTION_", frozen=True, extra="forbid")

    service: ClassVar[str] = "perception"

    port: int = Field(50052, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    triton_address: str = Field("127.0.0.1:8001", min_length=1, description="Triton's gRPC port, host:port.")
    triton_servers: int = Field(
        1, ge=1, description="Tritons behind that address: so many times a model's instances are called at once."
    )
    objects_url: str = Field(
        min_length=1,
        description="Where images are kept: file:///an/absolute/folder (made if missing), s3://…, gs://… or az://….",
    )
    bindings: dict[str, dict[str, str]] = Field(
        {
            "read_text": {"fast": "read_text"},
            "segment": {"fast": "segment_grabcut"},
            "find_private": {"fast": "find_private"},
        },
        description='Triton model for each capability and tier, JSON: {"read_text": {"fast": "a", "accurate": "b"}}. '
        "Without an accurate model, the fast one looks at enlarged, overlapping tiles.",
    )
    bindings_file: Path | None = Field(
        None,
        description="File with further bindings, JSON of the same form, laid over those. It is read again when it has "
        "changed: groundwire models bind writes it. A model of it that is not ready does not keep the service from it.",
    )
    max_image_bytes: int = Field(24 * MIB, ge=1024, description="Longest upload, bytes.")
    max_pixels: int = Field(33_554_432, ge=64, description="Most pixels of an image; the default admits one 8K frame.")
    min_side: int = Field(8, ge=1, description="Least width and height of an image, pixels.")
    cache_bytes: int = Field(512 * MIB, ge=0, description="Decoded pixels kept in memory, bytes; 3 a pixel.")
    pixel_threads: int = Field(2, ge=1, description="Threads that decode, encode and resample pictures.")
    tile_side: int = Field(
        2000,
        ge=256,
        le=2000,
        description="Longest side of an enlarged view, model pixels. The text reader itself shrinks what is longer.",
    )
    tile_overlap: int = Field(192, ge=0, description="What neighbouring tiles share at least, model pixels.")
    max_enlarged_tiles: int = Field(
        8, ge=1, description="Most tiles of an enlarged look; where it takes more, tiles keep the image's own size."
    )
    redaction_file: Path | None = Field(
        None,
        description="TOML file with the tenants' redaction policies; unset: only places that callers name are painted "
        "over. What it can say stands in services/perception/redaction_file.py.",
    )
    context_bytes: int = Field(
        128 * MIB,
        ge=0,
        description="What was seen in images, kept in memory for the next question about them, bytes; 0: every look "
        "runs the model, also those that ask for the same at the same time.",
    )
    context_keep_s: float = Field(3600.0, gt=0, description="How long that is kept at most, seconds.")
    context_url: str = Field(
        "",
        pattern="^((redis|rediss|unix)://.*)?$",
        description="Valkey or Redis in which replicas share what was seen, redis://host:port/0; empty: none.",
    )
    model_calls_at_once: int = Field(2, ge=1, description="Model calls that one look has under way.")
    share_pixels: bool = Field(
        default=True, description="Whether pixels cross to a Triton on this host by shared memory."
    )
    model_timeout_s: float = Field(
        120.0, gt=0, description="How long one model call may take where the caller set no deadline, seconds."
    )

    @field_validator("bindings")
    @classmethod
    def _known(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        Bindings(parsed(value))
        return value

    @model_validator(mode="after")
    def _overlap_fits(self) -> PerceptionSettings:
        if self.tile_overlap * 2 > self.tile_side:
            msg = "TILE_OVERLAP must be at most half of TILE_SIDE"
            raise ValueError(msg)
        return self

    @property
    def binding_table(self) -> Bindings:
        """The bindings, as the core knows them."""
        return Bindings(parsed(self.bindings))

    @property
    def limits(self) -> AdmissionLimits:
        """What is admitted."""
        return AdmissionLimits(self.max_image_bytes, self.max_pixels, self.min_side)

    @property
    def view_rule(self) -> ViewRule:
        """How views are cut."""
        return ViewRule(self.tile_side, self.tile_overlap, self.max_enlarged_tiles)
