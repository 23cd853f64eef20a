//===- StensorFuzz.cpp - Any bytes as an ONNX model, to whole tensors -----===//
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
  options.compileTo = sluice::Phase::Stensor;
  options.demoteF64 = true;
  options.threads = 1;
  (void)sluice::lowerModel(sluice::fuzz::inputFile("model.onnx", data, size), options);
  return 0;
}
