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

/// The schedule of a program in the making: passes are described one by one, each after those whose results
/// it takes; when a packing has been found, its instructions are issued.
class Schedule {
public:
  Schedule(const target::Target &target, unsigned cards) : state(target, cards) {}

  void addBuffer(mlir::Value value) { buffers[value] = std::make_unique<Buffer>(value, state.target); }
  Buffer &buffer(mlir::Value value) { return *buffers.find(value)->second; }
  llvm::MapVector<mlir::Value, std::unique_ptr<Buffer>> &allBuffers() { return buffers; }

  /// Adds the trains of `op`, which must be a pass of the slice dialect, to the problem.
  mlir::LogicalResult describe(mlir::Operation *op);

  /// Issues the instructions of all trains as they depart in `packing`, in the order in which they were
  /// packed. What was issued before is forgotten.
  void issue(const scheduling::Packing &packing);

  ScheduleState state;

private:
  mlir::LogicalResult describeMap(slice::MapOp op);
  /// The map's vectors first ... first + count - 1 as one train; false if that never fits.
  mlir::FailureOr<bool> describeMapPart(slice::MapOp op, int64_t first, int64_t count);
  mlir::LogicalResult describePermute(slice::PermuteOp op);
  mlir::LogicalResult describeGather(slice::GatherOp op);
  mlir::LogicalResult describeExchange(slice::ExchangeOp op);

  mlir::LogicalResult describeContract(slice::ContractOp op);
  struct RowSegment;
  struct Emission;
  /// What of `chunk` the planes stream: all the same, or, apart, each its own.
  mlir::LogicalResult describeChunk(slice::ContractOp op, unsigned chunk,
                                    llvm::ArrayRef<std::vector<RowSegment>> segments);
  /// Planes of the unit take a tile, or a byte plane of it, from the same streams.
  mlir::LogicalResult describeInstall(slice::ContractOp op, unsigned chunk, unsigned tile, unsigned byte,
                                      llvm::ArrayRef<unsigned> planes);
  /// One train for the segment; false if that never fits.
  mlir::FailureOr<bool> describeRows(slice::ContractOp op, const RowSegment &segment);
  void issueRows(TrainBuilder &train, slice::ContractOp op, const RowSegment &segment,
                 const std::optional<scheduling::BodySchedule> &body, int64_t bodyOffset,
                 llvm::ArrayRef<Emission> emissions);
  /// Describes `count` vectors by describe(first, count): all at once or, where operands and results need
  /// more streams of a direction or ports of a slice at once than there are, so few a train that one is over
  /// before the other comes.
  static mlir::LogicalResult
  describeInParts(int64_t count, llvm::function_ref<mlir::FailureOr<bool>(int64_t, int64_t)> describe);

  /// From a unit at the outer end of `hemisphere` to the copies of `buffer`.
  llvm::SmallVector<StreamPath, 2> inwardPaths(target::Hemisphere hemisphere, const Buffer &buffer) const;
  /// From the VXM to the copies of `buffer`.
  llvm::SmallVector<StreamPath, 2> outwardPaths(const Buffer &buffer) const;

  /// What a plane of the MXM did last.
  struct Plane {
    /// The installs of the tile in the loading slot: first column group, groups, issue.
    llvm::SmallVector<std::array<int64_t, 3>, 2> installs;
    /// Who set each accumulator row last: issue and element.
    std::vector<std::pair<IssueId, int32_t>> rows;
  };
  unsigned planeNumber(target::Hemisphere hemisphere, unsigned index) const {
    return unsigned(hemisphere) * state.target.planesPerHemisphere + index;
  }
  Plane &plane(target::Hemisphere hemisphere, unsigned index) {
    return planes[planeNumber(hemisphere, index)];
  }

  llvm::MapVector<mlir::Value, std::unique_ptr<Buffer>> buffers;
  std::map<unsigned, Plane> planes;
};

} // namespace sluice::sched

#endif // SLUICE_LIB_CONVERSION_SLICETOSCHED_PASSES_H
