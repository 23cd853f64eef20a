#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""data_loops.py [CASE...]: loops that end, and branches that are taken, by a run's data: compiled, proven and run,
against ONNX's semantics in plain Python over NumPy arrays, where an iteration that does not run does not happen; the
reference interpreter gives the same bits. Numbers are chosen so that float32 sums are exact."""

import tempfile
from pathlib import Path

import numpy as np

import control_flow
from control_flow import reals, run
from harness import save_model, tool

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def model(text):
    """The operand 'none' of a node is one that is left out."""
    graph = control_flow.model(text)
    for node in graph.graph.node:
        node.input[:] = ["" if name == "none" else name for name in node.input]
    return graph


def loop(trips, go, carried, body):
    """The values that ONNX's Loop hands on: `body(i, c, values)` gives a condition and values."""
    i, c = 0, go
    while i < trips and c:
        c, carried = body(i, c, carried)
        i += 1
    return carried


@case
def unread_scan_output():
    """The output that grows with each iteration is there, and nobody reads it."""
    graph = model("""g (float[3] x, float limit) => (float[3] y) {
        trips = Constant <value_int = 6> ()  go = Constant <value = bool {1}> ()
        y, unread = Loop (trips, go, x) <
          body = b (int64 i, bool c, float[3] v) => (bool d, float[3] w, float[3] z) {
            one = Constant <value = float {1}> ()  w = Add (v, one)  top = ReduceMax <keepdims = 0> (w)
            d = Less (top, limit)  z = Neg (w) }>
    }""")
    x = np.array([0, 0.5, 1], np.float32)
    for limit in (-5, 1.5, 2, 4, 6.75, 7, 100):
        y, = loop(6, True, [x], lambda i, c, v: ((v[0] + 1).max() < limit, [v[0] + np.float32(1)]))
        yield graph, {"x": x, "limit": np.float32(limit)}, {"y": y}


@case
def values_of_all_types():
    """Truths, integers and floats are frozen alike, from the first iteration on if the condition never holds."""
    graph = model("""g (bool go, int64 stop, float[2] x, float16[2] h, int64[2] n, uint8[3] u, int8[1] s, bool[2] t, int32 k)
            => (float[2] xo, float16[2] ho, int64[2] no, uint8[3] uo, int8[1] so, bool[2] to, int32 ko) {
        trips = Constant <value_int = 5> ()
        xo, ho, no, uo, so, to, ko = Loop (trips, go, x, h, n, u, s, t, k) <
          body = b (int64 i, bool c, float[2] xi, float16[2] hi, int64[2] ni, uint8[3] ui, int8[1] si, bool[2] ti, int32 ki)
              => (bool d, float[2] xn, float16[2] hn, int64[2] nn, uint8[3] un, int8[1] sn, bool[2] tn, int32 kn) {
            xn = Add (xi, xi)  hn = Neg (hi)  two = Constant <value = int64 {2}> ()  nn = Mul (ni, two)
            uone = Constant <value = uint8 {1}> ()  un = Add (ui, uone)  sone = Constant <value = int8 {3}> ()  sn = Sub (si, sone)
            tn = Not (ti)  kone = Constant <value = int32 {1}> ()  kn = Add (ki, kone)
            d = Less (i, stop) }>
    }""")
    feeds = {"x": reals(2), "h": np.array([1.5, -3], np.float16), "n": np.array([3, -70000]),
             "u": np.array([0, 100, 250], np.uint8), "s": np.array([-120], np.int8), "t": np.array([True, False]),
             "k": np.array(40, np.int32)}

    def body(i, c, v):
        x, h, n, u, s, t, k = v
        return i < stop, [x + x, -h, n * 2, u + np.uint8(1), s - np.int8(3), ~t, k + np.int32(1)]

    for go, stop in ((False, 3), (True, 0), (True, -1), (True, 2), (True, 99)):
        with np.errstate(over="ignore"):
            values = loop(5, go, list(feeds.values()), body)
        yield graph, {"go": np.array(go), "stop": np.array(stop), **feeds}, \
            {name + "o": np.asarray(value) for name, value in zip(feeds, values)}


@case
def condition_handed_on():
    """The body gives the condition back as it came: all trips or none."""
    graph = model("""g (bool go, float[2] x) => (float[2] y) {
        trips = Constant <value_int = 4> ()
        y = Loop (trips, go, x) <
          body = b (int64 i, bool c, float[2] v) => (bool c, float[2] w) { w = Add (v, v) }>
    }""")
    for go in (True, False):
        yield graph, {"go": np.array(go), "x": reals(2)}, {"y": reals(2) * (16 if go else 1)}


