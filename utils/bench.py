#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Schedule quality: modelled cycles of small and of whole models against their bounds (docs/scheduling.md) and against limits.

bench.py [--bin DIRECTORY] [--only WORDS] [--quick] [--lower]: prints a table; exit status 1 when a limit is exceeded. Limits are in
bench-limits.json; --lower brings down those that are far above what was measured. --quick leaves out what takes more than some seconds.

`tensor`, `tile` and `path` are the three bounds, `ratio` cycles by the largest of them, `waste` tile by tensor bound; `MXM` and `VXM`
say how many of their cycles planes and ALUs are busy, `lanes` how many lanes of the planes' rows hold something. `user` and `MB` are
of the compiler's process, with the share of the phases that take most; `ran` is the executor's time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np
import onnx

import models
import shapes

ROOT = Path(__file__).resolve().parents[1]
STORIES = ROOT.parent / "shared" / "models" / "stories260K" / "stories260K.onnx"
LIMITS = Path(__file__).with_name("bench-limits.json")
# Limits may be this much above what was measured.
SLACK = 1.02

# After these a tool is stopped.
MOST_SECONDS = 120


@dataclass
class Workload:
    name: str
    # Makes the model and inputs to run it with; no inputs where it is only compiled and proven. None where it is not at hand.
    build: Callable
    flags: list = field(default_factory=list)
    quick: bool = True


def dims(**sizes):
    return [f"--dim={axis}={size}" for axis, size in sizes.items()]


DECODE = dims(batch_size=1, sequence_length=1, past_sequence_length=255, total_sequence_length=256)

def workloads():
    yield Workload("int8 1280^3", lambda: models.matmul(1280, 1280, 1280, np.int8))
    yield Workload("int8 1280^3 x8", lambda: models.matmul(1280, 1280, 1280, np.int8), ["--cards=8"])
    yield Workload("fp16 2304x4096x2048", lambda: models.matmul(2304, 4096, 2048, np.float16), quick=False)
    yield Workload("int8 1x4096x4096", lambda: models.matmul(1, 4096, 4096, np.int8))
    yield Workload("transposed product", models.transposed_product)
    for cards in 1, 2, 4, 8:
        yield Workload(f"two fp16 layers x{cards}", models.two_layers, [f"--cards={cards}"])
    yield Workload("stories260K", decoder_step, dims(batch=1, seq=1, past=255, total=256))
    yield Workload("ResNet-50 int8", shapes.resnet50)
    yield Workload("ResNet-50 int8 x8", shapes.resnet50, ["--cards=8"], quick=False)
    yield Workload("MobileNet-v2 int8", lambda: shapes.mobilenet_v2(size=244))
    yield Workload("MobileNet-v2 fp32", lambda: shapes.mobilenet_v2(quantised=False), quick=False)
    yield Workload("U-Net fp32", shapes.u_net, quick=False)
    yield Workload("BERT, 1 layer", lambda: shapes.bert(layers=1, vocabulary=2048))
    yield Workload("BERT", lambda: shapes.bert(vocabulary=2048), quick=False)
    yield Workload("BERT x4", shapes.bert, ["--cards=4"], quick=False)
    yield Workload("decoder-512", shapes.decoder_512, DECODE)
    yield Workload("Llama-2-7B layer x8", shapes.llama_2_7b, [*DECODE, "--cards=8"], quick=False)
    yield Workload("Llama-3-8B layer x8", shapes.llama_3_8b, [*DECODE, "--cards=8"], quick=False)


def decoder_step(past=255):
    """The trained decoder beside the project with one token's inputs behind `past` others; None where it is not
    there."""
    if not STORIES.exists():
        return None
    model = onnx.load(str(STORIES))
    sizes = {"batch": 1, "seq": 1, "past": past, "total": past + 1}
    feeds = {}
    for value in model.graph.input:
        shape = [sizes.get(d.dim_param, d.dim_value) for d in value.type.tensor_type.shape.dim]
        feeds[value.name] = np.zeros(shape, onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[value.type.tensor_type.elem_type])
    return model, feeds


class Failure(Exception):
    pass


