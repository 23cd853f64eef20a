//===- Storage.h - Placed buffers as the schedule fills them ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_STORAGE_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_STORAGE_H

#include "sluice/Scheduling/Reservation.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace sluice::sched {

/// Number of an issued instruction; `initialMemory` where nothing was issued.
using IssueId = int32_t;
inline constexpr IssueId initialMemory = -1;

/// Element of a pass -> vector of a buffer: start + i * step.
struct View {
  int64_t start = 0;
  int64_t step = 0;
  /// What follows its first `count` vectors.
  View from(int64_t count) const { return {start + count * step, step}; }
};

/// One memory instruction's share of an access: elements first, first + step, ... of a
/// pass, at words `word`, word + wordStep, ... of one slice, counted from the buffer's base.
struct MemoryBurst {
  unsigned slice;
  unsigned byte;
  int64_t firstElement, elementStep;
  int64_t word, wordStep;
  int64_t count;
};

/// Which instruction writes a vector's byte plane, and when it may be read.
struct Writer {
  IssueId issue = initialMemory;
  int32_t element = 0;
  int64_t ready = 0; ///< first cycle in which a read may be dispatched
};

/// Elements of a pass that arrive on one stream: elements first, first + step, ... come
/// from elements 0, 1, ... of `issue`'s output `slot`.
struct StreamPart {
  IssueId issue;
  int32_t slot;
  int64_t first, step, count;
};
/// Everything that one stream brings to a pass.
using StreamSource = std::vector<StreamPart>;

/// A pass's result as it flows: element e is vector view.start + e * view.step of a buffer and passes the
/// VXM's stop, or would, in cycle key + e * interval. Later passes may take it from its streams.
struct FlowingResult {
  View view;
  int64_t count, interval, key;
  unsigned stream;
  std::vector<StreamSource> sources; ///< by byte plane
  /// What is reserved of its streams; a pass that takes it further adds the rest.
  std::vector<scheduling::StreamSegment> segments;

  /// Element that is `vector`, or -1.
  int64_t elementOf(int64_t vector) const;
};

/// A buffer of the slice level while the schedule is made.
class Buffer {
public:
  Buffer(mlir::Value value, const target::Target &target);

  mlir::Value value;
  int64_t vectors;
  unsigned bytes;
  unsigned stripes;
  llvm::SmallVector<target::Hemisphere, 2> hemispheres;
  llvm::SmallVector<unsigned> slices; ///< [stripe][byte]
  unsigned bank;
  bool initial;        ///< written before the program starts
  const bool isOutput; ///< leaves the program

  /// First cycle in which a word is written and last in which one is used.
  int64_t firstWrite = INT64_MAX, lastUse = INT64_MIN;
  /// Word of the bank at which the buffer begins, known after allocation.
  int64_t base = 0;

  /// Bytes that it takes on a card, all copies together.
  int64_t totalBytes(const target::Target &target) const {
    return int64_t(hemispheres.size() * slices.size()) * words() * target.lanes();
  }
  /// Words that each of its slices holds.
  int64_t words() const { return llvm::divideCeilSigned(vectors, stripes); }
  /// Number of the copy in `hemisphere`; the buffer must have one there.
  unsigned copyIn(target::Hemisphere hemisphere) const;
  bool isIn(target::Hemisphere hemisphere) const { return llvm::is_contained(hemispheres, hemisphere); }

  /// The memory instructions for `count` elements of `view`, of every byte plane.
  std::vector<MemoryBurst> bursts(const View &view, int64_t count) const;

  Writer &writer(unsigned copy, unsigned byte, int64_t vector) {
    return writers[(copy * bytes + byte) * vectors + vector];
  }

  /// Issue i is now number[i].
  void renumberWriters(llvm::ArrayRef<IssueId> number);

  /// Records that `result` becomes vectors of this buffer.
  void addFlowing(FlowingResult result);
  /// The result that was written to `vector`, or null.
  FlowingResult *flowing(int64_t vector) {
    return flowingOf.empty() || flowingOf[vector] < 0 ? nullptr : &flowingResults[flowingOf[vector]];
  }

  /// Where cards differ in which instruction writes a vector, that instruction, by
  /// ((copy * bytes + byte) * cards + card) * vectors + vector; empty where they agree.
  std::vector<IssueId> cardIssues;
  IssueId &cardIssue(unsigned copy, unsigned byte, unsigned card, int64_t vector, unsigned cards) {
    return cardIssues[((copy * bytes + byte) * cards + card) * vectors + vector];
  }

private:
  std::vector<Writer> writers;
  std::deque<FlowingResult> flowingResults; ///< stay where they are
  std::vector<int32_t> flowingOf;           ///< by vector; empty before the first result
};

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_STORAGE_H
