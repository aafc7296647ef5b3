"""Settings of the llm service."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import AnyHttpUrl, Field, SecretStr, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings

_URL: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)


class LlmSettings(ServiceSettings):
    """What the llm service can be told. Without an endpoint the rules do everything, and the rest has no effect."""

    service: ClassVar[str] = "llm"
    model_config = SettingsConfigDict(env_prefix="GROUNDWIRE_LLM_", frozen=True, extra="forbid")

    port: int = Field(50053, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")

    endpoint: str = Field(
        "",
        description="OpenAI-compatible endpoint of a language model, up to and with its version, such as "
        "http://127.0.0.1:8300/v1; empty for the rules.",
    )
    model: str = Field("", description="Name under which the endpoint serves the model; empty for its only one.")
    api_key: SecretStr = Field(SecretStr(""), description="Sent to the endpoint as bearer token; empty for none.")
    require_endpoint: bool = Field(
        default=False,
        description="Whether the service is ready only while the endpoint is; otherwise the rules stand in meanwhile.",
    )

    perception_address: str = Field(
        "", description="Where perception listens, host:port, for the pictures of Judge; empty where nothing is judged."
    )
    judge_marks: bool = Field(
        default=True, description="Whether Judge also shows the whole picture with the places outlined."
    )

    temperature: float = Field(0.0, ge=0, le=2, description="How freely the model chooses its words; 0 for not at all.")
    seed: int = Field(0, ge=0, description="What chance starts from; each further try of a call takes the next.")
    max_output_tokens: int = Field(
        2048, ge=64, description="Longest answer, tokens, over and above what its schema says."
    )

    attempts: int = Field(3, ge=1, le=10, description="Tries of one call, at most.")
    first_pause_s: float = Field(
        0.1, ge=0, description="Pause before the second try, seconds; about doubled each time."
    )
    connect_timeout_s: float = Field(2.0, gt=0, description="How long a connection may take, seconds.")
    first_token_timeout_s: float = Field(30.0, gt=0, description="How long the first token may take, seconds.")
    token_timeout_s: float = Field(10.0, gt=0, description="How long each further token may take, seconds.")
    answer_timeout_s: float = Field(60.0, gt=0, description="How long a call with all its tries may take, seconds.")
    stand_in_reserve_s: float = Field(0.25, ge=0, description="Kept of the caller's deadline for the rules, seconds.")
    probe_timeout_s: float = Field(20.0, gt=0, description="How long each question of a probe may take, seconds.")
    probe_hold_off_s: float = Field(
        2.0, gt=0, description="How long a failed probe is believed before the next one, seconds."
    )

    calls_at_once: int = Field(32, ge=1, description="Calls at the endpoint at the same time.")
    calls_waiting: int = Field(32, ge=0, description="Calls that may wait for a turn; more are refused as OVERLOADED.")

    trace_content: bool = Field(
        default=False, description="Whether prompts and outputs are put on spans. They hold what the picture says."
    )

    @field_validator("endpoint")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value:
            try:
                _URL.validate_python(value)
            except ValidationError as error:
                msg = f"{value!r} is no http or https URL"
                raise ValueError(msg) from error
        return value.rstrip("/")

    @model_validator(mode="after")
    def _queue_fits(self) -> Self:
        if self.endpoint and self.calls_at_once + self.calls_waiting > self.max_calls_in_flight:
            msg = "CALLS_AT_ONCE and CALLS_WAITING together are more than MAX_CALLS_IN_FLIGHT admits"
            raise ValueError(msg)
        return self
