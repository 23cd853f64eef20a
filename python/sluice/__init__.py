# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sluice: compiles ONNX models to statically scheduled binaries and runs them bit for bit.

    binary = sluice.compile("model.onnx", dims={"batch": 1})
    outputs = binary.run({"x": array})
"""

from ._sluice import Binary, Error, compile, interpret

__all__ = ["Binary", "Error", "compile", "interpret"]
