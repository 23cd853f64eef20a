//===- sluice-opt.cpp - Runs passes on a program --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Conversion/OptionalOperators.h"
#include "sluice/Registry/Dialects.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"
#include "tools/common/ModelOptions.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

/// Refuses an output that is the input, and an input that may have no end; "-" is for filters.
static absl::Status checkFiles(const std::string &input, const std::string &output) {
  if (input == "-")
    return absl::OkStatus();
  if (std::string fault = sluice::regularFileFault(input); !fault.empty())
    return sluice::invalidArgument("cannot open ", input, ": ", fault);
  return sluice::checkOutputs({{"-o", output}}, {{"the input", input}});
}

int main(int argc, char **argv) {
  sluice::startLlvmTool("sluice-opt");
  sluice::registerAllPasses();
  sluice::registerOptionalOperators();
  mlir::DialectRegistry registry;
  sluice::registerAllDialects(registry);
  const auto [input, output] = mlir::registerAndParseCLIOptions(argc, argv, "Sluice pass driver\n", registry);
  if (absl::Status status = checkFiles(input, output); !status.ok())
    return sluice::reportError("sluice-opt", status);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
}
