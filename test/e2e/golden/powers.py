#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""powers.py [CASE...]: Pow of integers through the whole way against exact integers, every power that fits 32 bits
among them, and of mixed types against exact or float64 ones."""

import numpy as np

from operators import RNG, case, node, run, wholes

INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64]


def fitting(dtype):
    """Every base and exponent from 2 on whose power the type has, all bases for exponents 0 and 1 that bytes have,
    and 0, 1 and -1 to great powers."""
    info = np.iinfo(np.int32 if dtype == np.int64 else dtype)
    pairs = [(b, e) for b in range(max(info.min, -128), min(info.max, 255) + 1) for e in (0, 1)]
    pairs += [(b, e) for b in (0, 1, -1) if b >= info.min for e in (2, 3, 31, 32, 33, 63, 64, 100, 127)]
    for exponent in range(2, 33):
        base = 2
        while base**exponent <= info.max or info.min <= (-base) ** exponent < 0:
            pairs += [(b, exponent) for b in (base, -base) if info.min <= b**exponent <= info.max and b >= info.min]
            base += 1
    return pairs


@case
def every_power_that_fits():
    for dtype in INTEGERS:
        pairs = fitting(dtype)
        bases, exponents = np.array([b for b, _ in pairs], dtype), np.array([e for _, e in pairs])
        want = np.array([b**e for b, e in pairs], dtype)
        # Bases beside which a known exponent would be folded are left to integer_operators.py.
        for exponent_type in ((np.int32, np.int8, np.uint32, np.int64, np.float32) if dtype == np.int32 else (dtype, np.float32)):
            yield node("Pow", [bases, exponents.astype(exponent_type)], want)


@case
def known_exponents():
    for dtype in INTEGERS:
        limits = np.iinfo(np.int32 if dtype == np.int64 else dtype)
        bases = wholes(300, low=limits.min, high=limits.max, dtype=dtype)
        if dtype == np.int64:
            bases %= 46341
        for exponent in (0, 1, 2) if dtype == np.int64 else (0, 1, 3, 40, 65, 1000):
            want = np.array([pow(b, exponent, 2 ** (8 * bases.itemsize)) for b in bases.tolist()], object)
            if np.iinfo(dtype).min < 0:
                half = 2 ** (8 * bases.itemsize - 1)
                want = (want + half) % (2 * half) - half
            for kind in (np.int32, np.int64, np.float32) if dtype == np.int32 else (np.float32,):
                yield node("Pow", [bases], want.astype(dtype), [np.array(exponent, kind)])
        wrap = lambda values: np.array(values, object).astype(np.uint64 if max(values) >= 2**63 else np.int64).astype(dtype)
        several = np.array([0, 1, 2, 3, 7, 2, 1, 0, 4, 5], np.int64)
        small = bases[:10] % 8
        yield node("Pow", [small], wrap([b**e for b, e in zip(small.tolist(), several.tolist())]), [several])
        yield node("Pow", [small[:1], several], wrap([small[0].item() ** e for e in several.tolist()]))


@case
def negative_exponents():
    """What the quotient is cut to; zero's has no integer."""
    bases, exponents = (grid.ravel() for grid in np.meshgrid([-128, -3, -2, -1, 0, 1, 2, 5, 127], [-128, -9, -8, -2, -1]))
    for dtype in (np.int8, np.int32, np.int64):
        greatest = np.iinfo(np.int32 if dtype == np.int64 else dtype).max
        want = np.array([greatest if b == 0 else int(b**int(e % 2)) if abs(b) == 1 else 0 for b, e in zip(bases, exponents)], dtype)
        for kind in (np.int8, np.int32, np.float32):
            yield node("Pow", [bases.astype(dtype), exponents.astype(kind)], want)
        for exponent in (-1, -2):
            some = want[exponents == exponent]
            yield node("Pow", [bases[exponents == exponent].astype(dtype)], some, [np.array(exponent, np.int32)])


