#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A Llama as onnxruntime-genai builds it (GroupQueryAttention with rotary embedding and cache,
SkipSimplifiedLayerNormalization) decodes 32 tokens; at every step its logits agree with ONNX Runtime's, which
tiny_llama.npz holds (see onnxruntime/decoder_logits.py)."""

import sys

import numpy as np
import sluice
from harness import SOURCE, external_model

sys.path.insert(0, str(SOURCE / "python/examples"))
from generate import Decoder, window_dims

TOLERANCE = 1e-3
EVERY = 64  # words whose logits are kept


def main():
    model = external_model("tiny-random-llama-fp32", "model.onnx")
    expected = np.load(SOURCE / "test/e2e/tiny_llama.npz")
    window = len(expected["logits"])
    binary = sluice.compile(model, dims=window_dims(str(model), window), f32_matmul="f32")
    decoder, worst = Decoder(binary), 0.0
    for step, (token, logits, likeliest) in enumerate(zip(expected["tokens"], expected["logits"], expected["likeliest"])):
        have = decoder.step(int(token))
        error = max(np.abs(have[::EVERY] - logits).max(), abs(have.max() - likeliest))
        worst = max(worst, float(error))
        assert error <= TOLERANCE, f"step {step}: a logit is off by {error}"
        assert have.argmax() == expected["tokens"][step + 1], f"step {step}: another token is the likeliest"
    print(f"{window} steps, logits off by at most {worst:.1e}; {binary.stats['cycles']} cycles a token")


main()
