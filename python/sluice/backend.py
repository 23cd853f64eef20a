# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sluice as a backend of ONNX (onnx.backend.base): models are compiled, proven and run on the executor.

    import sluice.backend
    outputs = sluice.backend.run_model(model, [x])

What the compiler refuses raises BackendIsNotSupposedToImplementIt, which ONNX's own test runner takes for "not
supported"; a program that the verifier does not prove, or inputs that do not fit, raise sluice.Error.

Options of prepare, run_model and run_node are those of sluice.compile, with the tests' accuracy as default:
f32_matmul="f32". float64 is computed as float32. Sizes of dynamic axes, and inputs that the compiler must know
(shapes, axes, ...), are taken from the data of each run, for which the model is then compiled anew."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnx.checker
import onnx.defs
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.base import Backend, BackendRep, namedtupledict
from onnx.backend.test.runner import BackendIsNotSupposedToImplementIt

from ._sluice import Error
from .specialise import Specialisation, asked_for


def _refusal(error):
    """What a compiler's error is to ONNX: a refusal, unless the compiler itself failed."""
    return error if "is not proven" in str(error) else BackendIsNotSupposedToImplementIt(str(error))


def _tensor(name, value):
    if isinstance(value, TensorProto):
        return value
    try:
        return numpy_helper.from_array(value, name)
    except (AttributeError, KeyError, NotImplementedError, TypeError):
        raise BackendIsNotSupposedToImplementIt(f"input '{name}' is no tensor") from None


def _element_type(dtype):
    return numpy_helper.from_array(np.empty(0, dtype)).data_type


class SluiceRep(BackendRep):
    """A model ready to run: compiled already where that takes no data."""

    def __init__(self, model, options):
        self.model, self.options = model, options
        self.names = [edge.name for edge in Specialisation(model, {}).inputs]
        self.static = None
        dynamic = not all(dim.HasField("dim_value") for edge in Specialisation(model, {}).inputs
                          for dim in edge.type.tensor_type.shape.dim)
        try:
            self.static = None if dynamic else self._compile(Specialisation(model, {}))
        except Error as error:
            if not asked_for(str(error), self.names):
                raise _refusal(error) from None

    def _compile(self, specialisation):
        with tempfile.TemporaryDirectory() as folder:
            return specialisation.compile(Path(folder) / "model.onnx", **self.options)

    def run(self, inputs, **kwargs):
        """The outputs in the graph's order, for arrays in the order of its inputs or {name: array}. The tuple
        takes names of outputs for indices, too."""
        if not isinstance(inputs, dict):
            inputs = [inputs] if hasattr(inputs, "dtype") else inputs
            inputs = dict(zip(self.names, inputs, strict=True))
        binary = self.static
        if not binary:
            specialisation = Specialisation(self.model, {name: _tensor(name, value) for name, value in inputs.items()})
            try:
                binary = self._compile(specialisation)
            except Error as error:
                raise _refusal(error) from None
            inputs = {name: value for name, value in inputs.items() if name not in specialisation.bound}
        outputs = binary.run(inputs)
        names = [edge.name for edge in self.model.graph.output]
        return namedtupledict("Outputs", names)(*(outputs[name] for name in names))


class SluiceBackend(Backend):
    @classmethod
    def supports_device(cls, device):
        """Programs run on the executor, which is an x86 program."""
        return device.split(":")[0] == "CPU"

    @classmethod
    def prepare(cls, model, device="CPU", **options):
        """A SluiceRep of a ModelProto."""
        if not cls.supports_device(device):
            raise BackendIsNotSupposedToImplementIt(f"there is no device {device}")
        # The compiler knows younger versions than the checker may.
        if all(opset.version <= onnx.defs.onnx_opset_version() for opset in model.opset_import if not opset.domain):
            onnx.checker.check_model(model)
        return SluiceRep(model, {"f32_matmul": "f32", **options})

    @classmethod
    def run_node(cls, node, inputs, device="CPU", outputs_info=None, opset_version=None, **options):
        """The outputs of one node. `outputs_info` holds (dtype, shape) of each; without it they follow from
        the inputs. `opset_version` is the newest that ONNX has unless given."""
        version = opset_version or onnx.defs.onnx_opset_version()
        super().run_node(node, inputs, device, outputs_info, opset_version=version)
        arrays = dict(zip((name for name in node.input if name), inputs, strict=True))
        edges = [helper.make_tensor_value_info(name, _tensor(name, array).data_type, array.shape)
                 for name, array in arrays.items()]
        results = [onnx.ValueInfoProto(name=name) for name in node.output if name]
        for result, (dtype, shape) in zip(results, outputs_info or ()):
            result.CopyFrom(helper.make_tensor_value_info(result.name, _element_type(dtype), shape))
        graph = helper.make_graph([node], "node", edges, results)
        opsets = [helper.make_opsetid(node.domain, version)]
        return SluiceRep(helper.make_model(graph, opset_imports=opsets), {"f32_matmul": "f32", **options}).run(arrays)


is_compatible = SluiceBackend.is_compatible
prepare = SluiceBackend.prepare
run_model = SluiceBackend.run_model
run_node = SluiceBackend.run_node
supports_device = SluiceBackend.supports_device
