#!/usr/bin/python3
# Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""onnxruntime_tests.py FAMILY [GLOB]: every case of the family (of those names) passes: ONNX Runtime's outputs at
its tolerances, executor and reference interpreter equal in every bit."""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from harness import SOURCE

family, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "*"
with tempfile.TemporaryDirectory() as temporary:
    folder, verdicts = Path(temporary, family), Path(temporary, "verdicts.json")
    with zipfile.ZipFile(SOURCE / f"test/e2e/onnxruntime/{family}.zip") as archive:
        archive.extractall(folder)
    subprocess.run([SOURCE / "utils/onnx-tests.py", folder, "--only", only, "--tolerances", "onnxruntime",
                    "--json", verdicts], check=False)
    results = json.loads(verdicts.read_text())
failed = {name: result for name, result in results.items() if result["verdict"] != "pass"}
for name, result in failed.items():
    print(f"{result['verdict']}: {name}: {result['reason']}")
sys.exit(1 if failed or not results else 0)
