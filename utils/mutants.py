#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mutants.py [--mutants N] [--small] [--save DIR]: plants single faults in compiled binaries and prints what became of them.

Compiles models for 1, 2 and 8 cards: those that the project makes and, unless --small is given or they are not beside
the project, a digit classifier, a decoder of stories and a sample of ONNX's operator tests. Then `sluice-mutate` plants N
faults (1,000). Exit status 1 if one of them is a defect. docs/verification.md explains the table and keeps one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

import bench
import models

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
sys.path += [str(ROOT / "build" / "python")]
BIN = Path(os.environ.get("SLUICE_BIN", ROOT / "build" / "bin"))
SAMPLED = 24  # of ONNX's tests


def made():
    yield "layer", models.layer()[0], [1]
    yield "int8", models.matmul(40, 700, 650, np.int8)[0], [1, 2, 8]
    yield "fp16", models.matmul(24, 400, 700, np.float16)[0], [1, 8]
    yield "perceptron", models.perceptron()[0], [1, 2, 8]
    yield "attention", models.attention_block()[0], [1]


def trained():
    digits = SHARED / "models" / "mnist-8" / "model.onnx"
    if digits.exists():
        yield "mnist", onnx.load(str(digits)), [1]
    decoder = bench.decoder_step(past=63)
    if decoder:
        yield "stories", decoder[0], [1, 2, 8]


def compile_models(folder, small):
    import sluice

    for name, model, cards in [*made(), *([] if small else trained())]:
        onnx.save(model, str(folder / "model.onnx"))
        dims = {"batch": 1, "seq": 1, "past": 63, "total": 64} if name == "stories" else {}
        for count in cards:
            path = folder / f"{name}-{count}.slu"
            sluice.compile(folder / "model.onnx", dims=dims, cards=count).save(path)
            yield path


def compile_tests(folder):
    """Every so many of ONNX's tests that compile to a program of some size."""
    import onnx_judge
    import sluice

    tests = sorted((SHARED / "onnx-tests" / "node").glob("*/model.onnx"))
    for path in tests[::max(1, len(tests) // (3 * SAMPLED))]:
        case = onnx_judge.Case(onnx.load(str(path)), path.parent / "test_data_set_0")
        try:
            binary, _ = onnx_judge.compile_case(case, folder / "model.onnx")
        except (onnx_judge.Verdict, sluice.Error):
            continue
        if binary.stats["instructions"] > 20:
            binary.save(folder / f"{path.parent.name}.slu")
            yield folder / f"{path.parent.name}.slu"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=1000, metavar="N")
    parser.add_argument("--small", action="store_true", help="only what the project makes")
    parser.add_argument("--save", type=Path, metavar="DIR", help="keep defects there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        binaries = list(compile_models(folder, options.small))
        if not options.small:
            binaries += list(compile_tests(folder))[:SAMPLED]
        print(f"{len(binaries)} binaries", flush=True)
        save = [f"--save={options.save}"] if options.save else []
        sys.exit(subprocess.run([BIN / "sluice-mutate", f"--mutants={options.mutants}", *save, *binaries],
                                check=False).returncode)


if __name__ == "__main__":
    main()
