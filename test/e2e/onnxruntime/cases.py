# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the families of cases build their models of."""

import zlib

import numpy as np
import onnx
from onnx import helper, numpy_helper

MICROSOFT = "com.microsoft"
STANDARD_VERSION = 21


def edge(name, array):
    """The declaration of an input or output like `array`."""
    return helper.make_tensor_value_info(name, onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[array.dtype], array.shape)


def initializer(name, value):
    """`value` is an array or, of a type that NumPy has not, a TensorProto."""
    if not isinstance(value, onnx.TensorProto):
        return numpy_helper.from_array(value, name)
    named = onnx.TensorProto()
    named.CopyFrom(value)
    named.name = name
    return named


def packed_tensor(data_type, numbers, bits):
    """A TensorProto of integers of 2 or 4 bits, which ONNX packs into bytes, the first in the lowest bits."""
    per_byte = 8 // bits
    fields = numbers.reshape(-1).astype(np.uint8) & ((1 << bits) - 1)
    fields = np.append(fields, np.zeros(-len(fields) % per_byte, np.uint8)).reshape(-1, per_byte)
    packed = np.bitwise_or.reduce(fields << (np.arange(per_byte) * bits).astype(np.uint8), 1)
    return onnx.TensorProto(data_type=data_type, dims=numbers.shape, raw_data=packed.tobytes())


class Case:
    """One model and what it is run on; the expected outputs are ONNX Runtime's."""

    def __init__(self, name, nodes, inputs, outputs, held=None, version=STANDARD_VERSION):
        """`inputs` are {name: array}, `held` (initialisers) {name: array or TensorProto}; `outputs` are names. `version`
        is the standard operator set's."""
        self.name, self.inputs, self.outputs = name, inputs, outputs
        # The case whose outputs are expected, where ONNX Runtime does not take this one.
        self.reference = self
        # Whether its float32 outputs are rounded to float16.
        self.narrowed = False
        edges = [edge(key, value) for key, value in inputs.items()]
        graph = helper.make_graph(nodes, name, edges, [onnx.ValueInfoProto(name=key) for key in outputs],
                                  [initializer(key, value) for key, value in (held or {}).items()])
        domains = {"": version} | {node.domain: 1 for node in nodes if node.domain}
        self.model = helper.make_model(graph, ir_version=8, producer_name="",
                                       opset_imports=[helper.make_opsetid(*pair) for pair in domains.items()])


def node_case(name, op, operands, outputs=("y",), held=(), domain=MICROSOFT, **attributes):
    """A case of one node. `operands` are {name: array} in order, None for one that is left out; those named in
    `held` are initialisers, the others inputs. An output named "" is left out."""
    node = helper.make_node(op, [key if value is not None else "" for key, value in operands.items()],
                            list(outputs), domain=domain, **attributes)
    given = {key: value for key, value in operands.items() if value is not None}
    return Case(name, [node], {key: value for key, value in given.items() if key not in held},
                [key for key in outputs if key], {key: given[key] for key in held})


def computed_in_float32(case):
    """The case of float16 operands, judged by the same nodes on float32 ones: for where ONNX Runtime has no float16
    kernel, or one that does not compute what its operator says."""
    def widen(arrays):
        return {key: value.astype(np.float32) if value.dtype == np.float16 else value for key, value in arrays.items()}

    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in case.model.graph.initializer}
    case.reference = Case(case.name, case.model.graph.node, widen(case.inputs), case.outputs, widen(held))
    case.narrowed = True
    return case


def unpack(packed, bits):
    """The numbers of `bits` in uint8, the first in the lowest bits, along the last dimension."""
    fields = [(packed >> shift) & ((1 << bits) - 1) for shift in range(0, 8, bits)]
    return np.stack(fields, -1).reshape(*packed.shape[:-1], -1)


class Numbers:
    """Random operands that depend on the case's name alone. Reals have few digits, so that files pack well."""

    def __init__(self, name):
        self.generator = np.random.default_rng(zlib.crc32(name.encode()))

    def reals(self, *shape, scale=1.0, dtype=np.float32):
        return (np.round(self.generator.standard_normal(shape) * 64) / 64 * scale).astype(dtype)

    def integers(self, low, high, *shape, dtype=np.int64):
        """From low up to but without high."""
        return self.generator.integers(low, high, shape).astype(dtype)
