//===- VerifierFuzz.cpp - Any program to the verifier ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"
#include "sluice/Verifier/Verifier.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  absl::StatusOr<binary::Program> program =
      binary::decodeProgram({reinterpret_cast<const char *>(data), size});
  if (!program.ok())
    return 0;
  absl::StatusOr<target::Target> target = target::targetByName(program->metadata.target());
  verifier::verify(*program, *target);
  return 0;
}
