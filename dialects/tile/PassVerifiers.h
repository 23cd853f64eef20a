//===- PassVerifiers.h - What every pass must satisfy -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The passes of `tile` and `slice` are the same operations with and without a
// place (PassOps.td); these checks serve both.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_PASSVERIFIERS_H
#define SLUICE_DIALECTS_TILE_PASSVERIFIERS_H

#include "dialects/tile/TileDialect.h"

namespace sluice::tile {

/// Fails unless vectors start, start + step, ... (count of them) lie inside `type`.
template <typename Op>
mlir::LogicalResult verifyView(Op op, llvm::StringRef what, BufferType type, int64_t start, int64_t step,
                               int64_t count) {
  int64_t last = start + step * (count - 1);
  if (std::min(start, last) < 0 || std::max(start, last) >= type.getVectors())
    return op.emitOpError() << what << " uses vectors " << start << " to " << last << " of a buffer of "
                            << type.getVectors();
  return mlir::success();
}

/// Fails unless `views` holds a (start, step) pair inside its buffer for each operand.
template <typename Op>
mlir::LogicalResult verifyViews(Op op, llvm::StringRef what, mlir::ValueRange buffers,
                                llvm::ArrayRef<int64_t> views, int64_t count) {
  if (count < 1)
    return op.emitOpError("count must be at least 1, is ") << count;
  if (views.size() != 2 * buffers.size())
    return op.emitOpError("needs a (start, step) pair for each of ")
           << buffers.size() << " " << what << " operands, has " << views.size() << " numbers";
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    std::string name = (what + " operand " + llvm::Twine(i)).str();
    if (failed(verifyView(op, name, llvm::cast<BufferType>(buffer.getType()), views[2 * i], views[2 * i + 1],
                          count)))
      return mlir::failure();
  }
  return mlir::success();
}

template <typename Op>
mlir::LogicalResult verifyStripes(Op op) {
  if (op.getStripes() < 1)
    return op.emitOpError("stripes must be at least 1, is ") << op.getStripes();
  return mlir::success();
}

template <typename Op>
mlir::LogicalResult verifyConstant(Op op) {
  auto data = op.getData().getShapedType();
  auto type = op.getBuffer().getType();
  int64_t rank = data.getRank();
  if ((rank != 3 && rank != 4) || !data.getElementType().isInteger(8))
    return op.emitOpError("data must be int8 of shape [(cards,) vectors, bytes, lanes], is ") << data;
  if (data.getDimSize(rank - 3) != type.getVectors() || data.getDimSize(rank - 2) != type.getBytes())
    return op.emitOpError("data of ")
           << data.getDimSize(rank - 3) << " vectors of " << data.getDimSize(rank - 2)
           << " bytes for a buffer of " << type.getVectors() << " of " << type.getBytes();
  return verifyStripes(op);
}

/// Fails unless permutation and lane dimensions describe a layout of a tensor of `type`.
template <typename Op>
mlir::LogicalResult verifyLayout(Op op) {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(op.getMachineType());
  if (!type || !type.hasStaticShape())
    return op.emitOpError("machine_type must be a tensor of static shape, is ") << op.getMachineType();
  llvm::SmallVector<int64_t> sorted(op.getPermutation());
  llvm::sort(sorted);
  for (auto [i, d] : llvm::enumerate(sorted))
    if (int64_t(i) != d)
      return op.emitOpError("permutation does not name each of ") << type.getRank() << " dimensions once";
  if (int64_t(sorted.size()) != type.getRank() || int64_t(op.getLaneDims()) > type.getRank())
    return op.emitOpError("layout does not fit rank ") << type.getRank();
  return mlir::success();
}

template <typename Op>
mlir::LogicalResult verifyInput(Op op) {
  return mlir::success(succeeded(verifyLayout(op)) && succeeded(verifyStripes(op)));
}

template <typename Op>
mlir::LogicalResult verifyOutput(Op op) {
  if (failed(verifyLayout(op)))
    return mlir::failure();
  // A tensor of no elements is bound to no vector.
  if (op.getCount() == 0 && llvm::cast<mlir::RankedTensorType>(op.getMachineType()).getNumElements() == 0)
    return mlir::success();
  return verifyViews(op, "buffer", op->getOperands(), op.getView(), op.getCount());
}

/// Fails unless body arguments and yielded values have the widths of their buffers.
template <typename Op>
mlir::LogicalResult verifyWidths(Op op, llvm::StringRef what, mlir::TypeRange types,
                                 mlir::ValueRange buffers) {
  if (types.size() != buffers.size())
    return op.emitOpError("body has ")
           << types.size() << " " << what << " for " << buffers.size() << " buffers";
  for (auto [i, type, buffer] : llvm::enumerate(types, buffers)) {
    int64_t bytes = type.isInteger(1) ? 1 : type.getIntOrFloatBitWidth() / 8;
    int64_t have = llvm::cast<BufferType>(buffer.getType()).getBytes();
    if (bytes != have)
      return op.emitOpError() << what << " " << i << " of " << bytes << " bytes has a buffer of " << have;
  }
  return mlir::success();
}

