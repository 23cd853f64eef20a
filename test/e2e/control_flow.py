#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""control_flow.py [CASE...]: graphs within nodes (If, Loop, Scan, sequences) compiled, proven and run, against
plain Python over NumPy arrays; the reference interpreter gives the same bits. Numbers are chosen so that float32
sums and products are exact."""

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, parser

from harness import assert_same_bits, execute, golden, run_cases, save_model, tool

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def model(graph, opset=16):
    return parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]> {graph}')


def reals(*shape):
    """Small multiples of 1/8, different from each other."""
    return ((np.arange(np.prod(shape)) * 5 % 31 - 15) / 8).astype(np.float32).reshape(shape)


@case
def if_selects_in_a_run():
    """Both branches are computed, one result is taken; branches read values around them."""
    graph = model("""g (bool c, float[2,3] x) => (float[2,3] y, int32[2] n) {
        t = Add (x, x)
        y, n = If (c) <
          then_branch = then () => (float[2,3] a, int32[2] i) { a = Neg (t)  i = Constant <value = int32[2] {1, 2}> () },
          else_branch = other () => (float[2,3] b, int32[2] j) { b = Abs (x)  j = Constant <value = int32[2] {3, 4}> () }>
    }""")
    x = reals(2, 3)
    for c in (True, False):
        yield graph, {"c": np.array(c), "x": x}, {"y": -2 * x if c else np.abs(x),
                                                  "n": np.array([1, 2] if c else [3, 4], np.int32)}


@case
def if_known_at_compile_time():
    """Only the branch that runs counts: the other one has another shape and an operator that nobody knows."""
    x = reals(2, 3)
    yield model("""g (float[2,3] x) => (float[6] y) {
        s = Shape (x)  two = Constant <value = int64[2] {2, 3}> ()
        e = Equal (s, two)  i = Cast <to = 6> (e)  m = ReduceMin <keepdims = 0> (i)  c = Cast <to = 9> (m)
        y = If (c) <
          then_branch = then () => (float[6] a) { minus = Constant <value_ints = [-1]> ()  a = Reshape (x, minus) },
          else_branch = other () => (float[1] b) { b = Unheard (x) }>
    }"""), {"x": x}, {"y": x.reshape(-1)}


@case
def loop_adds_up():
    """A known number of trips: a carried value, a scan output, and the trip's number inside."""
    x = reals(4)
    carried, scanned = x.copy(), []
    for trip in range(5):
        carried = carried + np.float32(trip)
        scanned.append(carried * 2)
    yield model("""g (float[4] x) => (float[4] y, float[5,4] s) {
        trips = Constant <value_int = 5> ()  go = Constant <value = bool {1}> ()
        y, s = Loop (trips, go, x) <
          body = b (int64 i, bool c, float[4] v) => (bool d, float[4] w, float[4] z) {
            d = Identity (c)  f = Cast <to = 1> (i)  w = Add (v, f)  z = Add (w, w) }>
    }"""), {"x": x}, {"y": carried, "s": np.array(scanned)}


@case
def loop_ends_by_data():
    """Doubles until the sum passes a bound that a run gives; at most eight times."""
    graph = model("""g (float[3] x, float bound) => (float[3] y, int32 n) {
        trips = Constant <value_int = 8> ()  zero = Constant <value = int32 {0}> ()
        first = ReduceSum <keepdims = 0> (x)  go = Less (first, bound)
        y, n = Loop (trips, go, x, zero) <
          body = b (int64 i, bool c, float[3] v, int32 k) => (bool d, float[3] w, int32 m) {
            one = Constant <value = int32 {1}> ()  m = Add (k, one)
            w = Add (v, v)  sum = ReduceSum <keepdims = 0> (w)  d = Less (sum, bound) }>
    }""")
    x = np.array([1, 2, 0.5], np.float32)
    for bound in (0, 20, 1e9):
        y, n = x, 0
        while n < 8 and y.sum() < bound:
            y, n = y + y, n + 1
        yield graph, {"x": x, "bound": np.float32(bound)}, {"y": y, "n": np.array(n, np.int32)}


@case
def loop_of_no_trips():
    """Carried values are the initial ones; a scan output is empty (and here joined to something)."""
    x = reals(2)
    yield model("""g (float[2] x) => (float[2] y, float[1,2] s) {
        trips = Constant <value_int = 0> ()  go = Constant <value = bool {1}> ()
        v, none = Loop (trips, go, x) <
          body = b (int64 i, bool c, float[2] a) => (bool d, float[2] w, float[2] z) { d = Identity (c)  w = Neg (a)  z = Neg (a) }>
        y = Neg (v)  axis = Constant <value_ints = [0]> ()  row = Unsqueeze (x, axis)  s = Concat <axis = 0> (none, row)
    }"""), {"x": x}, {"y": -x, "s": x[None]}


@case
def nested():
    """A branch in a loop in a loop; names inside hide those around."""
    x = reals(3)
    y = x.copy()
    for outer in range(3):
        for inner in range(2):
            y = y + x if inner == 0 else y * np.float32(0.5)
    yield model("""g (float[3] x) => (float[3] y) {
        three = Constant <value_int = 3> ()  two = Constant <value_int = 2> ()  go = Constant <value = bool {1}> ()
        y = Loop (three, go, x) <
          body = outer (int64 i, bool c, float[3] v) => (bool d, float[3] w) {
            d = Identity (c)
            w = Loop (two, go, v) <
              body = inner (int64 i, bool c, float[3] v) => (bool d, float[3] w) {
                d = Identity (c)  zero = Constant <value_int = 0> ()  first = Equal (i, zero)
                w = If (first) <
                  then_branch = t () => (float[3] a) { a = Add (v, x) },
                  else_branch = e () => (float[3] b) { half = Constant <value_float = 0.5> ()  b = Mul (v, half) }> }> }>
    }"""), {"x": x}, {"y": y}


