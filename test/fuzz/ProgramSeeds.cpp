//===- ProgramSeeds.cpp - Writes the samples of the verifier's tests ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   program-seeds FOLDER
//
//===----------------------------------------------------------------------===//

#include "../unit/Verifier/Samples.h"

#include <cstdio>
#include <string>

using namespace sluice;

static bool write(const std::string &path, const test::ProgramBuilder &builder) {
  const absl::Status written = binary::writeProgram(builder.build(), path);
  if (!written.ok())
    std::fprintf(stderr, "%s\n", std::string(written.message()).c_str());
  return written.ok();
}

int main(int count, char **arguments) {
  const std::string folder = count == 2 ? arguments[1] : ".";
  return write(folder + "/copy.slu", test::copySample("tiny").builder) &&
                 write(folder + "/chain.slu", test::chainSample("tiny").builder) &&
                 write(folder + "/matmul-f16.slu", test::matmulSample("tiny", true, 3, 20).builder) &&
                 write(folder + "/matmul-i8.slu", test::matmulSample("tiny", false, 3, 20).builder) &&
                 write(folder + "/link.slu", test::linkSample("tiny").builder)
             ? 0
             : 1;
}
