//===- ContainerFuzz.cpp - Any bytes as a binary --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A binary that is read can be written, and what is written reads the same.
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Printer.h"
#include "sluice/Binary/Program.h"

#include <cstdlib>

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  absl::StatusOr<binary::Program> program =
      binary::decodeProgram({reinterpret_cast<const char *>(data), size});
  if (!program.ok())
    return 0;
  absl::StatusOr<std::string> written = binary::encodeProgram(*program);
  if (!written.ok())
    std::abort();
  absl::StatusOr<binary::Program> again = binary::decodeProgram(*written);
  if (!again.ok() || binary::encodeProgram(*again).value() != *written)
    std::abort();
  return 0;
}