@case
def branches_64_deep():
    """As deep as graphs may be nested: the condition is data, and every level adds one."""
    def edge(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])

    nodes = [helper.make_node("Add", ["x", "one"], ["s0"])]
    for level in range(1, 65):
        then = helper.make_graph(nodes, "then", [], [edge(f"s{level - 1}")])
        other = helper.make_graph([helper.make_node("Identity", ["x"], [f"f{level}"])], "other", [], [edge(f"f{level}")])
        nodes = [helper.make_node("If", ["c"], [f"r{level}"], then_branch=then, else_branch=other),
                 helper.make_node("Add", [f"r{level}", "one"], [f"s{level}"])]
    graph = model("g (bool c, float[2] x) => (float[2] s64) { one = Constant <value = float {1}> ()  s64 = Neg (x) }")
    del graph.graph.node[1:]
    graph.graph.node.extend(nodes)
    for c in (True, False):
        yield graph, {"c": np.array(c), "x": reals(2)}, {"s64": reals(2) + np.float32(65 if c else 1)}


@case
def scan_axes_and_directions():
    """Along axis 1 backwards; the outputs stacked along the last axis and, from the end, along the first."""
    x, start = reals(3, 4), reals(3)
    state, sums = start.copy(), []
    for step in reversed(range(4)):
        state = state + x[:, step]
        sums.append(state)
    yield model("""g (float[3,4] x, float[3] start) => (float[3] last, float[3,4] a, float[4,3] b) {
        last, a, b = Scan <num_scan_inputs = 1, scan_input_axes = [1], scan_input_directions = [1],
                           scan_output_axes = [-1, 0], scan_output_directions = [0, 1],
          body = body (float[3] s, float[3] e) => (float[3] t, float[3] u, float[3] v) {
            t = Add (s, e)  u = Identity (t)  v = Neg (t) }> (start, x)
    }"""), {"x": x, "start": start}, {"last": state, "a": np.stack(sums, 1), "b": -np.stack(sums[::-1], 0)}


@case
def scan_with_a_batch():
    """Version 8: sequences of a batch are scanned apart, one input backwards."""
    x, y, start = reals(2, 3, 4), reals(2, 3, 4) * 2, reals(2, 4)
    last, sums = start.copy(), np.zeros((2, 3, 4), np.float32)
    for batch in range(2):
        for step in range(3):
            last[batch] = last[batch] + x[batch, step] + y[batch, 2 - step]
            sums[batch, step] = last[batch]
    graph = model("""g (float[2,3,4] x, float[2,3,4] y, float[2,4] start) => (float[2,4] last, float[2,3,4] sums) {
        last, sums = Scan <num_scan_inputs = 2, directions = [0, 1],
          body = body (float[4] s, float[4] e, float[4] f) => (float[4] t, float[4] u) {
            r = Add (s, e)  t = Add (r, f)  u = Identity (t) }> (lengths, start, x, y)
    }""", opset=8)
    graph.graph.node[0].input[0] = ""
    yield graph, {"x": x, "y": y, "start": start}, {"last": last, "sums": sums}


@case
def sequences_inside():
    """Sequences that the graph makes and takes apart again."""
    x = reals(4, 3)
    yield model("""g (float[4,3] x) => (float[3,4] y, float[4,3] z) {
        parts = SplitToSequence <axis = 0, keepdims = 0> (x)
        negated = SequenceMap (parts) <body = b (float[3] e) => (float[3] f) { f = Neg (e) }>
        minus = Constant <value_int = -1> ()  last = SequenceAt (negated, minus)
        zero = Constant <value_int = 0> ()  turned = SequenceInsert (negated, last, zero)
        shorter = SequenceErase (turned)  y = ConcatFromSequence <axis = 1, new_axis = 1> (shorter)
        n = SequenceLength (shorter)  go = Constant <value = bool {1}> ()  none = SequenceEmpty ()
        doubled = Loop (n, go, none) <
          body = d (i, c, s) => (k, t) {
            k = Identity (c)  e = SequenceAt (parts, i)  twice = Add (e, e)  t = SequenceInsert (s, twice) }>
        z = ConcatFromSequence <axis = 0, new_axis = 1> (doubled)
    }""", opset=17), {"x": x}, {"y": np.stack([-x[3], -x[0], -x[1], -x[2]], 1), "z": 2 * x}


def check(build):
    graph, feeds, expected = build
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = save_model(folder / "model.onnx", graph)
        tool("sluice-compile", path, "-o", folder / "model.slu")
        outputs = execute(folder, folder / "model.slu", feeds)
        assert_same_bits(outputs, expected, "executor")
        assert_same_bits(golden(folder, path, feeds), expected, "interpreter")


def run(cases):
    """Those that the command line names, or all."""
    run_cases((f"{name} {number}", partial(check, build)) for name, builds in cases.items()
              if not sys.argv[1:] or name in sys.argv[1:] for number, build in enumerate(builds()))


if __name__ == "__main__":
    run(CASES)
