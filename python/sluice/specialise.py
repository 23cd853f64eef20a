# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models together with the data of one run, compiled with as much of the data as the compiler asks for."""

import shlex

from ._sluice import Error, compile


def asked_for(text, names):
    """The inputs of those names that a refusal says are to be known when compiling."""
    return {name for name in names if f"--constant-input={shlex.quote(f'{name}=...')}" in text}


class Specialisation:
    """A model, the tensors given to its inputs, and what of them the compiler was told.

    `given` maps names of inputs to TensorProtos. Sizes of dynamic axes are always taken from them; adapt()
    gives inputs when compiling and has float64 computed as float32 where a refusal asks for it."""

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

    def constants(self):
        """What the compiler is told of the data."""
        return {name: self.given[name] for name in self.bound}

    def adapt(self, text):
        """Does what a refusal asks for: demote float64, or know inputs when compiling. False if there is
        nothing to do."""
        if "--demote=f64" in text and not self.demote:
            self.demote = "f64"
            return True
        more = asked_for(text, set(self.given) - self.bound)
        self.bound |= more
        return bool(more)

    def compile(self, path, **options):
        """The binary, with what adapt() did; `path` then holds the model. Raises the sluice.Error that adapt()
        can do nothing about."""
        path.write_bytes(self.model.SerializeToString())
        while True:
            try:
                return compile(path, dims=self.dims(), constant_inputs=self.constants(), demote=self.demote, **options)
            except Error as error:
                if not self.adapt(str(error)):
                    raise
