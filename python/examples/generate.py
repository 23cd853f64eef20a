#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Greedy decoding with a KV-cached decoder, one token a run, in a fixed window of positions.

    generate.py model.onnx --tokenizer tok512.bin --steps 200

The model has inputs input_ids [batch, seq], attention_mask [batch, total], past_key_values.* [batch, heads, past,
size] and perhaps position_ids [batch, seq], and outputs logits [batch, seq, vocabulary] and present.* [batch, heads,
total, size], whatever it calls its dynamic axes. The newest key is either the window's last position, so that after
each step the past is what was present without its oldest position; or it follows those before it at the window's
start, until the window is full.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

try:
    import sluice
except ImportError:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "build" / "python"))
    import sluice

from tokenizer import BOS, EOS, Tokenizer

PAST, PRESENT = "past_key_values.", "present."


def window_dims(model, window):
    """The sizes of the model's dynamic axes for one token a run in a window of positions."""
    import onnx

    sizes = {}
    for edge in onnx.load(model, load_external_data=False).graph.input:
        total_or_seq = window if edge.name == "attention_mask" else 1
        wanted = (1, 0, window - 1, 0) if edge.name.startswith(PAST) else (1, total_or_seq)
        for dim, size in zip(edge.type.tensor_type.shape.dim, wanted):
            if dim.dim_param:
                sizes[dim.dim_param] = size
    return sizes


class Decoder:
    """A compiled decoder and its cache."""

    def __init__(self, binary):
        self.binary = binary
        missing = {"input_ids", "attention_mask"} - set(binary.inputs)
        pasts = [name for name in binary.inputs if name.startswith(PAST)]
        missing |= {PRESENT + name.removeprefix(PAST) for name in pasts} - set(binary.outputs)
        if missing or not pasts:
            raise SystemExit(f"generate.py: not a KV-cached decoder: no {', '.join(sorted(missing)) or PAST + '*'}")
        self.cache = {name: np.zeros(*binary.inputs[name]) for name in pasts}
        self.mask = np.zeros(*binary.inputs["attention_mask"])
        self.position = 0
        self.kept = None

    def step(self, token):
        """Feeds one token; the logits of the next."""
        if self.kept == slice(-1) and self.position >= self.mask.shape[1]:
            raise SystemExit(f"generate.py: the window of {self.mask.shape[1]} positions is full")
        self.mask[0, -1 - self.position :] = 1
        feeds = {"input_ids": np.array([[token]], np.int64), "attention_mask": self.mask, **self.cache}
        if "position_ids" in self.binary.inputs:
            feeds["position_ids"] = np.array([[self.position]], np.int64)
        outputs = self.binary.run(feeds)
        present = {name: outputs[PRESENT + name.removeprefix(PAST)] for name in self.cache}
        if not self.kept:
            # The first key stands at the window's start or at its end.
            at_start = any(keys[:, :, 0].any() for keys in present.values())
            self.kept = slice(-1) if at_start else slice(1, None)
        self.cache = {name: keys[:, :, self.kept] for name, keys in present.items()}
        self.position += 1
        return outputs["logits"][0, -1]


def generate(decoder, tokens, steps, show):
    """Continues `tokens` to `steps` after the first; `show` gets each new one with its predecessor."""
    given, tokens = tokens, tokens[:1]
    for step in range(steps):
        logits = decoder.step(tokens[-1])
        token = given[step + 1] if step + 1 < len(given) else int(logits.argmax())
        if token in (BOS, EOS):
            break
        show(tokens[-1], token)
        tokens.append(token)
    return tokens


def main():
    parser = argparse.ArgumentParser(description="Greedy decoding with a KV-cached ONNX decoder.")
    parser.add_argument("model", help="ONNX model, or a binary compiled from one (.slu)")
    parser.add_argument("--tokenizer", required=True, help="tokenizer in llama2.c's format")
    parser.add_argument("--steps", type=int, default=200, help="tokens to decode (default: 200)")
    parser.add_argument("--window", type=int, default=256, help="positions of the context (default: 256)")
    parser.add_argument("--prompt", default="", help="text to continue")
    parser.add_argument("--f32-matmul", choices=["f16", "f32"], default="f16", help="how fp32 contractions run")
    parser.add_argument("--cards", type=int, default=1, help="cards of one node to compile for (default: 1)")
    parser.add_argument("--tokens-json", metavar="FILE", help="write the tokens as a JSON list")
    arguments = parser.parse_args()
    if arguments.window < 2:
        parser.error("--window: at least 2 positions")

    tokenizer = Tokenizer(arguments.tokenizer)
    start = time.monotonic()
    if arguments.model.endswith(".slu"):
        binary = sluice.Binary.load(arguments.model)
    else:
        dims = window_dims(arguments.model, arguments.window)
        binary = sluice.compile(arguments.model, dims=dims, cards=arguments.cards, f32_matmul=arguments.f32_matmul)
    compiled = time.monotonic()

    def show(previous, token):
        sys.stdout.buffer.write(tokenizer.piece(previous, token))
        sys.stdout.buffer.flush()

    tokens = generate(Decoder(binary), tokenizer.encode(arguments.prompt), arguments.steps, show)
    print()
    if arguments.tokens_json:
        Path(arguments.tokens_json).write_text(json.dumps(tokens))
    count, ran = len(tokens) - 1, time.monotonic() - compiled
    print(f"{count} tokens; compiled in {compiled - start:.1f} s, ran in {ran:.1f} s; "
          f"modelled {binary.stats['cycles']} cycles = {binary.stats['microseconds']:.1f} µs a token", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (sluice.Error, OSError, ValueError) as error:
        sys.exit(f"generate.py: error: {error}")
