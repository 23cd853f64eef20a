//===- Earliest.cpp - When a vector can be where, at the earliest ---------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Earliest.h"

#include "dialects/tile/TileDialect.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::scheduling;

int64_t scheduling::leastTransit(Place from, Place to, const target::Target &target) {
  const int64_t sxm = target.sxmStop, mxm = target.mxmStop;
  const int64_t lastSlice = target.sliceStop(target.slicesPerHemisphere - 1);
  auto stopOf = [&](Place place) { return place == Place::Vxm ? 0 : place == Place::Sxm ? sxm : mxm; };
  // From the stop of a unit to that of the nearest slice, or back.
  auto toSlice = [&](Place unit) {
    return unit == Place::Vxm ? int64_t(target.memoryFirstStop) : stopOf(unit) - lastSlice;
  };
  const bool isFromMemory = from == Place::Word || from == Place::Slice;
  if (to == Place::Word) {
    if (from == Place::Word)
      return 0;
    return (isFromMemory ? 0 : toSlice(from)) + int64_t(target.writeLatency);
  }
  const int64_t read = from == Place::Word ? target.readLatency : 0;
  if (isFromMemory)
    return read + (to == Place::Slice ? 0 : toSlice(to));
  if (to == Place::Slice)
    return toSlice(from);
  if (from != Place::Mxm || to != Place::Mxm)
    return std::abs(stopOf(from) - stopOf(to));
  const int64_t inMemory = 2 * toSlice(Place::Mxm) + target.writeLatency + target.readLatency;
  const int64_t bySxm =
      2 * (mxm - sxm) + std::min({target.permuteLatency, target.distributeLatency, target.transposeLatency});
  return std::min({inMemory, bySxm, 2 * mxm});
}

void Earliest::set(mlir::Value buffer, int64_t vector, unsigned card, Presence presence) {
  std::vector<Presence> &of = written[buffer];
  if (of.empty())
    of.resize(size_t(llvm::cast<tile::BufferType>(buffer.getType()).getVectors()) * cards);
  of[size_t(vector) * cards + card] = presence;
}
