"""Writes the inputs of the tool's tests, and checks what edges.mlir makes of them."""

import os
import sys

import numpy as np

INPUTS = {
    "ids": np.array([[1, -2], [3, 2**30 - 1]], np.int64),
    "mask": np.array([True, False, True]),
    "bytes": np.array([0, 200, 255], np.uint8),
    "huge": np.array([[1, 2**31], [3, -(2**31) - 1]], np.int64),
    "float": np.array([[1, 2], [3, 4]], np.float32),
    "row": np.array([1, 2, 3, 4], np.int64),
}
EXPECTED = {
    "twice": np.array([[2, -4], [6, 2**31 - 2]], np.int64),
    "flipped": np.array([False, True, False]),
    "_bytes_out": np.array([0, 100, 127], np.uint8),
}


def main(action, directory):
    if action == "write":
        for name, value in INPUTS.items():
            np.save(os.path.join(directory, name + ".npy"), value)
        return 0
    files = sorted(["outputs.json", *(name + ".npy" for name in EXPECTED)])
    assert sorted(os.listdir(directory)) == files, os.listdir(directory)
    for name, expected in EXPECTED.items():
        value = np.load(os.path.join(directory, name + ".npy"))
        assert value.dtype == expected.dtype and np.array_equal(value, expected), (name, value)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
