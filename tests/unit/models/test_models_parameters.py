"""Parameters of a config.pbtxt, as the runners read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.models.runner_modules import runner_module

Parameters = runner_module("parameters").Parameters


def given(**texts: str) -> Any:
    return Parameters.of(json.dumps({"parameters": {name: {"string_value": text} for name, text in texts.items()}}))


def test_values_are_read_with_their_types() -> None:
    parameters = given(name=" x ", share="0.25", many="12", size="1.5", yes="true", no="false", kind="b")

    assert parameters.text("name") == "x"
    assert parameters.number("share", 0, 1) == 0.25
    assert parameters.count("many") == 12
    assert parameters.mebibytes("size") == 3 * 2**19
    assert parameters.flag("yes")
    assert not parameters.flag("no")
    assert parameters.choice("kind", "a", "b") == "b"


@pytest.mark.parametrize("text", ["", "many", "nan", "1.1", "-0.1", "inf"])
def test_a_number_outside_its_range_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="parameter share must be a number from 0 to 1"):
        given(share=text).number("share", 0, 1)


@pytest.mark.parametrize(("text", "why"), [("2.5", "whole"), ("0", "from 1"), ("-3", "from 1")])
def test_a_count_is_a_whole_number_from_one(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        given(many=text).count("many")


@pytest.mark.parametrize("text", ["yes", "True", "1", ""])
def test_a_flag_is_true_or_false_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="parameter flag must be one of true, false"):
        given(flag=text).flag("flag")


def test_a_pattern_is_a_regular_expression() -> None:
    assert given(names=r"head\..*").pattern("names").fullmatch("head.bias")
    assert not given(names="").pattern("names").fullmatch("head.bias")
    with pytest.raises(ValueError, match="parameter names is no regular expression"):
        given(names="(").pattern("names")


def test_a_parameter_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no parameter threads"):
        given().count("threads")
