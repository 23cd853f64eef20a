//===- Passes.h - Departing each kind of pass -------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_SLICETOSCHED_PASSES_H
#define SLUICE_LIB_CONVERSION_SLICETOSCHED_PASSES_H

#include "TrainBuilder.h"

#include "dialects/slice/SliceDialect.h"

#include "llvm/ADT/MapVector.h"

#include <array>
#include <map>
#include <memory>

namespace sluice::sched {

/// The schedule of a program in the making: passes are departed one by one, each after
/// the passes whose results it takes.
class Schedule {
public:
  /// With a seed the schedule is any legal one.
  Schedule(const target::Target &target, unsigned cards, std::optional<uint64_t> seed)
      : state(target, cards, seed) {}

  void addBuffer(mlir::Value value) { buffers[value] = std::make_unique<Buffer>(value, state.target); }
  Buffer &buffer(mlir::Value value) { return *buffers.find(value)->second; }
  llvm::MapVector<mlir::Value, std::unique_ptr<Buffer>> &allBuffers() { return buffers; }

  /// Departs `op`, which must be a pass of the slice dialect.
  mlir::LogicalResult depart(mlir::Operation *op);

  ScheduleState state;

private:
  mlir::LogicalResult departMap(slice::MapOp op);
  /// Departs the map's vectors first ... first + count - 1 in one train; false if that never fits.
  mlir::FailureOr<bool> departMapPart(slice::MapOp op, int64_t first, int64_t count);
  mlir::LogicalResult departPermute(slice::PermuteOp op);
  mlir::LogicalResult departGather(slice::GatherOp op);
  mlir::LogicalResult departExchange(slice::ExchangeOp op);

  mlir::LogicalResult departContract(slice::ContractOp op);
  mlir::LogicalResult departInstall(slice::ContractOp op, unsigned chunk, unsigned plane);
  struct RowSegment;
  /// One train for the segment; false if that never fits.
  mlir::FailureOr<bool> departRows(slice::ContractOp op, const RowSegment &segment);
  /// Departs `count` vectors by depart(first, count): all at once or, where operands and results need more
  /// streams of a direction or ports of a slice at once than there are, so few a train that one is over
  /// before the other comes.
  static mlir::LogicalResult
  departInParts(int64_t count, llvm::function_ref<mlir::FailureOr<bool>(int64_t, int64_t)> depart);

  /// From a unit at the outer end of `hemisphere` to the copies of `buffer`.
  llvm::SmallVector<StreamPath, 2> inwardPaths(target::Hemisphere hemisphere, const Buffer &buffer) const;
  /// From the VXM to the copies of `buffer`.
  llvm::SmallVector<StreamPath, 2> outwardPaths(const Buffer &buffer) const;

  /// What a plane of the MXM did last.
  struct Plane {
    int64_t loadingFree = 0;  ///< first cycle in which its loading slot may be written
    int64_t loaded = 0;       ///< first cycle in which the loading slot's tile may be taken
    int64_t multiplyFree = 0; ///< first cycle in which it may take a row
    /// The installs of the tile in the loading slot: first column group, groups, issue.
    llvm::SmallVector<std::array<int64_t, 3>, 2> installs;
    /// Who set each accumulator row last: issue and element.
    std::vector<std::pair<IssueId, int32_t>> rows;
  };
  Plane &plane(target::Hemisphere hemisphere, unsigned index) {
    return planes[unsigned(hemisphere) * state.target.planesPerHemisphere + index];
  }

  llvm::MapVector<mlir::Value, std::unique_ptr<Buffer>> buffers;
  std::map<unsigned, Plane> planes;
};

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_PASSES_H
