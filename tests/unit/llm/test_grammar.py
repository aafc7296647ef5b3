from __future__ import annotations

import re

import pytest

from services.llm.core.classes import CLASSES, FUNCTION_CLASSES
from services.llm.core.grammar import GRAMMAR, RULES
from services.llm.core.lexicon import (
    CORNERS,
    DIMENSIONS,
    FIELDS,
    LOOSE_FIELDS,
    PROPERTIES,
    RELATIONS,
    SUPERLATIVES,
    entries,
)
from services.llm.core.patterns import PATTERNS

RULE_NAMES = re.findall(r"(?m)^(\w+) +=", RULES)


def test_no_rule_is_written_twice_or_hides_a_class() -> None:
    assert len(set(RULE_NAMES)) == len(RULE_NAMES)
    assert not set(RULE_NAMES) & {*CLASSES, "function", "request"}


def test_every_rule_and_class_is_used() -> None:
    text = re.sub(r"(?m)^\w+ +=", "", re.sub(r'~r?".*?"i?|"[^"\n]*"', "", RULES))
    used = set(re.findall(r"\w+", text)) | set(PATTERNS) | {"question", "fragment"} | set(FUNCTION_CLASSES)
    assert set(RULE_NAMES) - used == set()
    assert set(CLASSES) - used == set()


def test_every_pattern_is_a_rule() -> None:
    assert set(PATTERNS) <= set(GRAMMAR)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_lists_lower_case_words_once(name: str) -> None:
    words = entries(CLASSES[name])
    assert words
    assert all(word == word.lower() for word in words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("table", [RELATIONS, FIELDS, LOOSE_FIELDS, DIMENSIONS, PROPERTIES, SUPERLATIVES, CORNERS])
def test_a_table_holds_lower_case_phrases(table: dict[str, object]) -> None:
    assert table
    assert all(phrase == " ".join(phrase.lower().split()) for phrase in table)


def test_no_word_is_two_kinds_of_field() -> None:
    assert not set(FIELDS) & set(LOOSE_FIELDS)
