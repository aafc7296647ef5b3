"""The forms of question that the grammar knows, and what each asks for."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERNS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "count_times": Task.COUNT,
        "count_things": Task.COUNT,
        "count_asserted": Task.COUNT,
        "compare_number": Task.COMPARE,
        "compare_which": Task.COMPARE,
        "compare_than": Task.COMPARE,
        "compare_more": Task.COMPARE,
        "compare_same": Task.COMPARE,
        "compare_plain": Task.COMPARE,
        "read_total": Task.READ,
        "read_phone": Task.READ,
        "read_maker": Task.READ,
        "read_seller": Task.READ,
        "read_person": Task.READ,
        "read_street": Task.READ,
        "read_when": Task.READ,
        "read_way": Task.READ,
        "read_hours": Task.READ,
        "read_whereabouts": Task.READ,
        "read_term": Task.READ,
        "read_price": Task.READ,
        "read_said": Task.READ,
        "read_field": Task.READ,
        "read_own_field": Task.READ,
        "read_several": Task.READ,
        "read_written": Task.READ,
        "read_lettering": Task.READ,
        "read_on_carrier": Task.READ,
        "read_command": Task.READ,
        "attribute_of": Task.ATTRIBUTE,
        "attribute_what": Task.ATTRIBUTE,
        "attribute_own": Task.ATTRIBUTE,
        "attribute_how": Task.ATTRIBUTE,
        "attribute_made": Task.ATTRIBUTE,
        "attribute_last": Task.ATTRIBUTE,
        "state_asked": Task.STATE,
        "state_either": Task.STATE,
        "attribute_either": Task.ATTRIBUTE,
        "exists_there": Task.EXISTS,
        "exists_said": Task.EXISTS,
        "exists_borne": Task.EXISTS,
        "exists_holding": Task.EXISTS,
        "exists_owned": Task.EXISTS,
        "exists_shown": Task.EXISTS,
        "exists_overlapping": Task.EXISTS,
        "exists_occurring": Task.EXISTS,
        "state": Task.STATE,
        "exists_placed": Task.EXISTS,
        "exists_named": Task.EXISTS,
        "exists_being": Task.EXISTS,
        "exists_any": Task.EXISTS,
        "locate_said": Task.LOCATE,
        "locate_where": Task.LOCATE,
        "locate_command": Task.LOCATE,
        "locate_position": Task.LOCATE,
        "locate_surface": Task.LOCATE,
        "locate_last": Task.LOCATE,
        "locate_which": Task.LOCATE,
        "describe_view": Task.DESCRIBE,
        "describe_who": Task.DESCRIBE,
        "describe_placed": Task.DESCRIBE,
        "describe_thing": Task.DESCRIBE,
        "describe_kind": Task.DESCRIBE,
    }
)
"""Patterns in the order in which they are tried, and the task that each stands for."""
