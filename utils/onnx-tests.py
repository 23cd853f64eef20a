#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Judges Sluice by ONNX backend tests: folders of model.onnx and test_data_set_*/{input,output}_*.pb.

    onnx-tests.py FOLDER... [--only GLOB] [--jobs N] [--json FILE] [--tolerances onnx|onnxruntime] [--stepper]
                  [--target NAME] [--write-coverage | --check-coverage]

A FOLDER holds tests ("node", "simple", ...). Each test is compiled with fp32 accuracy, proven, run on the
executor and on the reference interpreter, which must agree in every bit, and compared with the expected
outputs at the tolerances of ONNX or of ONNX Runtime, integers and booleans exactly. It ends as one of

    pass
    refused           the compiler says that the machine cannot hold it ("beyond the machine: ...")
    unsupported yet   the compiler says that it lacks something
    wrong             an output is not the expected one, or not the interpreter's
    crash             the compiler or the executor did not end well

Inputs are inputs of the run. Those that the compiler must know are given when compiling, and float64 is computed as
float32 where that meets the tolerance. docs/onnx-coverage.md holds the verdicts: --write-coverage writes those of
this run, --check-coverage fails and names the tests whose verdicts differ. The package sluice is taken from
PYTHONPATH, or else from build/python."""

import argparse
import collections
import concurrent.futures
import fnmatch
import json
import multiprocessing
import os
import queue
import statistics
import sys
from pathlib import Path

import onnx_coverage

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "build" / "python")]
COVERAGE = ROOT / "docs" / "onnx-coverage.md"
TIMEOUT = 600  # seconds for one test: under sanitizers the longest takes 220


def serve(connection, how):
    """Judges the tests that come through the connection, up to an empty one."""
    import onnx_judge

    while test := connection.recv():
        try:
            connection.send(onnx_judge.judge(Path(test), **how))
        except Exception as error:
            connection.send({"verdict": "crash", "reason": repr(error)})


class Worker:
    """A process that judges one test after the other, and is replaced when a test kills it."""

    def __init__(self, how):
        self.process, self.how = None, how

    def start(self):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.how), daemon=True)
        self.process.start()
        theirs.close()

    def judge(self, test):
        if not self.process:
            self.start()
        self.connection.send(str(test))
        try:
            if self.connection.poll(TIMEOUT):
                return self.connection.recv()
            reason = f"no end within {TIMEOUT} s"
        except EOFError:
            self.process.join()
            reason = f"the process ended with status {self.process.exitcode}"
        self.process.kill()
        self.process = None
        return {"verdict": "crash", "reason": reason}

    def stop(self):
        if self.process:
            self.connection.send("")


def judge_all(tests, jobs, how):
    """{"folder/test": {"verdict", ...}}, in the tests' order."""
    workers = [Worker(how) for _ in range(jobs)]
    idle = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def judge(test):
        worker = idle.get()
        try:
            return worker.judge(test)
        finally:
            idle.put(worker)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = {f"{test.parent.name}/{test.name}": result for test, result in zip(tests, pool.map(judge, tests))}
    for worker in workers:
        worker.stop()
    return results


def report(results):
    for name, result in results.items():
        if result["verdict"] in ("wrong", "crash"):
            print(f"{result['verdict']}: {name}: {result['reason']}")
    counts = collections.Counter(result["verdict"] for result in results.values())
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in onnx_coverage.VERDICTS))
    seconds = [result["seconds"] for result in results.values() if "seconds" in result]
    if seconds:
        print(f"compile time: median {statistics.median(seconds) * 1000:.0f} ms, most {max(seconds):.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="*", metavar="GLOB", help="tests of these names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="processes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write {test: {verdict, reason, seconds}}")
    parser.add_argument("--tolerances", default="onnx", choices=["onnx", "onnxruntime"], help="whose outputs are expected")
    parser.add_argument("--stepper", action="store_true", help="run on the cycle stepper too")
    parser.add_argument("--target", default="tsp1", metavar="NAME", help="the machine to compile for")
    coverage = parser.add_mutually_exclusive_group()
    coverage.add_argument("--write-coverage", action="store_true")
    coverage.add_argument("--check-coverage", action="store_true")
    options = parser.parse_args()
    if options.target != "tsp1" and (options.write_coverage or options.check_coverage):
        parser.error(f"{COVERAGE.name} is about tsp1")
    tests = sorted(path.parent for folder in options.folders for path in folder.resolve().glob("*/model.onnx")
                   if fnmatch.fnmatch(path.parent.name, options.only))
    how = {"tolerances": options.tolerances, "stepper": options.stepper, "target": options.target}
    results = judge_all(tests, options.jobs, how)
    report(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    if options.write_coverage:
        COVERAGE.write_text(onnx_coverage.render(results))
    bad = any(result["verdict"] in ("wrong", "crash") for result in results.values())
    if options.check_coverage:
        bad = onnx_coverage.changes(results, COVERAGE.read_text())
        for change in bad:
            print(f"{COVERAGE.name}: {change}")
    sys.exit(1 if bad or not results else 0)


if __name__ == "__main__":
    main()
