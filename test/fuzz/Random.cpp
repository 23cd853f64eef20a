//===- Random.cpp - Choices that a seed makes ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Random.h"

#include <limits>

namespace sluice::fuzz {

int64_t Random::number(int64_t number) {
  const int64_t sign = oneIn(4) ? -1 : 1;
  switch (below(5)) {
  case 0:
    return static_cast<int64_t>(static_cast<uint64_t>(number) + below(3) - 1);
  case 1:
    return sign * static_cast<int64_t>(below(10));
  case 2:
    return sign * static_cast<int64_t>((uint64_t{1} << below(63)) + below(3) - 1);
  case 3:
    return oneIn(2) ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  default:
    return sign * static_cast<int64_t>(below(1000));
  }
}

std::string mutateBytes(std::string text) {
  const size_t size = text.size();
  text.resize(size + 16);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(text.data()), size, text.size()));
  return text;
}

} // namespace sluice::fuzz
