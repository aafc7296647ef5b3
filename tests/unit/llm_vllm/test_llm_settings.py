from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.llm.settings import LlmSettings


def test_without_an_endpoint_the_rules_do_everything() -> None:
    assert LlmSettings().endpoint == ""


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8300", "ftp://x/v1", "http://", "yes"])
def test_an_endpoint_is_a_url(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="is no http or https URL"):
        LlmSettings(endpoint=endpoint)


def test_a_trailing_slash_is_no_part_of_the_endpoint() -> None:
    assert LlmSettings(endpoint="http://127.0.0.1:8300/v1/").endpoint == "http://127.0.0.1:8300/v1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -0.1},
        {"temperature": 3},
        {"attempts": 0},
        {"max_output_tokens": 1},
        {"first_token_timeout_s": 0},
        {"calls_at_once": 0},
        {"seed": -1},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LlmSettings(**wrong)


def test_a_queue_that_can_never_fill_is_refused() -> None:
    with pytest.raises(ValidationError, match="MAX_CALLS_IN_FLIGHT"):
        LlmSettings(endpoint="http://127.0.0.1:8300/v1", calls_at_once=60, calls_waiting=60)


def test_the_key_is_not_shown() -> None:
    assert "s3cret" not in repr(LlmSettings(api_key="s3cret"))
