//===- Samples.h - Small right programs, written by hand --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_VERIFIER_SAMPLES_H
#define SLUICE_TEST_UNIT_VERIFIER_SAMPLES_H

#include "ProgramBuilder.h"

namespace sluice::test {

/// y = x: vectors copied from slice e0 to slice e4 on stream e4. y is uint8
/// [vectors, lanes].
struct CopySample {
  ProgramBuilder builder;
  std::string data;
  BurstRef read, write;
};
CopySample copySample(std::string_view target, uint32_t vectors = 3);

/// y = 3 x + 0.5 by two chained ALUs, x and y one vector of fp32 in slices e0...e3
/// and e4...e7.
struct ChainSample {
  ProgramBuilder builder;
  std::vector<float> x;
  std::vector<BurstRef> reads, writes;
  BurstRef multiply, add;
};
ChainSample chainSample(std::string_view target);

/// y = a0 b0 + a1 b1: two tiles, one after the other, on plane e0 (int8) or the eastern
/// tandem (fp16), the second accumulating on the first. Values are small integers. y is
/// int32 or fp32 [rows, columns].
struct MatmulSample {
  ProgramBuilder builder;
  unsigned rows, depth, columns;
  std::vector<int> a[2]; ///< [rows][depth]
  std::vector<int> b[2]; ///< [depth][columns]
  BurstRef multiply[2];
  std::vector<BurstRef> installs[2]; ///< by plane
  std::vector<BurstRef> writes;
};
MatmulSample matmulSample(std::string_view target, bool half, unsigned rows, unsigned depth);

/// y = x, sent from slice e0 of card 0 to slice e0 of card 1 over their link; y is
/// uint8 [vectors, lanes].
struct LinkSample {
  ProgramBuilder builder;
  std::string data;
  BurstRef read, send, receive, write;
};
LinkSample linkSample(std::string_view target, uint32_t vectors = 2);

/// The sample numbers of the tests: small, of both signs, never repeating early.
class Numbers {
public:
  /// A number in [-limit, limit].
  int next(int limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return int((state >> 33) % (2 * unsigned(limit) + 1)) - limit;
  }
  std::string bytes(size_t count);

private:
  uint64_t state = 42;
};

} // namespace sluice::test

#endif // SLUICE_TEST_UNIT_VERIFIER_SAMPLES_H
