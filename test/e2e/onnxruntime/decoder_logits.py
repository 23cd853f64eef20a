#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decodes greedily in ONNX Runtime, over a cache that grows, and keeps what tiny_llama.py compares with.

    decoder_logits.py --runtime FOLDER MODEL OUT.npz

OUT.npz holds `tokens`, the first given and each other the likeliest after those before it, and for each but the last
`logits` of every 64th word and `likeliest`, the greatest of all."""

import argparse
from pathlib import Path

import numpy as np
import onnx
from generate import run_all

STEPS, FIRST, EVERY = 32, 1, 64
PAST, PRESENT = "past_key_values.", "present."


class Step:
    """What run_all takes: one run of the model."""

    def __init__(self, model, inputs):
        self.model, self.inputs, self.reference = model, inputs, self
        self.outputs = [edge.name for edge in model.graph.output]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runtime", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    model = onnx.load(str(options.model))
    cache = {}
    for edge in model.graph.input:
        if edge.name.startswith(PAST):
            heads, size = (edge.type.tensor_type.shape.dim[axis].dim_value for axis in (1, 3))
            cache[edge.name] = np.zeros((1, heads, 0, size), np.float32)
    tokens, logits, likeliest = [FIRST], [], []
    for step in range(STEPS):
        inputs = {"input_ids": np.array([[tokens[-1]]]), "attention_mask": np.ones((1, step + 1), np.int64), **cache}
        (outputs,) = run_all([Step(model, inputs)], options.runtime)
        outputs = dict(zip((edge.name for edge in model.graph.output), outputs))
        row = outputs["logits"][0, -1]
        cache = {name: outputs[PRESENT + name.removeprefix(PAST)] for name in cache}
        tokens.append(int(row.argmax()))
        logits.append(row[::EVERY])
        likeliest.append(row.max())
    np.savez_compressed(options.out, tokens=np.array(tokens), logits=np.array(logits), likeliest=np.array(likeliest))


if __name__ == "__main__":
    main()
