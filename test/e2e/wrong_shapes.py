#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX's node tests with the shape of one input broken: what does not compile is refused in words about the node's inputs.

A message names an input with its number, name and shape; it says nothing of tensors that only the compiler has. What
ONNX's own inference of shapes refuses, the compiler refuses too."""

import re
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference
from onnx.backend.test.loader import DATA_DIR

from harness import BIN

# Of an operator as many tests; their kinds of operands differ.
TESTS_OF_OPERATOR = 2

# Accepted beyond ONNX's word: K of one element and any rank; a state of a loop whose shape changes as it runs.
LENIENT = ("TopK", "Scan", "Loop")

# Not about shapes: what the machine cannot do at all, or values that shapes are made of.
OTHER_REASONS = re.compile(r"beyond the machine|is of type|--demote|element type|is not supported|its shape takes")
# "input 1 (W) has shape 2x3", "input 1 (W) of shape 2x3", "input 1 (W) has rank 3, need 2: its shape is 1x2x3"
NAMES_INPUT = re.compile(r"input \d+ \(\w+\) (has|of) (shape|rank|\d+ elements)|input \d+ \(\w+\) (is|holds) ")
# Words of the compiler's own tensors and passes.
INNER = re.compile(r"stensor|tensor<|operands do not fit|do not make a tensor|have no product|beside one another")


def variants(shape):
    """Shapes with one size or one axis more, and with one less."""
    for axis, size in enumerate(shape):
        yield shape[:axis] + (size + 1,) + shape[axis + 1:]
        if size > 1:
            yield shape[:axis] + (1,) + shape[axis + 1:]
    yield (2, *shape)
    if shape:
        yield shape[1:]


def cases():
    """(name, model, values of its inputs) of some tests of each operator."""
    taken = {}
    for folder in sorted((Path(DATA_DIR) / "node").iterdir()):
        if "expanded" in folder.name:
            continue
        model = onnx.load(str(folder / "model.onnx"))
        if len(model.graph.node) != 1 or any(not i.type.tensor_type.elem_type for i in model.graph.input):
            continue
        if isRefusedByOnnx(model):  # as it is
            continue
        operator = model.graph.node[0].op_type
        if taken.setdefault(operator, 0) == TESTS_OF_OPERATOR:
            continue
        taken[operator] += 1
        files = [folder / "test_data_set_0" / f"input_{number}.pb" for number in range(len(model.graph.input))]
        tensors = [onnx.load_tensor(str(file)) for file in files]
        edges = [edge.type.tensor_type for edge in model.graph.input]
        # Some tests' data are of another shape or type than the model says.
        if all(tensor.data_type == edge.elem_type and list(tensor.dims) == [dim.dim_value for dim in edge.shape.dim]
               for tensor, edge in zip(tensors, edges)):
            yield folder.name, model, [numpy_helper.to_array(tensor) for tensor in tensors]


def broken(model, values, index, shape):
    """The model with input `index` of that shape, and all others but the first constants."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    dims = result.graph.input[index].type.tensor_type.shape.dim
    del dims[:]
    for size in shape:
        dims.add().dim_value = size
    for number, (value, declared) in enumerate(zip(values, result.graph.input)):
        if number and value.dtype.kind in "iufb":
            value = np.resize(value, shape) if number == index else value
            tensor = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), declared.name)
            tensor.data_type = declared.type.tensor_type.elem_type
            result.graph.initializer.append(tensor)
    for output in result.graph.output:
        output.type.tensor_type.ClearField("shape")
    return result


def isRefusedByOnnx(model):
    try:
        shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except shape_inference.InferenceError:
        return True
    return False


class WrongShapes(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def compile(self, job):
        """What the compiler says; None if it has nothing against the model."""
        number, model = job
        path = self.folder / f"{number}.onnx"
        onnx.save(model, str(path))
        done = subprocess.run([BIN / "sluice-compile", path, "--compile-to=stensor", "-o", path.with_suffix(".mlir")],
                              capture_output=True, text=True, errors="replace", timeout=60)
        self.assertIn(done.returncode, (0, 1), f"{path}: {done.stderr}")
        return done.stderr if done.returncode else None

    def test_node_tests(self):
        jobs, names = [], []
        for name, model, values in cases():
            for index, value in enumerate(values):
                for shape in variants(value.shape):
                    if np.prod(shape, dtype=float) <= 1 << 16:
                        names.append(f"{name}: {model.graph.input[index].name} {value.shape} as {shape}")
                        jobs.append((len(jobs), broken(model, values, index, shape)))
        self.assertGreater(len(jobs), 1000)
        with ThreadPoolExecutor() as pool:
            said = list(pool.map(self.compile, jobs))
        self.assertGreater(sum(text is not None for text in said), 400)
        for name, (_, model), text in zip(names, jobs, said):
            with self.subTest(name):
                if text is None:
                    self.assertFalse(model.graph.node[0].op_type not in LENIENT and isRefusedByOnnx(model), "accepted")
                    continue
                self.assertIsNone(INNER.search(text), text)
                if not OTHER_REASONS.search(text):
                    self.assertRegex(text, NAMES_INPUT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
