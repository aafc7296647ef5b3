"""Writes a network of one layer: PYTHON tiny.py FILE. Serving it costs more than running it."""

import sys

from onnx import TensorProto, checker, helper, save

SHAPE = ["n", 3, "h", "w"]

node = helper.make_node("GlobalAveragePool", ["picture"], ["mean"])
given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, SHAPE)
made = helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["n", 3, 1, 1])
graph = helper.make_graph([node], "tiny", [given], [made])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
checker.check_model(model)
save(model, sys.argv[1])
