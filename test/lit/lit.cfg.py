# lit configuration: every .mlir and .test file below this folder is a test.

import os

import lit.formats
import lit.llvm

lit.llvm.initialize(lit_config, config)

config.name = "Sluice"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.sluice_lit_exec_root

lit.llvm.llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
lit.llvm.llvm_config.with_environment("PATH", config.sluice_tools_dir, append_path=True)

config.substitutions.append(("%python", config.python_executable))
# Models and golden data beside the project; tests that need them say `REQUIRES: shared`.
config.substitutions.append(("%shared", config.sluice_shared_dir))
if os.path.isdir(config.sluice_shared_dir):
    config.available_features.add("shared")
