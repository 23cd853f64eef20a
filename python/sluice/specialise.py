# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models together with the data of one run, compiled with as much of the data as the compiler asks for."""

import re

import onnx

from ._sluice import Error, compile

# Numbers of TensorProto.DataType: float, float16, double, bfloat16, and those of 8 and 4 bits, which onnx may not know.
FLOATS = {1, 10, 11, 16, 17, 18, 19, 20, 23, 24}


class Specialisation:
    """A model, the tensors given to its inputs, and what of them the compiler was told.

    `given` maps names of inputs to TensorProtos. Sizes of dynamic axes are always taken from them; adapt()
    turns inputs into initialisers and has float64 computed as float32 where a refusal asks for it."""

    def __init__(self, model, given):
        self.model = model
        held = {tensor.name for tensor in model.graph.initializer}
        self.inputs = [edge for edge in model.graph.input if edge.name not in held]
        self.given = given
        self.bound = set()
        self.demote = None

    def dims(self):
        """The sizes of dynamic axes, from the data."""
        sizes = {}
        for edge in self.inputs:
            if edge.name not in self.given or edge.name in self.bound:
                continue
            for axis, dim in enumerate(edge.type.tensor_type.shape.dim):
                if not dim.HasField("dim_value"):
                    sizes[dim.dim_param or f"{edge.name}.{axis}"] = self.given[edge.name].dims[axis]
        return sizes

    def write(self, path):
        """The model with the bound inputs as initialisers."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for name in sorted(self.bound):
            model.graph.initializer.add().CopyFrom(self.given[name])
            model.graph.initializer[-1].name = name
        path.write_bytes(model.SerializeToString())

    def adapt(self, text):
        """Does what a refusal asks for: demote float64, or know an input at compile time (the one that it
        names, else integers first). False if there is nothing to do."""
        if "--demote=f64" in text and not self.demote:
            self.demote = "f64"
            return True
        if "compile time" not in text:
            return False
        unbound = {name: tensor for name, tensor in self.given.items() if name not in self.bound}
        integers = {name for name, tensor in unbound.items() if tensor.data_type not in FLOATS}
        named = {name for name in re.findall(r"give '([^']*)' as an initialiser", text) if name in unbound}
        more = named or integers or set(unbound)
        self.bound |= more
        return bool(more)

    def compile(self, path, **options):
        """The binary, with what adapt() did; `path` then holds the model that it was made of. Raises the
        sluice.Error that adapt() can do nothing about."""
        while True:
            self.write(path)
            try:
                return compile(path, dims=self.dims(), demote=self.demote, **options)
            except Error as error:
                if not self.adapt(str(error)):
                    raise
