#!/usr/bin/env python3
"""Prints the files that HostTensorTest.cpp holds as literals, made by NumPy and onnx."""

import io

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def show(name, data):
    print(f"// {name}")
    for start in range(0, len(data), 32):
        print(f'    "{data[start:start + 32].hex()}"')


GRID = np.arange(6, dtype=np.float32).reshape(2, 3)
show("float32 [2, 3] in C order, version 1", npy(GRID, (1, 0)))
show("float32 [2, 3] in Fortran order, version 2", npy(np.asfortranarray(GRID), (2, 0)))
show("int64 scalar, version 3", npy(np.int64(-5).reshape(()), (3, 0)))
show("bool [3]", npy(np.array([True, False, True])))
show("int32 [2], big endian", npy(np.array([1, 2], dtype=">i4")))
show("TensorProto, raw float16 [2]", numpy_helper.from_array(np.array([1, -2], np.float16), "h").SerializeToString())
show("TensorProto, typed int8 [3]", helper.make_tensor("i", TensorProto.INT8, [3], [-128, 0, 127]).SerializeToString())
show("TensorProto, typed float16 [2]", helper.make_tensor("h", TensorProto.FLOAT16, [2], [1.0, -2.0]).SerializeToString())
show("TensorProto, string [1]", helper.make_tensor("s", TensorProto.STRING, [1], [b"x"]).SerializeToString())