@case
def condition_within_the_values():
    """The condition is a value that is handed on, too, and one element of a vector."""
    graph = model("""g (float[4] x) => (float[4] y, bool[1] last) {
        trips = Constant <value_int = 9> ()  go = Constant <value = bool[1] {1}> ()
        y, last = Loop (trips, go, x, go) <
          body = b (int64 i, bool[1] c, float[4] v, bool[1] f) => (bool[1] d, float[4] w, bool[1] d) {
            half = Constant <value = float {0.5}> ()  w = Mul (v, half)  top = ReduceMax <keepdims = 0> (w)
            shape = Constant <value_ints = [1]> ()  one = Reshape (top, shape)  bound = Constant <value = float {0.25}> ()
            d = Greater (one, bound) }>
    }""")
    for x in (np.array([8, 1, 0, -4], np.float32), np.array([0, 0, -1, -2], np.float32), np.full(4, 4096, np.float32)):
        y, last = loop(9, True, [x, np.array([True])],
                       lambda i, c, v: ((v[0] / 2).max() > 0.25, [v[0] / np.float32(2), np.array([(v[0] / 2).max() > 0.25])]))
        yield graph, {"x": x}, {"y": y, "last": last}


@case
def body_knows_the_end():
    """Only whether the first iteration runs is data; then the body's constant conditions end a loop without M."""
    graph = model("""g (bool go, float[2] x) => (float[2] y) {
        y = Loop (none, go, x) <
          body = b (int64 i, bool c, float[2] v) => (bool d, float[2] w) {
            w = Add (v, v)  last = Constant <value_int = 2> ()  d = Less (i, last) }>
    }""")
    for go in (True, False):
        yield graph, {"go": np.array(go), "x": reals(2)}, {"y": reals(2) * (8 if go else 1)}


@case
def nested_loops():
    """Both loops end by data; the inner one's growing output is handed on by the outer one to nobody."""
    graph = model("""g (float[2] x, float inner_limit, float outer_limit) => (float[2] y, int32 n) {
        outer_trips = Constant <value_int = 4> ()  inner_trips = Constant <value_int = 3> ()
        go = Constant <value = bool {1}> ()  zero = Constant <value = int32 {0}> ()
        y, n, unread, grown = Loop (outer_trips, go, x, zero, x) <
          body = outer (int64 i, bool c, float[2] v, int32 k, float[2] p) => (bool d, float[2] w, int32 m, float[2] q, float[3,2] all) {
            q = Neg (v)
            w, m, all = Loop (inner_trips, c, v, k) <
              body = inner (int64 j, bool ci, float[2] a, int32 kk) => (bool di, float[2] b, int32 mm, float[2] rows) {
                one = Constant <value = int32 {1}> ()  mm = Add (kk, one)  b = Add (a, x)
                s = ReduceSum <keepdims = 0> (b)  di = Less (s, inner_limit)  rows = Identity (b) }>
            t = ReduceSum <keepdims = 0> (w)  d = Less (t, outer_limit) }>
    }""")
    x = np.array([1, 0.5], np.float32)
    for inner_limit, outer_limit in ((0, 0), (5, 4), (7, 100), (100, 9), (100, 100)):
        def inner(j, c, v):
            b = v[0] + x
            return b.sum() < inner_limit, [b, v[1] + 1]

        def outer(i, c, v):
            w, m = loop(3, c, v, inner)
            return w.sum() < outer_limit, [w, m]

        y, n = loop(4, True, [x, 0], outer)
        yield graph, {"x": x, "inner_limit": np.float32(inner_limit), "outer_limit": np.float32(outer_limit)}, \
            {"y": y, "n": np.array(n, np.int32)}


@case
def positions_that_never_come():
    """Rows behind a table's end, at positions of the trip, of the run, and of both, are asked for by iterations
    that do not run; that is no fault."""
    graph = model("""g (int64 n, int64 first, float[5,2] x) => (float[2] y, float[2] z, int64 at) {
        trips = Constant <value_int = 8> ()  zero = Constant <value_int = 0> ()  go = Less (zero, n)
        start = Constant <value = float[2] {0, 0}> ()
        y, z, at = Loop (trips, go, start, start, first) <
          body = b (int64 i, bool c, float[2] v, float[2] u, int64 p) => (bool d, float[2] w, float[2] t, int64 q) {
            row = Gather <axis = 0> (x, i)  w = Add (v, row)
            there = Gather <axis = 0> (x, p)  t = Sub (u, there)
            one = Constant <value_int = 1> ()  q = Add (p, one)  next = Add (i, one)  d = Less (next, n) }>
    }""")
    x = reals(5, 2)
    for n, first in ((0, 7), (1, 4), (3, 2), (5, 0), (5, -5)):
        y, z, at = loop(8, 0 < n, [np.zeros(2, np.float32), np.zeros(2, np.float32), first],
                        lambda i, c, v: (i + 1 < n, [v[0] + x[i], v[1] - x[v[2]], v[2] + 1]))
        yield graph, {"n": np.array(n), "first": np.array(first), "x": x}, {"y": y, "z": z, "at": np.array(at)}


