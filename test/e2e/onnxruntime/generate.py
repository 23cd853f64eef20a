#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the cases that ONNX Runtime judges: FAMILY.zip of each FAMILY.py beside this script.

    generate.py --runtime FOLDER [FAMILY...]

FOLDER is where `npm install onnxruntime-node` was run. A family's `cases()` gives cases.Case objects; their
models are run in ONNX Runtime, and model, inputs and outputs packed as ONNX's backend tests lie in folders:
CASE/model.onnx and CASE/test_data_set_0/{input,output}_*.pb. Equal cases give an equal file. A case that ONNX Runtime
refuses is reported and left out, and the script fails."""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from cases import edge

HERE = Path(__file__).resolve().parent
NOT_FAMILIES = {"cases", "decoder_logits", "generate"}
LIMIT = 500_000  # bytes of one file


def job(case, folder):
    """Writes the case for run.js."""
    folder.mkdir()
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    inputs = []
    for number, (name, array) in enumerate(case.inputs.items()):
        file = folder / f"in{number}"
        file.write_bytes(np.ascontiguousarray(array).tobytes())
        inputs.append({"name": name, "type": array.dtype.name, "dims": array.shape, "file": str(file)})
    outputs = [{"name": name, "file": str(folder / f"out{number}")} for number, name in enumerate(case.outputs)]
    return {"model": str(folder / "model.onnx"), "inputs": inputs, "outputs": outputs}


def answers(jobs, file, runtime):
    """What run.js says of each job. A job that ends the process is answered with an error."""
    while jobs:
        file.write_text(json.dumps(jobs))
        done = subprocess.run(["node", HERE / "run.js", file], check=False, text=True, stdout=subprocess.PIPE,
                              env=os.environ | {"NODE_PATH": str(runtime / "node_modules")})
        lines = done.stdout.splitlines()
        yield from map(json.loads, lines)
        if len(lines) < len(jobs):
            yield {"error": f"the process ended with status {done.returncode}"}
        jobs = jobs[len(lines) + 1 :]


def run_all(cases, runtime):
    """Each case's outputs as arrays, or the error's text."""
    with tempfile.TemporaryDirectory() as temporary:
        jobs = [job(case.reference, Path(temporary, str(number))) for number, case in enumerate(cases)]
        for case_job, answer in zip(jobs, answers(jobs, Path(temporary, "jobs.json"), runtime), strict=True):
            yield answer.get("error") or [
                np.frombuffer(Path(output["file"]).read_bytes(), np.dtype(form["type"])).reshape(form["dims"])
                for output, form in zip(case_job["outputs"], answer["outputs"])]


def pack(archive, case, outputs):
    """Adds the case, its output types filled in."""
    if case.narrowed:
        outputs = [array.astype(np.float16) if array.dtype == np.float32 else array for array in outputs]
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for output, array in zip(model.graph.output, outputs):
        output.CopyFrom(edge(output.name, array))

    def add(name, message):
        # The time is the format's first, so that equal cases give equal bytes.
        archive.writestr(zipfile.ZipInfo(f"{case.name}/{name}"), message.SerializeToString(deterministic=True),
                         zipfile.ZIP_DEFLATED, 9)

    add("model.onnx", model)
    for kind, arrays in (("input", case.inputs.values()), ("output", outputs)):
        for number, array in enumerate(arrays):
            add(f"test_data_set_0/{kind}_{number}.pb", numpy_helper.from_array(array))


def generate(family, runtime):
    """Writes the family's file; the number of cases and the refusals."""
    cases = list(importlib.import_module(family).cases())
    names = [case.name for case in cases]
    if len(set(names)) != len(names):
        raise SystemExit(f"{family}: cases share a name")
    refusals, path = [], HERE / f"{family}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for case, outputs in zip(cases, run_all(cases, runtime)):
            if isinstance(outputs, str):
                refusals.append(f"{family}/{case.name}: {outputs}")
            else:
                pack(archive, case, outputs)
    if path.stat().st_size > LIMIT:
        refusals.append(f"{path.name} is larger than {LIMIT} bytes")
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes")
    return refusals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runtime", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="default: all")
    options = parser.parse_args()
    families = options.families or sorted({path.stem for path in HERE.glob("*.py")} - NOT_FAMILIES)
    refusals = [refusal for family in families for refusal in generate(family, options.runtime)]
    sys.exit("\n".join(refusals) or 0)


if __name__ == "__main__":
    main()
