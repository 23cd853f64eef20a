//===- PassVerifiers.h - What every pass must satisfy -----------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The passes of `tile` and `slice` are the same operations with and without a
// place (PassOps.td); these checks serve both. Numbers may come from a text: any 64 bits.
// What needs the target's numbers is checked before each step down (lib/Conversion/Checks).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_PASSVERIFIERS_H
#define SLUICE_DIALECTS_TILE_PASSVERIFIERS_H

#include "dialects/tile/InputLoops.h"
#include "dialects/tile/PassBody.h"
#include "dialects/tile/TileDialect.h"

#include "llvm/Support/CheckedArithmetic.h"

namespace sluice::tile {

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Fails unless `count` is at least 1 and vectors start, start + step, ... (count of them) lie inside `type`.
template <typename Op>
mlir::LogicalResult verifyView(Op op, const llvm::Twine &what, BufferType type, int64_t start, int64_t step,
                               int64_t count) {
  if (count < 1)
    return op.emitOpError("count of ") << what << " must be at least 1, is " << count;
  std::optional<int64_t> last = llvm::checkedMulAdd(step, count - 1, start);
  if (last && std::min(start, *last) >= 0 && std::max(start, *last) < type.getVectors())
    return mlir::success();
  mlir::InFlightDiagnostic error = op.emitOpError() << what << " uses vectors " << start << " to ";
  if (last)
    error << *last;
  else
    error << start << " + " << count - 1 << " x " << step;
  return error << " of a buffer of " << type.getVectors();
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
  for (auto [i, buffer] : llvm::enumerate(buffers))
    if (failed(verifyView(op, what + " operand " + llvm::Twine(i), llvm::cast<BufferType>(buffer.getType()),
                          views[2 * i], views[2 * i + 1], count)))
      return mlir::failure();
  return mlir::success();
}

//===----------------------------------------------------------------------===//
// Buffers and bindings
//===----------------------------------------------------------------------===//

template <typename Op>
mlir::LogicalResult verifyStripes(Op op) {
  if (int64_t stripes = op.getStripes(); stripes < 1)
    return op.emitOpError("stripes must be at least 1, is ") << stripes;
  return mlir::success();
}

/// The same for a buffer, whose stripes may be of several vectors each.
template <typename Op>
mlir::LogicalResult verifyBuffer(Op op) {
  const int64_t block = op.getBlock(), vectors = op.getBuffer().getType().getVectors();
  if (block < 1 || (block > 1 && block > vectors))
    return op.emitOpError("block must be of 1 ... ") << vectors << " vectors, is " << block;
  return verifyStripes(op);
}

template <typename Op>
mlir::LogicalResult verifyConstant(Op op) {
  auto data = llvm::dyn_cast<mlir::RankedTensorType>(op.getData().getShapedType());
  auto type = op.getBuffer().getType();
  int64_t rank = data ? data.getRank() : 0;
  if ((rank != 3 && rank != 4) || !data.hasStaticShape() || !data.getElementType().isInteger(8))
    return op.emitOpError("data must be int8 of shape [(cards,) vectors, bytes, lanes], is ")
           << op.getData().getShapedType();
  if (data.getDimSize(rank - 3) != type.getVectors() || data.getDimSize(rank - 2) != type.getBytes())
    return op.emitOpError("data of ")
           << data.getDimSize(rank - 3) << " vectors of " << data.getDimSize(rank - 2)
           << " bytes for a buffer of " << type.getVectors() << " of " << type.getBytes();
  if (failed(verifyBytes(op, op.getData())))
    return mlir::failure();
  return verifyStripes(op);
}

/// Fails unless vectors hold the tensor's elements, and there may be that many vectors from `first` on.
template <typename Op>
mlir::LogicalResult verifyTensor(Op op, int64_t vectors) {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(op.getMachineType());
  if (!type || !type.hasStaticShape())
    return op.emitOpError("machine_type must be a tensor of static shape, is ") << op.getMachineType();
  if (!isBodyType(type.getElementType()))
    return op.emitOpError("machine_type has elements ") << type.getElementType() << ", which no vector holds";
  int64_t first = op.getFirst();
  if (first < 0 || !llvm::checkedAdd(first, vectors))
    return op.emitOpError("has no vectors ") << first << " and " << vectors << " on";
  if (int64_t bytes = widthOf(type.getElementType()); bytes != op.getBuffer().getType().getBytes())
    return op.emitOpError("machine_type has elements of ")
           << bytes << " bytes, the buffer of " << op.getBuffer().getType().getBytes();
  return mlir::success();
}

/// Fails unless permutation and lane dimensions describe a layout of `rank` dimensions.
template <typename Op>
mlir::LogicalResult verifyPermutation(Op op, int64_t rank) {
  llvm::SmallVector<int64_t> sorted(op.getPermutation());
  llvm::sort(sorted);
  for (auto [i, d] : llvm::enumerate(sorted))
    if (int64_t(i) != d)
      return op.emitOpError("permutation does not name each of ") << rank << " dimensions once";
  int64_t laneDims = op.getLaneDims();
  if (int64_t(sorted.size()) != rank || laneDims < 0 || laneDims > rank)
    return op.emitOpError("layout does not fit rank ") << rank;
  return mlir::success();
}

template <typename Op>
mlir::LogicalResult verifyInput(Op op) {
  if (failed(verifyTensor(op, op.getBuffer().getType().getVectors())))
    return mlir::failure();
  int64_t rank = llvm::cast<mlir::RankedTensorType>(op.getMachineType()).getRank();
  if (failed(hasLoops(op) ? verifyLoops(op, rank) : verifyPermutation(op, rank)))
    return mlir::failure();
  if (std::optional<llvm::ArrayRef<int64_t>> part = op.getPart()) {
    if (!hasLoops(op))
      return op.emitOpError("has a part without loops");
    // Cards are few: a step that fits so often is sound for any of them.
    int64_t reach = 0;
    if (part->size() != 2 || (*part)[0] < 0 || (*part)[0] >= rank || (*part)[1] < 0 ||
        !addReach(reach, int64_t(1) << 20, (*part)[1]))
      return op.emitOpError("part needs a dimension of ") << rank << " and a step of it";
  }
  return verifyStripes(op);
}

template <typename Op>
mlir::LogicalResult verifyOutput(Op op) {
  if (failed(verifyTensor(op, op.getCount())))
    return mlir::failure();
  for (llvm::StringRef name : {"row_loops", "lane_loops", "offsets"})
    if (op->hasAttr(name))
      return op.emitOpError("has ") << name << ", which lay out inputs only";
  auto type = llvm::cast<mlir::RankedTensorType>(op.getMachineType());
  if (failed(verifyPermutation(op, type.getRank())))
    return mlir::failure();
  // A tensor of no elements is bound to no vector.
  if (op.getCount() == 0 && llvm::is_contained(type.getShape(), 0)) {
    if (llvm::equal(op.getView(), llvm::ArrayRef<int64_t>{0, 0}))
      return mlir::success();
    return op.emitOpError("of no vectors must have the view [0, 0]");
  }
  return verifyViews(op, "buffer", op->getOperands(), op.getView(), op.getCount());
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

template <typename Op>
mlir::LogicalResult verifyMap(Op op) {
  mlir::Block &body = op.getBody().front();
  if (op.getOutputs().empty())
    return op.emitOpError("has no outputs");
  if (failed(verifyViews(op, "input", op.getInputs(), op.getInputViews(), op.getCount())) ||
      failed(verifyViews(op, "output", op.getOutputs(), op.getOutputViews(), op.getCount())) ||
      failed(verifyBody(op, body)) ||
      failed(verifyWidths(op, "arguments", body.getArgumentTypes(), op.getInputs())))
    return mlir::failure();
  return verifyWidths(op, "results", body.back().getOperandTypes(), op.getOutputs());
}

/// Fails unless there are weight tiles of one width, 1 or 2 bytes, that hold the columns.
template <typename Op>
mlir::LogicalResult verifyWeights(Op op) {
  int64_t planes = op.getPlanes(), chunks = op.getLanes().size(), tiles = op.getWeights().size();
  if (planes < 1 || chunks < 1)
    return op.emitOpError("needs a plane and a chunk");
  if (llvm::checkedMul(planes, chunks) != tiles)
    return op.emitOpError("needs a weight tile for each of ")
           << planes << " planes and " << chunks << " chunks, has " << tiles;
  if (int64_t(op.getColumns().size()) != planes)
    return op.emitOpError("needs the columns of each of ")
           << planes << " planes, has " << op.getColumns().size();
  int64_t bytes = llvm::cast<BufferType>(op.getWeights().front().getType()).getBytes();
  if (bytes > 2)
    return op.emitOpError("weights must have 1 byte (int8) or 2 (fp16), have ") << bytes;
  if (bytes == 2 && planes != 1)
    return op.emitOpError("fp16 takes the planes of a hemisphere as one, has ") << planes;
  for (auto [i, tile] : llvm::enumerate(op.getWeights())) {
    auto type = llvm::cast<BufferType>(tile.getType());
    int64_t columns = op.getColumns()[i % planes];
    if (type.getBytes() != bytes)
      return op.emitOpError("weight tile ")
             << i << " has " << type.getBytes() << " bytes an element, the first " << bytes;
    if (columns < 1 || columns > type.getVectors())
      return op.emitOpError("has ") << columns << " columns of weight tile " << i << ", which has "
                                    << type.getVectors();
  }
  for (int64_t lanes : op.getLanes())
    if (lanes < 1)
      return op.emitOpError("needs a lane of each chunk, has ") << lanes;
  return mlir::success();
}

/// Fails unless the row segments of each chunk, in ascending order, are the unit's rows.
template <typename Op>
mlir::LogicalResult verifyRows(Op op) {
  llvm::ArrayRef<int64_t> segments = op.getRowSegments();
  int64_t chunks = op.getLanes().size(), count = op.getCount(), last = 0;
  int64_t bytes = llvm::cast<BufferType>(op.getWeights().front().getType()).getBytes();
  if (segments.size() != 4 * op.getRows().size())
    return op.emitOpError("needs four numbers for each of ")
           << op.getRows().size() << " row operands, has " << segments.size();
  llvm::SmallVector<int64_t> rows(chunks, 0);
  for (auto [j, buffer] : llvm::enumerate(op.getRows())) {
    auto type = llvm::cast<BufferType>(buffer.getType());
    int64_t chunk = segments[4 * j], length = segments[4 * j + 3];
    if (chunk < 0 || chunk >= chunks)
      return op.emitOpError("row operand ") << j << " belongs to chunk " << chunk << " of " << chunks;
    if (chunk < last)
      return op.emitOpError("row operand ") << j << " belongs to chunk " << chunk << " after chunk " << last;
    last = chunk;
    if (type.getBytes() != bytes)
      return op.emitOpError("row operand ")
             << j << " has " << type.getBytes() << " bytes an element, the weights " << bytes;
    if (failed(verifyView(op, "row operand " + llvm::Twine(j), type, segments[4 * j + 1], segments[4 * j + 2],
                          length)))
      return mlir::failure();
    // More than the unit's are too many, however many more.
    const int64_t before = rows[chunk];
    rows[chunk] = llvm::checkedAdd(before, length).value_or(INT64_MAX);
    if (op.getApart() && before / count != (rows[chunk] - 1) / count)
      return op.emitOpError("row operand ") << j << " is of more than one plane";
  }
  const int64_t all = op.getApart() ? llvm::checkedMul(count, int64_t(op.getPlanes())).value_or(-1) : count;
  for (auto [chunk, n] : llvm::enumerate(rows))
    if (n != all)
      return op.emitOpError("chunk ") << chunk << " has " << n << " rows, the unit has " << all;
  return mlir::success();
}

/// Fails unless planes that are apart have one tile.
template <typename Op>
mlir::LogicalResult verifyApart(Op op) {
  const int64_t planes = op.getPlanes();
  for (auto [i, tile] : llvm::enumerate(op.getWeights()))
    if (tile != op.getWeights()[i / planes * planes] || op.getColumns()[i % planes] != op.getColumns()[0])
      return op.emitOpError("planes apart have one tile, weight tile ") << i << " is another";
  return mlir::success();
}

template <typename Op>
mlir::LogicalResult verifyContract(Op op) {
  int64_t planes = op.getPlanes(), count = op.getCount();
  if (op.getApart() && count < 1)
    return op.emitOpError("needs a row of each plane");
  if (failed(verifyWeights(op)) || failed(verifyRows(op)) || (op.getApart() && failed(verifyApart(op))))
    return mlir::failure();
  if (op.getExtras().size() % planes || op.getOutputs().size() % planes || op.getOutputs().empty())
    return op.emitOpError("extras and outputs must be the same for each of ") << planes << " planes";
  mlir::Block &body = op.getBody().front();
  if (failed(verifyViews(op, "extra", op.getExtras(), op.getExtraViews(), count)) ||
      failed(verifyViews(op, "output", op.getOutputs(), op.getOutputViews(), count)) ||
      failed(verifyBody(op, body)))
    return mlir::failure();
  size_t extras = op.getExtras().size() / planes, outputs = op.getOutputs().size() / planes;
  if (body.getNumArguments() != 1 + extras)
    return op.emitOpError("body has ")
           << body.getNumArguments() << " arguments for the result and " << extras << " extras";
  bool isHalf = llvm::cast<BufferType>(op.getWeights().front().getType()).getBytes() == 2;
  if (mlir::Type type = body.getArgument(0).getType(); isHalf ? !type.isF32() : !type.isInteger(32))
    return op.emitOpError("accumulates ") << (isHalf ? "f32" : "i32") << ", its body takes " << type;
  mlir::TypeRange arguments = body.getArgumentTypes();
  for (int64_t p = 0; p < planes; ++p)
    if (failed(
            verifyWidths(op, "extras", arguments.drop_front(), op.getExtras().slice(p * extras, extras))) ||
        failed(verifyWidths(op, "results", body.back().getOperandTypes(),
                            op.getOutputs().slice(p * outputs, outputs))))
      return mlir::failure();
  return mlir::success();
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
  int64_t have = op.getOutput().getType().getVectors(), count = op.getCount();
  if (count < 1 || count > op.getInput().getType().getVectors() || have % count)
    return op.emitOpError("count ") << count << " does not fit an input of "
                                    << op.getInput().getType().getVectors() << " and an output of " << have;
  if (!op.getDistances() && !op.getView() && !op.getPlace())
    return mlir::success();
  if (!op.getDistances() || !op.getView() || !op.getPlace() || op.getView()->size() != 3 ||
      op.getPlace()->size() != 2)
    return op.emitOpError("needs distances, a view of three numbers and a place of two, or none of them");
  llvm::SmallVector<int64_t> sorted(*op.getDistances());
  llvm::sort(sorted);
  if (sorted.empty() || sorted.front() < 0 ||
      std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return op.emitOpError("names distances that are negative or twice the same");
  return verifyView(op, "input", op.getInput().getType(), (*op.getView())[0], (*op.getView())[1], count);
}

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_PASSVERIFIERS_H
