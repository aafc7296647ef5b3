"""Parts of requests to an OpenAI-compatible endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai.types.chat.completion_create_params import ResponseFormat

    from services.llm.core.schemas import Schema


def json_format(name: str, schema: Schema) -> ResponseFormat:
    """That the answer is JSON under a schema."""
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}


def picture(png_base64: str) -> dict[str, Any]:
    """A picture in a message."""
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png_base64}"}}