@case
def integers_to_real_powers():
    """Cut to integers; exact where the power is one."""
    bases = np.arange(0, 3000, 7, dtype=np.int32)
    for exponent in (0.5, 1.5, 2.5, 0.25, -0.5, 0.75):
        with np.errstate(divide="ignore"):
            real = bases.astype(np.float64) ** exponent
        want = np.where(np.isinf(real) | (real >= 2**31), 2**31 - 1, np.trunc(np.minimum(real, 2.0**31) + 1e-9)).astype(np.int32)
        yield node("Pow", [bases], want, [np.array(exponent, np.float32)])
        yield node("Pow", [bases, np.full(bases.shape, exponent, np.float32)], want)
    perfect = np.array([r**4 for r in range(200)], np.int32)
    for exponent, root in ((0.25, 1), (0.5, 2), (0.75, 3)):
        yield node("Pow", [perfect, np.full(200, exponent, np.float32)], np.arange(200, dtype=np.int32) ** root)
    near = np.array([n for r in range(2, 46341, 61) for n in (r * r - 1, r * r, r * r + 1)], np.int64)
    roots = np.array([int(np.floor(np.sqrt(n))) for n in near.tolist()])
    for dtype in (np.int32, np.uint32, np.int64):
        yield node("Pow", [near.astype(dtype)], roots.astype(dtype), [np.array(0.5, np.float32)])
    whole = np.array([0.0, -0.0, 1, 2, 3, 19, 31, -1, -2, 3e9, np.inf, -np.inf], np.float32)
    for base, want in ((1, [1] * 12), (-1, [1, 1, -1, 1, -1, -1, -1, -1, 1, 1, 1, 1]),
                       (2, [1, 1, 2, 4, 8, 2**19, None, 0, 0, None, None, 0]), (0, [1, 1, 0, 0, 0, 0, 0, None, None, 0, 0, None])):
        kept = [i for i, w in enumerate(want) if w is not None]
        yield node("Pow", [np.full(len(kept), base, np.int32), whole[kept]], np.array([want[i] for i in kept], np.int32))


@case
def real_numbers_to_whole_powers():
    """Of an integer type: whole where the power is, and few roundings off elsewhere; signs and zeros as IEEE says."""
    bases, exponents = (grid.ravel().astype(np.int64) for grid in np.meshgrid(np.arange(-40, 41), np.arange(0, 24)))
    exact = np.array([int(b)**int(e) for b, e in zip(bases, exponents)], object)
    fits = np.array([abs(v) < 2**24 for v in exact])
    bases, exponents, exact = bases[fits].astype(np.float32), exponents[fits], exact[fits].astype(np.int64)
    for kind in (np.int8, np.uint8, np.int32, np.uint32, np.int64):
        powers = node("Pow", [bases, exponents.astype(kind)], exact.astype(np.float32))
        yield (*powers[:2], [exact.astype(np.float32)])
    real = RNG.uniform(-2, 2, 500).astype(np.float32)
    times = RNG.integers(-63, 64, 500)
    yield node("Pow", [real.astype(np.float32) * np.float32(0.5) + np.sign(real), times.astype(np.int32)],
               (real * np.float32(0.5) + np.sign(real)).astype(np.float32).astype(np.float64) ** times)
    inf, nan = np.inf, np.nan
    edges = [(-1, 16777217, -1), (-1, -16777217, -1), (-1, 2**31 - 1, -1), (1, -2**31, 1), (2, -2**31, 0), (2, 2**31 - 1, inf), (0, 0, 1),
             (nan, 0, 1), (nan, 3, nan), (0, -1, inf), (-0.0, -1, -inf), (-0.0, -2, inf), (-0.0, 3, -0.0), (-inf, 3, -inf), (-inf, -2, 0),
             (inf, 100, inf), (0.5, 100, 2.0**-100), (-0.5, 101, -2.0**-101),
             (1.0001, 1000, float(np.float32(1.0001))**1000)]
    base, exponent, want = (np.array(column) for column in zip(*edges))
    yield node("Pow", [base.astype(np.float32), exponent.astype(np.int32)], want.astype(np.float32))


@case
def known_powers_of_64_bits():
    """Computed in 64 bits, then brought back."""
    bases = np.array([3, -3, 7, 10, 2, -2, 1], np.int64)
    exponents = np.array([39, 39, 22, 18, 62, 63, 2**40], np.int64)
    divisor = np.int64(10**10)
    exact = [pow(b, e, 2**64) for b, e in zip(bases.tolist(), exponents.tolist())]
    exact = [v - 2**64 if v >= 2**63 else v for v in exact]
    remainders = np.array([v % 10**9 for v in exact], np.int64)
    from models import Graph
    graph = Graph("wide", opset=17)
    power = graph.node("Pow", graph.constant("b", bases), graph.constant("e", exponents))
    rest = graph.node("Mod", power, graph.constant("d", np.int64(10**9)))
    x = graph.input("x0", np.zeros(7, np.int64))
    graph.output(graph.node("Add", x, rest), [7], np.int64, name="y0")
    yield (*graph.finish(), [remainders])


if __name__ == "__main__":
    run(whole_way=True)
