//===- ExchangePlaces.h - What cards send to each other ---------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_DIALECTS_TILE_EXCHANGEPLACES_H
#define SLUICE_DIALECTS_TILE_EXCHANGEPLACES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"

#include <cstdint>

namespace sluice::tile {

/// Which vectors of an exchange go where.
struct ExchangePlaces {
  template <typename Op>
  explicit ExchangePlaces(Op op) : placeBlock(op.getCount()) {
    if (!op.getView())
      return;
    isForAll = false;
    distances = *op.getDistances();
    viewStart = (*op.getView())[0], viewStep = (*op.getView())[1], viewBlock = (*op.getView())[2];
    placeStart = (*op.getPlace())[0], placeBlock = (*op.getPlace())[1];
  }

  /// Whether cards send to those `distance` further on.
  bool isFor(int64_t distance) const { return isForAll || llvm::is_contained(distances, distance); }
  bool sends(int64_t from, int64_t to, int64_t cards) const {
    return from < cards && to < cards && isFor((to + cards - from) % cards);
  }
  /// Of the input, the i-th vector that is sent to card `to`.
  int64_t sent(int64_t i, int64_t to) const { return viewStart + to * viewBlock + i * viewStep; }
  /// Of the output, the i-th vector that comes from card `from`.
  int64_t place(int64_t i, int64_t from) const { return placeStart + from * placeBlock + i; }

  bool isForAll = true;
  llvm::ArrayRef<int64_t> distances;
  int64_t viewStart = 0, viewStep = 1, viewBlock = 0, placeStart = 0, placeBlock;
};

} // namespace sluice::tile

#endif // SLUICE_DIALECTS_TILE_EXCHANGEPLACES_H
