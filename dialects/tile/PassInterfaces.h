//===- PassInterfaces.h - What all passes and buffers tell ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_PASSINTERFACES_H
#define SLUICE_DIALECTS_TILE_PASSINTERFACES_H

#include "dialects/tile/Striping.h"

#include "mlir/IR/OpDefinition.h"

#include <optional>

namespace sluice::tile {

/// The kinds of units that vectors stream through.
enum class PassUnit : uint8_t { Vxm, Planes, Permutor, Memory, Links };

/// Vectors start, start + step, ... of a buffer.
struct VectorRange {
  int64_t start, step, count;
};

/// Pair `number` of a list of (start, step).
inline VectorRange rangeAt(llvm::ArrayRef<int64_t> views, size_t number, uint64_t count) {
  return {views[2 * number], views[2 * number + 1], int64_t(count)};
}

} // namespace sluice::tile

#include "dialects/tile/PassInterfaces.h.inc"

#endif // SLUICE_DIALECTS_TILE_PASSINTERFACES_H
