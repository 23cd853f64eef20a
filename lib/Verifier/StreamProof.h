//===- StreamProof.h - Who is on which stream where -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_VERIFIER_STREAMPROOF_H
#define SLUICE_LIB_VERIFIER_STREAMPROOF_H

#include "sluice/Verifier/Bursts.h"

#include "sluice/Target/Target.h"

#include <vector>

namespace sluice::verifier {

/// A value on a stream: who put it there, and where on the chip.
struct StreamValue {
  int position;
  ElementRef producer;
  uint32_t slot;
};

/// The values on all streams of a card around the present cycle. A value is found
/// under its diagonal, where it stands still; further downstream another producer
/// may have overwritten it.
class StreamProof {
public:
  explicit StreamProof(const target::Target &target);

  /// Puts `value` on a diagonal. Returns the value that is already there in the
  /// same place and cycle, or null.
  const StreamValue *put(target::Direction direction, unsigned stream, int64_t diagonal,
                         const StreamValue &value);
  /// The value seen at `position`: of the nearest producer upstream. Null if none.
  const StreamValue *find(target::Direction direction, unsigned stream, int64_t diagonal, int position) const;

private:
  struct Diagonal {
    int64_t number = INT64_MIN;
    std::vector<StreamValue> values;
  };
  size_t indexOf(target::Direction direction, unsigned stream, int64_t diagonal) const {
    return (size_t(direction) * streams + stream) * window + (size_t(diagonal) & (window - 1));
  }

  size_t streams, window; ///< diagonals that can be alive at once, a power of two
  std::vector<Diagonal> diagonals;
};

} // namespace sluice::verifier

#endif // SLUICE_LIB_VERIFIER_STREAMPROOF_H
