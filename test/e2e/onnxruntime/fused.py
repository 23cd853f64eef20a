# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Activations and products that ONNX Runtime's optimiser puts together."""

import itertools

import numpy as np
from cases import Numbers, node_case


def gelus():
    for kind, dtype in {"f32": np.float32, "f16": np.float16}.items():
        for op, bias in (("Gelu", False), ("FastGelu", False), ("FastGelu", True), ("BiasGelu", True), ("QuickGelu", False)):
            if kind == "f16" and op in ("Gelu", "BiasGelu"):
                continue
            name = f"{op}_{kind}{'_bias' if bias and op == 'FastGelu' else ''}"
            numbers = Numbers(name)
            operands = {"x": numbers.reals(3, 40, scale=2, dtype=dtype)}
            if bias:
                operands["bias"] = numbers.reals(40, dtype=dtype)
            yield node_case(name, op, operands)
    for alpha in (1.0, 0.3):
        name = f"QuickGelu_alpha{alpha}"
        yield node_case(name, "QuickGelu", {"x": Numbers(name).reals(2, 30, scale=2)}, alpha=alpha)


def products():
    for trans_a, trans_b, alpha in itertools.product((0, 1), (0, 1), (1.0, 0.25)):
        name = f"matmul_a{trans_a}_b{trans_b}_alpha{alpha}"
        numbers = Numbers(name)
        yield node_case(name, "FusedMatMul", {"a": numbers.reals(*((7, 5) if trans_a else (5, 7))),
                                              "b": numbers.reals(*((4, 7) if trans_b else (7, 4)))},
                        transA=trans_a, transB=trans_b, alpha=alpha)
    for batch_a, batch_b, trans_a, trans_b in itertools.product((0, 1), repeat=4):
        name = f"matmul_batches_a{batch_a}{trans_a}_b{batch_b}{trans_b}"
        numbers = Numbers(name)

        def shape(rows, columns, batch, trans):
            rows, columns = (columns, rows) if trans else (rows, columns)
            return (rows, 2, 3, columns) if batch else (2, 3, rows, columns)

        yield node_case(name, "FusedMatMul", {"a": numbers.reals(*shape(3, 5, batch_a, trans_a)),
                                              "b": numbers.reals(*shape(5, 4, batch_b, trans_b))},
                        transA=trans_a, transB=trans_b, transBatchA=batch_a, transBatchB=batch_b)
    for name, (a, b) in {"matmul_broadcast": ((2, 3, 4, 5), (5, 6)), "matmul_vector": ((5,), (2, 5, 3)),
                         "matmul_deep": ((2, 330), (330, 3))}.items():
        numbers = Numbers(name)
        yield node_case(name, "FusedMatMul", {"a": numbers.reals(*a), "b": numbers.reals(*b)}, alpha=2.0)
    for activation, parameters in {"Relu": {}, "Tanh": {}, "Sigmoid": {}, "LeakyRelu": {"activation_alpha": 0.2},
                                   "HardSigmoid": {"activation_alpha": 0.3, "activation_beta": 0.4}}.items():
        name = f"gemm_{activation}"
        numbers = Numbers(name)
        yield node_case(name, "FusedGemm", {"a": numbers.reals(3, 5), "b": numbers.reals(4, 5), "c": numbers.reals(4)},
                        transB=1, alpha=0.5, beta=2.0, activation=activation, **parameters)


def convolutions():
    for activation, parameters in {"Relu": [], "Tanh": [], "Sigmoid": [], "LeakyRelu": [0.2], "Clip": [-0.5, 1.0],
                                   "HardSigmoid": [0.3, 0.4]}.items():
        name = f"conv_{activation}"
        numbers = Numbers(name)
        yield node_case(name, "FusedConv", {"x": numbers.reals(1, 2, 5, 5), "w": numbers.reals(3, 2, 3, 3),
                                            "b": numbers.reals(3)}, held=("w", "b"), pads=[1, 1, 1, 1],
                        activation=activation, **({"activation_params": parameters} if parameters else {}))
    name = "conv_sum"
    numbers = Numbers(name)
    yield node_case(name, "FusedConv", {"x": numbers.reals(1, 2, 5, 5), "w": numbers.reals(3, 2, 3, 3),
                                        "b": numbers.reals(3), "z": numbers.reals(1, 3, 3, 3)}, held=("w", "b"),
                    activation="Relu")


def triangles():
    for upper, k in itertools.product((0, 1), (None, 1, -2)):
        name = f"trilu_{'upper' if upper else 'lower'}_{k}"
        yield node_case(name, "Trilu", {"x": Numbers(name).reals(2, 4, 5), "k": None if k is None else np.array(k)},
                        held=() if k is None else ("k",), upper=upper)


def cases():
    yield from gelus()
    yield from products()
    yield from convolutions()
    yield from triangles()