@case
def branches_not_taken():
    """The same of a branch: its positions, one by one and in tuples, lie outside when the other one is taken."""
    graph = model("""g (int64[1] p, float[4,3] x) => (float[1,3] y, float[1] e) {
        four = Constant <value_ints = [4]> ()  below = Less (p, four)
        y, e = If (below) <
          then_branch = t () => (float[1,3] a, float[1] ae) {
            a = Gather <axis = 0> (x, p)  z = Constant <value_ints = [1]> ()  pair = Concat <axis = 0> (p, z)
            axes = Constant <value_ints = [0]> ()  pairs = Unsqueeze (pair, axes)  ae = GatherND (x, pairs) },
          else_branch = o () => (float[1,3] b, float[1] be) {
            q = Sub (p, four)  b = Gather <axis = 0> (x, q)  minus = Constant <value_ints = [-1]> ()  flat = Reshape (x, minus)
            be = GatherElements <axis = 0> (flat, q) }>
    }""")
    x = reals(4, 3)
    for p in (0, 3, -4, 4, 7, 5):
        q = p - 4
        yield graph, {"p": np.array([p]), "x": x}, {"y": x[[p]] if p < 4 else x[[q]],
                                                    "e": x[[p], [1]] if p < 4 else x.reshape(-1)[[q]]}


@case
def branches_of_other_shapes_unread():
    """Outputs of a branch that nobody reads may differ in shape."""
    graph = model("""g (bool c, float[2,3] x) => (float[2,3] y) {
        y, unread = If (c) <
          then_branch = t () => (float[2,3] a, float[3,2] p) { a = Neg (x)  p = Transpose (x) },
          else_branch = e () => (float[2,3] b, float[2,3] q) { b = Abs (x)  q = Identity (x) }>
    }""")
    for c in (True, False):
        yield graph, {"c": np.array(c), "x": reals(2, 3)}, {"y": -reals(2, 3) if c else np.abs(reals(2, 3))}


REFUSED = {
    # The output that grows is read, by way of another loop.
    """g (float[2] x, float limit) => (float[3,3,2] y) {
        three = Constant <value_int = 3> ()  go = Constant <value = bool {1}> ()
        y = Loop (three, go) <
          body = outer (int64 i, bool c) => (bool c, float[3,2] all) {
            w, all = Loop (three, go, x) <
              body = inner (int64 j, bool ci, float[2] a) => (bool d, float[2] b, float[2] row) {
                b = Add (a, a)  s = ReduceSum <keepdims = 0> (b)  d = Less (s, limit)  row = Neg (b) }> }>
    }""": ("output shape depends on run-time data: the condition that the body computes",
           "--constant-input=x=... --constant-input=limit=..."),
    # Nothing bounds it.
    """g (bool go, float[2] x) => (float[2] y) {
        y = Loop (none, go, x) <body = b (int64 i, bool c, float[2] v) => (bool c, float[2] w) { w = Add (v, v) }>
    }""": ("the number of iterations depends on run-time data, without a bound", "--constant-input=go=..."),
    # A bound that no unrolling reaches is said at once.
    """g (bool go, float[2] x) => (float[2] y) {
        most = Constant <value_int = 9223372036854775807> ()
        y = Loop (most, go, x) <body = b (int64 i, bool c, float[2] v) => (bool c, float[2] w) { w = Add (v, v) }>
    }""": ("loops are unrolled to at most 65536 nodes", ""),
    """g (int64 n, float[2] x) => (float[2] y) {
        one = Constant <value_int = 1> ()  m = Add (n, one)  go = Constant <value = bool {1}> ()
        y = Loop (m, go, x) <body = b (int64 i, bool c, float[2] v) => (bool c, float[2] w) { w = Add (v, v) }>
    }""": ("the number of iterations depends on run-time data: input 0 (M)", "--constant-input=n=..."),
}


@case
def refusals():
    """What no schedule can be made for names the inputs that would settle it."""
    with tempfile.TemporaryDirectory() as name:
        for graph, words in REFUSED.items():
            path = save_model(Path(name) / "model.onnx", model(graph))
            text = tool("sluice-compile", path, "-o", Path(name) / "model.slu", fails=True).stderr
            for word in words:
                assert word in text, f"'{word}' is not in: {text}"
    yield from ()


if __name__ == "__main__":
    run(CASES)
