//===- IrFuzz.cpp - Any text as IR of any level, as far down as it goes ---===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputFile.h"

#include "sluice/Compiler/CompileModel.h"
#include "sluice/Conversion/OptionalOperators.h"

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  sluice::registerOptionalOperators();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sluice::CompileOptions options;
  options.targetName = "small";
  options.cards = 1 + size % 2; // Also known to utils/fuzz-seeds.py.
  options.threads = 1;
  (void)sluice::compileModel(sluice::fuzz::inputFile("ir.mlir", data, size), options);
  return 0;
}
