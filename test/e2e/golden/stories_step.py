#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One decoding step of stories260K through the reference interpreter against a NumPy implementation in
float64 that knows the checkpoint, not the ONNX graph: a real export's shape arithmetic, masks and cache are
understood, and both ways of contracting float32 are as exact as they should be."""

import struct
import tempfile
from pathlib import Path

import numpy as np

from harness import external_model, golden

WINDOW, PAST = 32, 20
MODEL = external_model("stories260K", "stories260K.onnx")


class Llama:
    """A llama2.c checkpoint: weights [layer, out, in], attention one token at a time."""

    def __init__(self, path):
        raw = path.read_bytes()
        self.dim, hidden, self.layers, self.heads, self.kv_heads, vocab, _ = struct.unpack("<7i", raw[:28])
        vocab, self.head = abs(vocab), self.dim // self.heads
        offset = 28

        def take(*shape):
            nonlocal offset
            count = int(np.prod(shape))
            offset += 4 * count
            return np.frombuffer(raw, "<f4", count, offset - 4 * count).reshape(shape).astype(np.float64)

        kv = self.kv_heads * self.head
        self.embed, self.norm_att = take(vocab, self.dim), take(self.layers, self.dim)
        self.q, self.k = take(self.layers, self.dim, self.dim), take(self.layers, kv, self.dim)
        self.v, self.o = take(self.layers, kv, self.dim), take(self.layers, self.dim, self.dim)
        self.norm_ffn = take(self.layers, self.dim)
        self.gate, self.down = take(self.layers, hidden, self.dim), take(self.layers, self.dim, hidden)
        self.up, self.norm = take(self.layers, hidden, self.dim), take(self.dim)

    def rotate(self, x, position):
        """Rotary embedding of [heads, head] whose pairs are neighbours; returns the halves apart, as the model keeps them."""
        angle = position / 10000 ** (np.arange(0, self.head, 2) / self.head)
        even, odd = x[:, 0::2], x[:, 1::2]
        return np.concatenate([even * np.cos(angle) - odd * np.sin(angle),
                               odd * np.cos(angle) + even * np.sin(angle)], axis=1)

    def step(self, token, position, cache):
        """The logits; appends to cache[layer] = (keys, values), each a list of [kv_heads, head]."""
        def normed(x, weight):
            return x / np.sqrt(np.mean(x * x) + 1e-5) * weight

        x = self.embed[token]
        for layer, (keys, values) in enumerate(cache):
            y = normed(x, self.norm_att[layer])
            q = self.rotate((self.q[layer] @ y).reshape(self.heads, -1), position)
            keys.append(self.rotate((self.k[layer] @ y).reshape(self.kv_heads, -1), position))
            values.append((self.v[layer] @ y).reshape(self.kv_heads, -1))
            group = self.heads // self.kv_heads
            out = []
            for head in range(self.heads):
                k, v = (np.stack([entry[head // group] for entry in kv]) for kv in (keys, values))
                scores = k @ q[head] / np.sqrt(self.head)
                weights = np.exp(scores - scores.max())
                out.append(weights / weights.sum() @ v)
            x = x + self.o[layer] @ np.concatenate(out)
            y = normed(x, self.norm_ffn[layer])
            gate = self.gate[layer] @ y
            x = x + self.down[layer] @ (gate / (1 + np.exp(-gate)) * (self.up[layer] @ y))
        return self.embed @ normed(x, self.norm)


def main():
    llama = Llama(MODEL.parent / "stories260K.bin")
    cache = [([], []) for _ in range(llama.layers)]
    token = 1
    for position in range(PAST):
        logits = llama.step(token, position, cache)
        token = int(logits.argmax())

    # A fixed window: the filled part of the cache, the rest masked.
    mask = np.zeros((1, WINDOW), np.int64)
    mask[0, :PAST] = mask[0, -1] = 1
    feeds = {"input_ids": np.array([[token]]), "position_ids": np.array([[PAST]]), "attention_mask": mask}
    for layer, kv in enumerate(cache):
        for kind, entries in zip(("key", "value"), kv):
            past = np.zeros((1, llama.kv_heads, WINDOW - 1, llama.head), np.float32)
            past[0, :, :PAST] = np.stack(entries, axis=1)
            feeds[f"past_key_values.{layer}.{kind}"] = past
    logits = llama.step(token, PAST, cache)
    dims = [f"--dim={name}={size}" for name, size in dict(batch=1, seq=1, past=WINDOW - 1, total=WINDOW).items()]
    for mode, tolerance in (("f32", 1e-5), ("f16", 1e-2)):
        with tempfile.TemporaryDirectory() as root:
            outputs = golden(Path(root), MODEL, feeds, f"--f32-matmul={mode}", *dims)
        worst = float(np.abs(outputs["logits"][0, 0] - logits).max() / np.abs(logits).max())
        print(f"{mode}: logits differ by {worst:.1e} of the largest")
        assert worst < tolerance
        for layer, kv in enumerate(cache):
            for kind, entries in zip(("key", "value"), kv):
                have = outputs[f"present.{layer}.{kind}"][0, :, -1]
                assert np.allclose(have, entries[-1], rtol=0, atol=tolerance * np.abs(entries[-1]).max()), \
                    f"{mode}: present.{layer}.{kind} is {have}, expected {entries[-1]}"


main()
