//===- Plane.cpp - One matrix plane ---------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plane.h"

#include "sluice/Numerics/Scalar.h"

#include <algorithm>
#include <cstring>

using namespace sluice;
using namespace sluice::executor;

Plane::Plane(const target::Target &target)
    : lanes(target.lanes()), columns(target.columns), groupColumns(target.installStreams),
      sums(size_t(target.accumulatorRows) * columns) {
  for (Weights *weights : {&inUse, &loading}) {
    weights->bytes.resize(columns * lanes);
    weights->installed.resize(target.columnGroups());
  }
}

void Plane::reset() {
  for (Weights *weights : {&inUse, &loading})
    std::fill(weights->installed.begin(), weights->installed.end(), false);
  byteDepth = halfDepth = 0;
}

uint8_t *Plane::load(unsigned group, unsigned column) {
  if (!loading.installed[group])
    std::memset(loading.bytes.data() + group * groupColumns * lanes, 0, groupColumns * lanes);
  loading.installed[group] = true;
  return loading.bytes.data() + (group * groupColumns + column) * lanes;
}

size_t Plane::usedColumns(const Weights &weights, size_t groupColumns) {
  auto last = std::find(weights.installed.rbegin(), weights.installed.rend(), true);
  return size_t(weights.installed.rend() - last) * groupColumns;
}

void Plane::swap() {
  std::swap(inUse, loading);
  std::fill(loading.installed.begin(), loading.installed.end(), false);
  for (size_t group = 0; group != inUse.installed.size(); ++group)
    if (!inUse.installed[group])
      std::memset(inUse.bytes.data() + group * groupColumns * lanes, 0, groupColumns * lanes);
  byteDepth = halfDepth = 0;
}

void Plane::multiplyBytes(const int8_t *row, size_t depth, uint32_t *results) {
  if (byteDepth != depth) {
    byteTile = numerics::ByteTile(reinterpret_cast<const int8_t *>(inUse.bytes.data()), depth,
                                  usedColumns(inUse, groupColumns), lanes);
    byteDepth = depth;
  }
  byteTile.multiply(row, reinterpret_cast<int32_t *>(results));
  std::fill(results + byteTile.n(), results + columns, 0);
}

void Plane::multiplyHalves(const Plane &high, const uint16_t *row, size_t depth, uint32_t *results) {
  if (halfDepth != depth) {
    const size_t used = std::max(usedColumns(inUse, groupColumns), usedColumns(high.inUse, groupColumns));
    std::vector<uint16_t> weights(used * lanes);
    for (size_t i = 0; i != weights.size(); ++i)
      weights[i] = static_cast<uint16_t>(inUse.bytes[i] | high.inUse.bytes[i] << 8);
    halfTile = numerics::HalfTile(weights.data(), depth, used, lanes);
    halfDepth = depth;
  }
  halfResults.resize(columns);
  halfTile.multiply(row, halfResults.data());
  std::memcpy(results, halfResults.data(), halfTile.n() * sizeof(float));
  if (halfTile.n() == columns)
    return;
  // Columns without weights multiply by zero, which an infinity or NaN survives.
  const bool finite =
      std::none_of(row, row + depth, [](uint16_t value) { return (value & 0x7c00) == 0x7c00; });
  std::fill(results + halfTile.n(), results + columns, finite ? 0 : numerics::canonicalNaN);
}
