//===- ColumnWidths.cpp - How many columns each card takes ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ColumnWidths.h"

#include "Cost.h"
#include "Cuts.h"

using namespace mlir;

namespace sluice::partition {

int64_t headsOf(Value value, int64_t cards, const target::Target &target) {
  RankedTensorType type = typeOf(value);
  const int64_t rank = type.getRank(), columns = type.getShape().back();
  for (Operation *user : value.getUsers()) {
    if (auto map = dyn_cast<stensor::MapOp>(user);
        map && map.getNumResults() == 1 && map.getShape() == type.getShape())
      if (int64_t heads = headsOf(map.getResult(0), cards, target))
        return heads;
    auto reshape = dyn_cast<stensor::ReshapeOp>(user);
    if (!reshape)
      continue;
    std::optional<Cut> cut =
        throughReshape(type.getShape(), reshape.getType().getShape(), {rank - 1, {columns / cards}}, cards);
    const int64_t heads = cut ? reshape.getType().getDimSize(cut->dim) : columns;
    if (heads < columns && columns / heads <= target.lanes())
      return heads;
  }
  return 0;
}

/// Lane movements that it takes to join what cards have of a dimension.
static int64_t movesOf(ArrayRef<int64_t> widths, int64_t cards, int64_t lanes) {
  int64_t moves = 0, at = 0;
  for (int64_t width : widths)
    for (int64_t card = 0; card < cards; ++card, at += width)
      for (int64_t from = at, end = at + width; from < end; from = (from / lanes + 1) * lanes)
        moves += from % lanes != from - at;
  return moves;
}

/// About how long planes are busy with columns of these widths, and lanes then move, one hemisphere's beside
/// the other's.
static int64_t cyclesOf(stensor::ContractOp contract, ArrayRef<int64_t> widths, int64_t cards,
                        const target::Target &target) {
  const int64_t lanes = target.lanes(), group = target.installStreams;
  ArrayRef<int64_t> left = contract.getLhs().getType().getShape();
  const int64_t bytes = stensor::elementBytes(contract.getLhs().getType().getElementType());
  const int64_t chunks = left[2] * ((left[3] + lanes - 1) / lanes), units = unitsAtOnce(1, bytes, target);
  SmallVector<int64_t> busy(units, 0);
  for (auto [number, width] : llvm::enumerate(widths))
    busy[number % units] +=
        std::max(left[1] * (bytes == 2 ? target.f16RowInterval : 1), (width + group - 1) / group) * chunks;
  return *llvm::max_element(busy) + movesOf(widths, cards, lanes) * left[1] / 2;
}

SmallVector<int64_t, 4> widthsOf(stensor::ContractOp contract, int64_t cards, const target::Target &target) {
  const int64_t lanes = target.lanes(), group = target.installStreams;
  const int64_t columns = contract.getType().getDimSize(2) / cards, parts = (columns + lanes - 1) / lanes;
  SmallVector<int64_t, 4> whole(columns / lanes, lanes), even(parts, columns / parts);
  if (const int64_t rest = columns % lanes)
    whole.push_back(rest);
  const bool isEven = columns % (parts * group) == 0 &&
                      cyclesOf(contract, even, cards, target) < cyclesOf(contract, whole, cards, target);
  return isEven ? even : whole;
}

} // namespace sluice::partition
