//===- Streams.h - The vectors on a card's streams --------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_STREAMS_H
#define SLUICE_LIB_EXECUTOR_STREAMS_H

#include "sluice/Target/Target.h"

#include <cstdint>
#include <vector>

namespace sluice::executor {

/// The vectors on all streams of a card around the present cycle, one slot for each
/// (direction, stream, diagonal). A slot is taken over by a later diagonal once
/// its own has left the chip.
class Streams {
public:
  explicit Streams(const target::Target &target);

  /// Makes place for a vector of `lanes` bytes, to be filled at once.
  uint8_t *put(target::Direction direction, unsigned stream, int64_t diagonal, int position);
  /// The vector seen at `position`, from the nearest producer upstream. The verifier
  /// has shown that there is one.
  const uint8_t *get(target::Direction direction, unsigned stream, int64_t diagonal, int position) const;
  /// Takes all vectors off the streams.
  void clear();

private:
  /// A vector further along a diagonal than its first one, or behind it.
  struct Another {
    int position;
    std::vector<uint8_t> bytes;
  };
  struct Slot {
    int64_t diagonal = INT64_MIN;
    int position = 0; ///< of the vector in `vectors`
    std::vector<Another> others;
  };
  size_t indexOf(target::Direction direction, unsigned stream, int64_t diagonal) const {
    return (size_t(direction) * streams + stream) * window + (size_t(diagonal) & (window - 1));
  }

  size_t streams, window, lanes;
  std::vector<Slot> slots;
  std::vector<uint8_t> vectors; ///< each slot's first vector
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_STREAMS_H
