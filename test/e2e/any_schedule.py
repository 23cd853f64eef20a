#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""any_schedule.py [SEEDS]: random legal schedules of a model, in random order with random slack, are proven and give
the bits of the reference interpreter. So values do not depend on how they are scheduled, and the rules of timing
come from the target description. SEEDS schedules (by default 40) of each model, on 1, 2 and 8 cards in turn."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

import models
import sluice
from bench import decoder_step
from harness import MODELS, assert_same_bits, load_pb


def digits():
    folder = MODELS / "mnist-8"
    if not folder.exists():
        return models.layer()
    return onnx.load(str(folder / "model.onnx")), {"Input3": load_pb(folder / "test_data_set_0" / "input_0.pb")}


# Where the trained models are not beside the project, made ones take their places.
WORKLOADS = {
    "attention block": models.attention_block,
    "perceptron": models.perceptron,
    "int8 matmul": lambda: models.matmul(40, 700, 650, np.int8),
    "digits": digits,
    "decoder": lambda: decoder_step(past=15) or models.attention_block(tokens=5, heads=2),
}


def check(path, build, seeds):
    """Cycles of the shortest and the longest schedule."""
    model, feeds = build()
    onnx.save(model, str(path))
    dims = {dim.dim_param: size for value in model.graph.input if value.name in feeds
            for dim, size in zip(value.type.tensor_type.shape.dim, feeds[value.name].shape) if dim.dim_param}
    expected = sluice.interpret(path, feeds, dims=dims)
    cycles = []
    for seed in range(seeds):
        binary = sluice.compile(path, dims=dims, cards=(1, 2, 8)[seed % 3], schedule_seed=seed)
        assert_same_bits(binary.run(feeds), expected, f"seed {seed}")
        cycles.append(binary.stats["cycles"])
    assert len(set(cycles)) > seeds // 2, f"{len(set(cycles))} different lengths: the schedules are not random"
    return min(cycles), max(cycles)


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory() as folder:
        for name, build in WORKLOADS.items():
            shortest, longest = check(Path(folder, "model.onnx"), build, seeds)
            print(f"ok    {name}: {seeds} schedules of {shortest} to {longest} cycles, equal bits", flush=True)


main()
