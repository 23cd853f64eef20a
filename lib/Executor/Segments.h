//===- Segments.h - Bursts cut into windows of time -------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Time is cut into windows of equally many cycles, and each burst into the segments
// that it dispatches in one window. A segment is what is executed at once: many rows on
// one tile, many vectors through one ALU. What it gives lies in buffers of its own.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_EXECUTOR_SEGMENTS_H
#define SLUICE_LIB_EXECUTOR_SEGMENTS_H

#include "Burst.h"
#include "Dataflow.h"

namespace sluice::executor {

/// Some elements of a burst, all dispatched in one window.
struct Segment {
  uint32_t burst, first, count;
  uint32_t window;
  /// Of a Read: those who take its words do so in this window, in which nothing changes them. They take them
  /// from memory, and nothing is left to execute.
  bool inPlace = false;
  /// Which forms of the results are taken: byte planes, 32 bits a lane.
  bool givesBytes = false, givesWords = false;
  uint32_t lastUse = 0;          ///< window
  uint64_t bytes = 0, words = 0; ///< offsets of the buffers

  uint32_t end() const { return first + count; }
};

/// What elements of an operand take: the first one output `slot` of element `element` of the segment's burst,
/// each further one that of `step` elements on.
struct Taken {
  static constexpr uint32_t nothing = UINT32_MAX;
  uint32_t segment = nothing;
  uint32_t element = 0, slot = 0;
  int32_t step = 0;
};

/// Elements of a burst of which each operand is one Taken: first those of the streams in the order of
/// Burst::inputs, then those of the ALU chains in the order of the ALU's operands.
struct Block {
  uint32_t first, count;
  std::vector<Taken> taken;
};

class Segments {
public:
  /// `bursts` are those of Dataflow's numbers.
  Segments(const std::vector<Burst> &bursts, const binary::Program &program);

  size_t windows() const { return ofWindow.size(); }
  size_t size() const { return segments.size(); }
  Segment &operator[](uint32_t segment) { return segments[segment]; }
  const Segment &operator[](uint32_t segment) const { return segments[segment]; }
  const Burst &burstOf(uint32_t segment) const { return bursts[segments[segment].burst]; }
  /// Segments of a window.
  const std::vector<uint32_t> &inWindow(size_t window) const { return ofWindow[window]; }

  /// Cuts `count` elements from `first` on of a burst into blocks.
  std::vector<Block> blocksOf(uint32_t burst, uint32_t first, uint32_t count) const;

  /// Whether operand `operand` of an ALU is the whole result of another unit, 32 bits a lane, of which
  /// `taken` are the byte planes.
  bool isWholeWord(const Taken *taken) const;

private:
  struct Run {
    uint32_t first, count;
    Taken taken;
  };
  uint64_t chooseWindow(const binary::Program &program) const;
  void cut(uint64_t windowCycles);
  void findInPlace();
  void markUses();
  std::vector<Run> runsOf(uint32_t burst, uint32_t slot, uint32_t first, uint32_t count) const;
  void addRuns(const Feed &feed, uint32_t first, uint32_t count, std::vector<Run> &runs) const;

  const std::vector<Burst> &bursts;
  const Dataflow flow;
  std::vector<Segment> segments;      ///< by burst, then element
  std::vector<uint32_t> firstOfBurst; ///< and one past the last
  std::vector<std::vector<uint32_t>> ofWindow;
};

} // namespace sluice::executor

#endif // SLUICE_LIB_EXECUTOR_SEGMENTS_H