def run(*command):
    """Seconds that pass, seconds of the processor and MB of a command."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=said)
        stop = threading.Timer(MOST_SECONDS, child.kill)
        stop.start()
        _, status, usage = os.wait4(child.pid, 0)
        stop.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            said.seek(0)
            last = said.read().strip().splitlines()[-1:]
            raise Failure(" ".join([f"{Path(command[0]).name} failed:", *last]))
    return time.monotonic() - start, usage.ru_utime, usage.ru_maxrss / 1024


def execute(tools, folder, binary, feeds):
    inputs = []
    for number, (name, array) in enumerate(feeds.items()):
        np.save(folder / f"{number}.npy", array)
        inputs += ["--input", f"{name}={folder / f'{number}.npy'}"]
    return run(tools / "sluice-run", binary, *inputs, "--output-dir", folder / "out")[0]


def measure(tools, workload):
    """The statistics with `user`, `MB` and `ran`; None where the model is not at hand."""
    made = workload.build()
    if made is None:
        return None
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model, feeds = made
        path, binary, stats = folder / "m.onnx", folder / "m.slu", folder / "m.json"
        onnx.save(model, str(path), save_as_external_data=True, location="m.data")
        del model, made
        _, user, memory = run(tools / "sluice-compile", path, "-o", binary, f"--stats={stats}", *workload.flags)
        run(tools / "sluice-verify", binary)
        ran = execute(tools, folder, binary, feeds) if feeds else None
        return json.loads(stats.read_text()) | {"user": user, "MB": memory, "ran": ran}


def phases(stats):
    """The phases that take a tenth of the time, the longest first."""
    seconds = stats["compile_seconds"]
    total = sum(seconds.values()) or 1
    shares = sorted(((time / total, name) for name, time in seconds.items()), reverse=True)
    return " ".join(f"{name} {share:.0%}" for share, name in shares if share >= 0.1)


COLUMNS = [("workload", "<22"), ("cycles", ">9"), ("limit", ">9"), ("tensor", ">9"), ("tile", ">9"), ("path", ">8"), ("ratio", ">7"),
           ("waste", ">7"), ("MXM", ">6"), ("VXM", ">6"), ("lanes", ">7"), ("user", ">8"), ("MB", ">7"), ("ran", ">8"), ("", "<12"), ("phases", "")]


def line(*cells):
    return "".join(f"{cell:{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))


def row(name, limit, stats, verdict):
    return line(name, stats["cycles"], limit, stats["tensor_bound"], stats["resource_bound"], stats["path_bound"],
                f"{stats['ratio']:.2f}", f"{stats['lane_waste']:.2f}", f"{stats['mxm_utilisation']:.0%}",
                f"{stats['vxm_utilisation']:.0%}", f"{stats['mxm_lanes_used']:.0%}", f"{stats['user']:.1f} s",
                f"{stats['MB']:.0f}", "" if stats["ran"] is None else f"{stats['ran']:.1f} s", f"  {verdict}", phases(stats))


def main():
    parser = argparse.ArgumentParser(description="Schedule quality against bounds and limits.")
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin", help="where the tools are")
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    parser.add_argument("--quick", action="store_true", help="what takes some seconds at most")
    parser.add_argument("--lower", action="store_true", help="lower the limits to what is measured")
    arguments = parser.parse_args()
    limits = json.loads(LIMITS.read_text())
    exceeded = False
    print(line(*(title for title, _ in COLUMNS)))
    for workload in workloads():
        name, limit = workload.name, limits.get(workload.name, 0)
        if arguments.only not in name or (arguments.quick and not workload.quick):
            continue
        try:
            stats = measure(arguments.bin, workload)
        except Failure as failure:
            print(f"{name:<22}  {failure}", flush=True)
            exceeded = True
            continue
        if stats is None:
            print(f"{name:<22}  no such model beside the project")
            continue
        if arguments.lower and (not limit or stats["cycles"] * SLACK < limit):
            limits[name] = limit = int(stats["cycles"] * SLACK)
        within = stats["cycles"] <= limit
        exceeded |= not within
        print(row(name, limit, stats, "ok" if within else "EXCEEDED"), flush=True)
    if arguments.lower:
        LIMITS.write_text(json.dumps(limits, indent=2, sort_keys=True) + "\n")
    sys.exit(exceeded)


if __name__ == "__main__":
    main()
