# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the end-to-end tests share: running tools, comparing outputs, finding models."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

BIN = Path(os.environ["SLUICE_BIN"])
SOURCE = Path(os.environ["SLUICE_SOURCE"])
# Large models are not the project's; they lie beside it where there are any.
MODELS = SOURCE.parent / "shared" / "models"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def run_cases(cases):
    """Calls each function of (name, function), says how each went, and ends with status 1 if one failed."""
    failures = 0
    for name, check in cases:
        try:
            check()
            print(f"ok    {name}", flush=True)
        except Exception as error:  # one case's failure must not hide the next
            print(f"FAIL  {name}: {error}", flush=True)
            failures += 1
    sys.exit(1 if failures else 0)


def external_model(*path):
    """A model that the project does not ship; skips the test where it is not there."""
    file = MODELS.joinpath(*path)
    if not file.exists():
        skip(f"no model {Path(*path)} beside the project")
    return file


def tool(name, *arguments, fails=False, **keywords):
    """Runs a tool, which must succeed, or with `fails` must report an error: status 1 and words, not a crash."""
    done = subprocess.run([str(BIN / name), *map(str, arguments)], capture_output=True, text=True,
                          errors="replace", timeout=600, **keywords)
    command = " ".join([name, *map(str, arguments)])
    if done.returncode != (1 if fails else 0) or (fails and not done.stderr.strip()):
        raise AssertionError(f"{command}\nexit status {done.returncode}\n{done.stderr.strip()[:2000]}")
    return done


def save_model(path, model):
    onnx.save(model, str(path))
    return path


def input_flags(folder, feeds):
    """Saves the arrays; the flags that hand them to a tool."""
    flags = []
    for number, (name, array) in enumerate(feeds.items()):
        np.save(folder / f"in{number}.npy", array)
        flags += ["--input", f"{name}={folder / f'in{number}.npy'}"]
    return flags


def outputs_of(folder):
    return {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}


def golden(folder, model, feeds, *flags):
    """The outputs that the reference interpreter gives."""
    tool("sluice-golden", model, *flags, *input_flags(folder, feeds), "--output-dir", folder / "golden")
    return outputs_of(folder / "golden")


def execute(folder, binary, feeds, *flags):
    """The outputs that the binary gives."""
    tool("sluice-run", binary, *flags, *input_flags(folder, feeds), "--output-dir", folder / "run")
    return outputs_of(folder / "run")


def assert_same_bits(actual, expected, what):
    """Names, types, shapes and every bit equal; else says how many elements differ and the first that does."""
    assert sorted(actual) == sorted(expected) and expected, f"{what}: outputs {sorted(actual)}, expected {sorted(expected)}"
    for name, want in expected.items():
        have = actual[name]
        assert have.dtype == want.dtype and have.shape == want.shape, \
            f"{what}: {name} is {have.dtype}{have.shape}, expected {want.dtype}{want.shape}"
        bits = np.dtype(f"u{want.dtype.itemsize}")
        different = np.argwhere(np.ascontiguousarray(have).view(bits) != np.ascontiguousarray(want).view(bits)) \
            if want.ndim else np.argwhere([have.tobytes() != want.tobytes()])
        if len(different):
            at = tuple(different[0]) if want.ndim else ()
            raise AssertionError(f"{what}: {name} differs in {len(different)} of {want.size} elements, "
                                 f"first at {list(map(int, at))}: {have[at]} instead of {want[at]}")


def load_pb(path):
    return numpy_helper.to_array(onnx.load_tensor(str(path)))
