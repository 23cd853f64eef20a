//===- Storage.h - Placed buffers as the schedule fills them ----*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_STORAGE_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_STORAGE_H

#include "dialects/tile/Striping.h"
#include "sluice/Scheduling/Problem.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
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

/// Which train and instruction writes a vector's byte plane, and when it may be read.
struct Writer {
  scheduling::TrainId train = scheduling::noTrain; ///< none: it is there from the start
  int64_t ready = 0; ///< cycles from its departure until a read may be dispatched
  /// Known when the train's instructions are issued.
  IssueId issue = initialMemory;
  int32_t element = 0;
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

/// A train's result as it flows: element e is vector view.start + e * view.step of a buffer and passes the
/// VXM's stop, or would, `key` + e * interval cycles after the departure. Later trains may take it from its
/// streams.
struct FlowingResult {
  scheduling::TrainId train;
  unsigned result;
  View view;
  int64_t count, interval, key;
  /// What it takes of its streams.
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
  tile::Striping striping;
  llvm::SmallVector<target::Hemisphere, 2> hemispheres;
  llvm::SmallVector<unsigned> slices; ///< [stripe][byte]
  unsigned bank;
  bool initial; ///< written before the program starts
  bool isInput = false;
  const bool isOutput; ///< leaves the program

  /// First cycle in which a word is written and last in which one is used.
  int64_t firstWrite = INT64_MAX, lastUse = INT64_MIN;
  /// Words of its banks at which the buffer begins, known after allocation: one for all slices of what the
  /// host reaches, as bindings have one address, else one for each, by copy and slice.
  llvm::SmallVector<int64_t, 1> bases{0};
  int64_t baseIn(target::Hemisphere hemisphere, unsigned slice) const;
  bool hasOwnBases() const { return !isInput && !isOutput; }

  /// Bytes that it takes on a card, all copies together.
  int64_t totalBytes(const target::Target &target) const {
    return int64_t(hemispheres.size() * slices.size()) * words() * target.lanes();
  }
  /// Words that each of its slices holds.
  int64_t words() const { return striping.words(vectors); }
  /// First of the slices, a byte plane each, that hold `vector`.
  llvm::ArrayRef<unsigned> slicesOf(int64_t vector) const {
    return llvm::ArrayRef(slices).slice(striping.partOf(vector) * bytes, bytes);
  }
  /// Number of the copy in `hemisphere`; the buffer must have one there.
  unsigned copyIn(target::Hemisphere hemisphere) const;
  bool isIn(target::Hemisphere hemisphere) const { return llvm::is_contained(hemispheres, hemisphere); }

  /// The memory instructions for `count` elements of `view`, of every byte plane.
  std::vector<MemoryBurst> bursts(const View &view, int64_t count) const;

  /// Elements of `view` from `first` on lie in one block up to this one.
  int64_t endOfBlock(const View &view, int64_t first, int64_t count) const;

  Writer &writer(unsigned copy, unsigned byte, int64_t vector) {
    return writers[(copy * bytes + byte) * vectors + vector];
  }

  /// What of its trains' ready cycles holds for every vector, where an exchange writes it.
  std::vector<scheduling::Wait> readyWhole;

  /// Forgets when it is used and who issued what.
  void forgetSchedule();

  /// Issue i is now number[i].
  void renumberWriters(llvm::ArrayRef<IssueId> number);

  const Writer &writer(unsigned copy, unsigned byte, int64_t vector) const {
    return writers[(copy * bytes + byte) * vectors + vector];
  }

  /// Records that `result` becomes vectors of this buffer.
  void addFlowing(FlowingResult result);
  /// The result that is written to `vector`, or null.
  const FlowingResult *flowing(int64_t vector) const {
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
  std::vector<FlowingResult> flowingResults;
  std::vector<int32_t> flowingOf; ///< by vector; empty before the first result
};

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_STORAGE_H
