//===- ZeroRows.h - Rows that change no sum ---------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_ZEROROWS_H
#define SLUICE_DIALECTS_TILE_ZEROROWS_H

#include "dialects/tile/TileDialect.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

#include <cstdint>

namespace sluice::tile {

/// Whether row operand `operand` of a contraction is left out: zeros that bytes add between the first chunk,
/// which sets the sums, and the last, which gives them.
template <typename Contract>
bool isLeftOut(Contract op, unsigned operand) {
  const int64_t chunk = op.getRowSegments()[4 * operand], last = op.getLanes().size() - 1;
  if (chunk == 0 || chunk == last)
    return false;
  mlir::Value rows = op.getRows()[operand];
  mlir::Operation *source = rows.getDefiningOp();
  auto data = source ? source->getAttrOfType<mlir::DenseElementsAttr>("data") : mlir::DenseElementsAttr();
  return data && llvm::cast<BufferType>(rows.getType()).getBytes() == 1 && data.isSplat() &&
         data.getElementType().isInteger(8) && data.template getSplatValue<mlir::APInt>().isZero();
}

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_ZEROROWS_H
