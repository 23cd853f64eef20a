//===- Gathers.cpp - Rows chosen by run-time indices --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Places.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sluice::tiling {

/// The table's vectors of `chunk`, one a row, in a buffer of their own.
int32_t Lowering::gatherTable(stensor::GatherOp gather, const Layout &layout, int64_t chunk) {
  const View &view = viewOf(gather.getTable());
  Type elementType = gather.getTable().getType().getElementType();
  const int64_t bytes = bytesOf(elementType);
  Grid grid = gridOf(view.shape(), layout);
  Location loc = gather.getLoc();
  if (isConstant(view))
    return constantBuffer(loc, view, placesOf(layout, view.shape(), chunk), elementType);
  Refs refs = materialise(loc, view, elementType, layout, emitter.target.lanes()), column;
  for (int64_t row = 0; row < grid.rows(); ++row)
    column.push_back(refs[grid.vectorAt(row, chunk)]);
  if (std::optional<Progression> run = progressionOf(column);
      run && run->start == 0 && (run->step == 1 || grid.rows() == 1))
    return run->buffer;
  return emitter.copyToBuffer(loc, column, bytes);
}

/// Indices in the form that Gather takes: low byte in the first lane of each superlane, high byte in the
/// second. One that is outside the table becomes an offset that is outside any bank, which is a fault.
Refs Lowering::gatherOffsets(stensor::GatherOp gather) {
  Location loc = gather.getLoc();
  const View &view = viewOf(gather.getIndices());
  int64_t rows = gather.getTable().getType().getDimSize(0);
  OpBuilder &builder = emitter.builder;
  Type word = builder.getI32Type(), byte = builder.getI8Type();
  Refs indices = materialise(loc, view, word, Layout::replicated(1), emitter.target.lanes());
  std::string shifts(emitter.target.lanes(), 0);
  for (size_t lane = 1; lane < shifts.size(); lane += emitter.target.lanesPerSuperlane)
    shifts[lane] = 8;
  Ref shift = emitter.constants(loc, shifts, 1).front();
  Refs offsets = emitter.allocate(loc, indices.size(), 1);
  std::vector<Job> jobs;
  for (auto [index, offset] : llvm::zip_equal(indices, offsets))
    jobs.push_back({index, shift, offset});
  emitter.map(loc, {word, byte}, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    auto constant = [&](int64_t value) { return arith::ConstantIntOp::create(builder, loc, value, 32); };
    Value isBelow = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, arguments[0], constant(0));
    Value isBehind =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, arguments[0], constant(rows));
    Value isOutside = arith::OrIOp::create(builder, loc, isBelow, isBehind);
    Value offset = arith::SelectOp::create(builder, loc, isOutside, constant(-1), arguments[0]);
    Value amount = arith::ExtSIOp::create(builder, loc, word, arguments[1]);
    Value shifted = arith::ShRUIOp::create(builder, loc, offset, amount);
    return SmallVector<Value>{arith::TruncIOp::create(builder, loc, byte, shifted)};
  });
  return offsets;
}

LogicalResult Lowering::lowerGather(stensor::GatherOp gather) {
  Root &root = rootOf(gather.getResult());
  Refs offsets = gatherOffsets(gather);
  Location loc = gather.getLoc();
  int64_t bytes = bytesOf(root.type.getElementType()), count = offsets.size();
  int64_t chunks = gridOf(root.type.getShape(), *root.layout).chunks();
  Refs refs(count * chunks);
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    int32_t table = gatherTable(gather, *root.layout, chunk);
    Refs made = emitter.allocate(loc, count, bytes);
    std::vector<Job> jobs;
    for (int64_t i = 0; i < count; ++i) {
      jobs.push_back({offsets[i], made[i]});
      refs[chunk * count + i] = made[i];
    }
    forEachRun(jobs, [&](int64_t first, int64_t length) {
      tile::GatherOp::create(emitter.builder, loc, emitter.valueOf(table),
                             emitter.valueOf(jobs[first][0].buffer), emitter.valueOf(jobs[first][1].buffer),
                             viewsOf(ArrayRef(jobs).slice(first, length)), length);
    });
  }
  define(root, std::move(refs), emitter.target.lanes());
  return success();
}

} // namespace sluice::tiling
