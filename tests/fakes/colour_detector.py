"""A detector as ONNX that knows two things: what is red, and what is blue. Tiny, exact, and no stand-in for a runtime.

For each of the two it gives the box around all pixels of that colour, with a score of 0.9 where there are any.
"""

from __future__ import annotations

from typing import Final

import onnx
from onnx import parser

SIDE: Final = 64
"""Sides of its input, pixels."""

DESCRIPTOR: Final = """
model = "colours.onnx"
classes = ["red thing", "blue thing"]
licence = "mit"

[input]
size = [64, 64]

[output]
format = "xyxy_labels_scores"
names = ["boxes", "labels", "scores"]

[synonyms]
fire = "red thing"
"""

_GRAPH: Final = """
<ir_version: 8, opset_import: ["" : 17]>
colours (float[1,3,64,64] image) => (float[2,4] boxes, int64[2] labels, float[2] scores)
<float[3] weight = {%(weight)s}>
{
    channels = Constant<value = int64[3] {1, 1, 1}>()
    red, green, blue = Split<axis = 1>(image, channels)
    half = Constant<value = float {0.6}>()
    none = Constant<value = float {0.3}>()
    is_red = Greater(red, half)
    not_red = Less(red, none)
    not_green = Less(green, none)
    is_blue = Greater(blue, half)
    not_blue = Less(blue, none)
    red_a = And(is_red, not_green)
    red_b = And(red_a, not_blue)
    blue_a = And(is_blue, not_green)
    blue_b = And(blue_a, not_red)
    both = Concat<axis = 1>(red_b, blue_b)
    seen = Cast<to = 1>(both)
    columns = ReduceMax<axes = [0, 2], keepdims = 0>(seen)
    rows = ReduceMax<axes = [0, 3], keepdims = 0>(seen)
    any_pixel = ReduceMax<axes = [0, 2, 3], keepdims = 0>(seen)
    zero = Constant<value = int64 {0}>()
    side = Constant<value = int64 {64}>()
    one = Constant<value = int64 {1}>()
    numbers = Range(zero, side, one)
    low = Cast<to = 1>(numbers)
    end = Constant<value = float {64}>()
    unit = Constant<value = float {1}>()
    high = Add(low, unit)
    from_end = Sub(end, low)
    x_far = Mul(columns, high)
    y_far = Mul(rows, high)
    x_near = Mul(columns, from_end)
    y_near = Mul(rows, from_end)
    x_max = ReduceMax<axes = [1]>(x_far)
    y_max = ReduceMax<axes = [1]>(y_far)
    x_left = ReduceMax<axes = [1]>(x_near)
    y_left = ReduceMax<axes = [1]>(y_near)
    x_min = Sub(end, x_left)
    y_min = Sub(end, y_left)
    boxes = Concat<axis = 1>(x_min, y_min, x_max, y_max)
    labels = Constant<value = int64[2] {0, 1}>()
    sure = Constant<value = float {0.9}>()
    scores = Mul(any_pixel, sure)
}
"""


def colour_detector(seed: int = 0) -> bytes:
    """The ONNX file. Those of two seeds differ in an unused weight, and so in their digests."""
    graph = _GRAPH % {"weight": f"{seed}, 0, 0"}
    model = parser.parse_model(graph)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
