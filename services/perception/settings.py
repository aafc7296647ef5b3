"""What perception can be told."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.common.regions import Capability, Tier
from services.perception.core.bindings import Bindings
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
    objects_url: str = Field(
        min_length=1,
        description="Where images are kept: file:///an/absolute/folder (made if missing), s3://…, gs://… or az://….",
    )
    bindings: dict[str, dict[str, str]] = Field(
        {"read_text": {"fast": "read_text"}},
        description='Triton model for each capability and tier, JSON: {"read_text": {"fast": "a", "accurate": "b"}}. '
        "Without an accurate model, the fast one looks at enlarged, overlapping tiles.",
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
    model_calls_at_once: int = Field(2, ge=1, description="Model calls that one look has under way.")
    model_timeout_s: float = Field(
        120.0, gt=0, description="How long one model call may take where the caller set no deadline, seconds."
    )

    @field_validator("bindings")
    @classmethod
    def _known(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        _table(value)
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
        return _table(self.bindings)

    @property
    def limits(self) -> AdmissionLimits:
        """What is admitted."""
        return AdmissionLimits(self.max_image_bytes, self.max_pixels, self.min_side)

    @property
    def view_rule(self) -> ViewRule:
        """How views are cut."""
        return ViewRule(self.tile_side, self.tile_overlap, self.max_enlarged_tiles)


def _table(names: dict[str, dict[str, str]]) -> Bindings:
    capabilities = {each.word: each for each in Capability}
    tiers = {each.name.lower(): each for each in Tier}
    for capability, models in names.items():
        if capability not in capabilities:
            msg = f"{capability!r} is no capability; there are {', '.join(capabilities)}"
            raise ValueError(msg)
        if set(models) - set(tiers):
            msg = f"{capability} names the tier {min(set(models) - set(tiers))!r}; there are {', '.join(tiers)}"
            raise ValueError(msg)
    return Bindings(
        {capabilities[name]: {tiers[tier]: model for tier, model in models.items()} for name, models in names.items()}
    )
