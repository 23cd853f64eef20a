"""Writes the models of the import tests with the onnx package: make_models.py FOLDER"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def save(name, graph, functions=(), opsets=(("", 13),), **options):
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    model = helper.make_model(graph, opset_imports=imports, functions=functions)
    onnx.save(model, os.path.join(sys.argv[1], name), **options)


def tensor(name, shape, element=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def linear():
    """A dynamic axis, an initialiser in the file, a Constant node."""
    weights = np.arange(64, dtype=np.float32).reshape(8, 8)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"], name="project"),
        helper.make_node("Constant", [], ["one"], value_float=1.0),
        helper.make_node("Add", ["h", "one"], ["y"]),
    ]
    return helper.make_graph(
        nodes,
        "linear",
        [tensor("x", ["batch", 8])],
        [tensor("y", ["batch", 8])],
        [numpy_helper.from_array(weights, "w")],
    )


def scaled():
    """A function with an attribute, called by the graph."""
    scale = helper.make_node("Constant", [], ["s"], name="scale")
    scale.attribute.append(helper.make_attribute("value_float", 0.0))
    scale.attribute[0].ClearField("f")
    scale.attribute[0].ref_attr_name = "by"
    function = helper.make_function(
        "local",
        "Scale",
        ["a"],
        ["r"],
        [scale, helper.make_node("Mul", ["a", "s"], ["r"], name="mul")],
        [helper.make_opsetid("", 17)],
        ["by"],
    )
    call = helper.make_node("Scale", ["x"], ["y"], name="call", domain="local", by=0.5)
    return helper.make_graph([call], "scaled", [tensor("x", [2])], [tensor("y", [2])]), function


save("linear.onnx", linear())
save("external.onnx", linear(), save_as_external_data=True, location="weights.bin", size_threshold=0)
graph, function = scaled()
save("scaled.onnx", graph, [function], [("", 13), ("local", 1)])
with open(os.path.join(sys.argv[1], "linear.onnx"), "rb") as whole:
    content = whole.read()
with open(os.path.join(sys.argv[1], "cut.onnx"), "wb") as cut:
    cut.write(content[: len(content) // 2])
