#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""onnx_tests.py FOLDER: ONNX's backend tests get the verdicts that docs/onnx-coverage.md records."""

import subprocess
import sys

from harness import SOURCE, skip

folder = SOURCE.parent / "shared" / "onnx-tests" / sys.argv[1]
if not folder.is_dir():
    skip(f"no ONNX backend tests '{sys.argv[1]}' beside the project")
sys.exit(subprocess.run([SOURCE / "utils" / "onnx-tests.py", folder, "--check-coverage"], check=False).returncode)