template <typename Op>
mlir::LogicalResult verifyMap(Op op) {
  mlir::Block &body = op.getBody().front();
  if (failed(verifyViews(op, "input", op.getInputs(), op.getInputViews(), op.getCount())) ||
      failed(verifyViews(op, "output", op.getOutputs(), op.getOutputViews(), op.getCount())) ||
      failed(verifyWidths(op, "arguments", body.getArgumentTypes(), op.getInputs())))
    return mlir::failure();
  return verifyWidths(op, "results", body.getTerminator()->getOperandTypes(), op.getOutputs());
}

template <typename Op>
mlir::LogicalResult verifyContract(Op op) {
  int64_t planes = op.getPlanes(), chunks = op.getLanes().size(), count = op.getCount();
  if (planes < 1 || chunks < 1)
    return op.emitOpError("needs a plane and a chunk");
  if (int64_t(op.getWeights().size()) != planes * chunks)
    return op.emitOpError("needs a weight tile for each of ")
           << planes << " planes and " << chunks << " chunks, has " << op.getWeights().size();
  if (int64_t(op.getColumns().size()) != planes)
    return op.emitOpError("needs the columns of each of ")
           << planes << " planes, has " << op.getColumns().size();
  llvm::ArrayRef<int64_t> segments = op.getRowSegments();
  if (segments.size() != 4 * op.getRows().size())
    return op.emitOpError("needs four numbers for each of ")
           << op.getRows().size() << " row operands, has " << segments.size();
  llvm::SmallVector<int64_t> rows(chunks, 0);
  for (auto [j, buffer] : llvm::enumerate(op.getRows())) {
    int64_t chunk = segments[4 * j];
    if (chunk < 0 || chunk >= chunks)
      return op.emitOpError("row operand ") << j << " belongs to chunk " << chunk << " of " << chunks;
    if (failed(verifyView(op, "row operand", llvm::cast<BufferType>(buffer.getType()), segments[4 * j + 1],
                          segments[4 * j + 2], segments[4 * j + 3])))
      return mlir::failure();
    rows[chunk] += segments[4 * j + 3];
  }
  for (auto [chunk, n] : llvm::enumerate(rows))
    if (n != count)
      return op.emitOpError("chunk ") << chunk << " has " << n << " rows, the unit has " << count;
  if (op.getExtras().size() % planes || op.getOutputs().size() % planes)
    return op.emitOpError("extras and outputs must be the same for each of ") << planes << " planes";
  if (failed(verifyViews(op, "extra", op.getExtras(), op.getExtraViews(), count)) ||
      failed(verifyViews(op, "output", op.getOutputs(), op.getOutputViews(), count)))
    return mlir::failure();
  mlir::Block &body = op.getBody().front();
  if (body.getNumArguments() != 1 + op.getExtras().size() / planes)
    return op.emitOpError("body has ") << body.getNumArguments() << " arguments for the result and "
                                       << op.getExtras().size() / planes << " extras";
  return verifyWidths(op, "results", body.getTerminator()->getOperandTypes(),
                      op.getOutputs().take_front(op.getOutputs().size() / planes));
}

template <typename Op>
mlir::LogicalResult verifyPermute(Op op) {
  if (op.getMap().getType().getBytes() != 2)
    return op.emitOpError("map must have elements of 2 bytes, has ") << op.getMap().getType().getBytes();
  if (op.getInput().getType().getBytes() != op.getOutput().getType().getBytes())
    return op.emitOpError("moves elements of ")
           << op.getInput().getType().getBytes() << " bytes into a buffer of "
           << op.getOutput().getType().getBytes();
  return verifyViews(op, "operand", op->getOperands(), op.getViews(), op.getCount());
}

template <typename Op>
mlir::LogicalResult verifyGather(Op op) {
  if (op.getOffsets().getType().getBytes() != 1)
    return op.emitOpError("offsets must have elements of 1 byte, has ")
           << op.getOffsets().getType().getBytes();
  if (op.getTable().getType().getBytes() != op.getOutput().getType().getBytes())
    return op.emitOpError("table elements of ")
           << op.getTable().getType().getBytes() << " bytes for an output of "
           << op.getOutput().getType().getBytes();
  return verifyViews(op, "operand", op->getOperands().drop_front(), op.getViews(), op.getCount());
}

template <typename Op>
mlir::LogicalResult verifyExchange(Op op) {
  if (op.getInput().getType().getBytes() != op.getOutput().getType().getBytes())
    return op.emitOpError("input elements of ")
           << op.getInput().getType().getBytes() << " bytes for an output of "
           << op.getOutput().getType().getBytes();
  int64_t have = op.getOutput().getType().getVectors();
  if (int64_t count = op.getCount();
      count < 1 || count > op.getInput().getType().getVectors() || have % count)
    return op.emitOpError("count ") << op.getCount() << " does not fit an input of "
                                    << op.getInput().getType().getVectors() << " and an output of " << have;
  return mlir::success();
}

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_PASSVERIFIERS_H
