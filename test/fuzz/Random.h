//===- Random.h - Choices that a seed makes ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_FUZZ_RANDOM_H
#define SLUICE_TEST_FUZZ_RANDOM_H

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

/// libFuzzer's own mutation of `size` bytes, which may grow to `maxSize`; returns the new size.
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace sluice::fuzz {

/// The choices of one mutation.
class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}

  /// A number below `end`, which is not 0.
  size_t below(size_t end) { return engine() % end; }
  bool oneIn(size_t times) { return below(times) == 0; }
  template <typename Range>
  auto &anyOf(Range &range) {
    return *(std::begin(range) + below(std::size(range)));
  }

  /// `number` or one near it, near a power of two, or of any kind.
  int64_t number(int64_t number);

private:
  std::minstd_rand engine;
};

/// `text` after one of libFuzzer's mutations.
std::string mutateBytes(std::string text);

} // namespace sluice::fuzz

#endif // SLUICE_TEST_FUZZ_RANDOM_H
