"""What a filter asks, as SQL: only what is asked, and in the words of the indexes that are made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.common.claims import Verdict
from services.provenance.core.reviews import ReviewState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.provenance.core.filters import AnswerFilter

MODEL_SETS: Final = """
    WITH RECURSIVE one AS (
        (SELECT models FROM answers WHERE tenant = %(tenant)s ORDER BY models LIMIT 1)
        UNION ALL
        SELECT (SELECT models FROM answers WHERE tenant = %(tenant)s AND models > one.models ORDER BY models LIMIT 1)
        FROM one WHERE one.models IS NOT NULL
    )
    SELECT models FROM one WHERE models IS NOT NULL
"""
"""The combinations of models that a tenant's answers have, by one look into the index for each of them."""

# The numbers stand in the text, not beside it: only so can PostgreSQL tell that a partial index will do.
_RARE_VERDICTS: Final = {Verdict.CONTRADICTED: "verdicts @> '{2}'", Verdict.UNVERIFIED: "verdicts @> '{3}'"}
_PLAIN: Final = {
    "since": "create_time >= %(since)s",
    "until": "create_time < %(until)s",
    "min_latency": "latency >= %(min_latency)s",
    "max_latency": "latency < %(max_latency)s",
}


def with_model(model: str, sets: Sequence[Sequence[str]]) -> list[list[str]]:
    """Those combinations in which a model, as "name" or "name@version", has a part."""
    return [list(each) for each in sets if any(model in (name, name.rpartition("@")[0]) for name in each)]


def conditions(
    wanted: AnswerFilter, image_tag: bytes | None, model_sets: Sequence[Sequence[str]]
) -> tuple[list[str], dict[str, Any]]:
    """The conditions of a filter, and their parameters.

    Args:
        wanted: The filter; what it asks of labels and texts is not looked at.
        image_tag: Of the image that it asks for; None for any.
        model_sets: The combinations with the model that it asks for.
    """
    said = ["tenant = %(tenant)s", "erased_by IS NULL"]
    facts: dict[str, Any] = {"tenant": wanted.tenant, "image_tag": image_tag}
    for name, condition in _PLAIN.items():
        facts[name] = getattr(wanted, name)
        said += [condition] if facts[name] is not None else []
    if wanted.verdicts and set(wanted.verdicts) <= set(_RARE_VERDICTS):
        said.append(f"({' OR '.join(_RARE_VERDICTS[verdict] for verdict in sorted(set(wanted.verdicts)))})")
    elif wanted.verdicts:
        facts["verdicts"] = [int(verdict) for verdict in wanted.verdicts]
        said.append("verdicts && %(verdicts)s::smallint[]")
    if wanted.degradations:
        facts["degradations"] = list(wanted.degradations)
        said += ["degradations <> '{}'", "degradations && %(degradations)s::smallint[]"]
    if wanted.review_state is not None:
        facts["review_state"] = int(wanted.review_state)
        said += ["review_state = %(review_state)s"]
        said += ["review_state <> 1"] if wanted.review_state != ReviewState.UNREVIEWED else []
    if image_tag is not None:
        said.append("image_tag = %(image_tag)s")
    if wanted.model:
        facts |= {f"models_{i}": each for i, each in enumerate(model_sets)}
        listed = ", ".join(f"%(models_{i})s::text[]" for i in range(len(model_sets)))
        said.append(f"models IN ({listed})" if listed else "false")
    return said, facts
