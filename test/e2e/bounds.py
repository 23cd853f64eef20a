#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""bounds.py [PROGRAMS [FIRST]]: no schedule is shorter than the bounds that are computed from the stensor and tile levels. PROGRAMS
random models (by default 300), some of images, on targets tiny, small and tsp1 and 1 to 8 cards, each scheduled as the compiler does and at
random; FIRST is the seed of the first."""

import sys
import tempfile
from pathlib import Path

import onnx

import random_models
import sluice

BOUNDS = ("tensor_bound", "resource_bound", "path_bound")
CARDS = (1, 1, 1, 2, 3, 5, 8)
# With what they hold: the lanes of the small ones are a tenth, and `tiny` has no slices for a product's weights.
TARGETS = (("tiny", {"widest": 32, "products": False}), ("small", {"widest": 32}), ("tsp1", {}), ("tsp1", {}))


# What was not proven once: sums that a row without a pause would have found too young.
KNOWN = (9714,)


def check(path, seed):
    """What is shorter than a bound, the ratios of the model's schedules, and why it does not compile, if it does not."""
    cards, (target, limits) = CARDS[seed % len(CARDS)], TARGETS[seed % len(TARGETS)]
    model, _ = random_models.images(seed) if seed % 5 == 4 and target == "tsp1" else random_models.build(seed, **limits)
    onnx.save(model, str(path))
    accuracy = "f32" if target == "tsp1" and seed % 3 == 0 else "f16"
    faults, ratios = [], []
    for schedule in (None, seed):
        try:
            stats = sluice.compile(path, cards=cards, target=target, f32_matmul=accuracy, schedule_seed=schedule).stats
        except sluice.Error as error:
            if "not proven" in str(error):
                raise
            return faults, ratios, str(error)
        cycles, largest = stats["cycles"], max(stats[bound] for bound in BOUNDS)
        ratios.append(cycles / largest if largest else 1)
        for bound in BOUNDS:
            if stats[bound] > cycles:
                faults.append(f"model {seed}, {cards} cards of {target}, schedule {schedule}: {bound} {stats[bound]} of a "
                              f"program of {cycles} cycles")
    return faults, ratios, None


def main():
    programs = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    refused, ratios, faults = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in (*range(first, first + programs), *KNOWN):
            found, of, reason = check(Path(folder, "model.onnx"), seed)
            faults += found
            ratios += of
            refused += [reason] if reason else []
    for fault in faults:
        print(f"FAIL  {fault}")
    print(f"{'FAIL' if faults else 'ok'}    {len(ratios)} schedules of {programs} models, {len(refused)} of them refused; "
          f"cycles by the largest bound: {min(ratios):.3f} to {max(ratios):.3f}")
    # Most of the models must say something.
    assert len(refused) <= programs // 2, refused[:3]
    sys.exit(bool(faults))


main()
