//===- Plane.cpp - One matrix plane ---------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plane.h"

#include "sluice/Numerics/Lanes.h"
#include "sluice/Numerics/Scalar.h"

#include <algorithm>
#include <cstring>

using namespace sluice;
using namespace sluice::executor;

Plane::Plane(const target::Target &target)
    : lanes(target.lanes()), columns(target.columns), groupColumns(target.installStreams),
      sums(size_t(target.accumulatorRows) * columns), product(columns) {
  for (Weights *weights : {&inUse, &loading}) {
    weights->bytes.resize(columns * lanes);
    weights->installed.resize(target.columnGroups());
  }
}

void Plane::reset() {
  for (Weights *weights : {&inUse, &loading})
    std::fill(weights->installed.begin(), weights->installed.end(), 0);
  byteDepth = halfDepth = 0;
}

uint8_t *Plane::load(unsigned group, unsigned column) {
  if (!loading.installed[group])
    std::memset(loading.bytes.data() + group * groupColumns * lanes, 0, groupColumns * lanes);
  loading.installed[group] = 1;
  return loading.bytes.data() + (group * groupColumns + column) * lanes;
}

size_t Plane::usedColumns(const Weights &weights, size_t groupColumns) {
  auto last = std::find(weights.installed.rbegin(), weights.installed.rend(), 1);
  return size_t(weights.installed.rend() - last) * groupColumns;
}

void Plane::swap() {
  std::swap(inUse, loading);
  std::fill(loading.installed.begin(), loading.installed.end(), 0);
  for (size_t group = 0; group != inUse.installed.size(); ++group)
    if (!inUse.installed[group])
      std::memset(inUse.bytes.data() + group * groupColumns * lanes, 0, groupColumns * lanes);
  byteDepth = halfDepth = 0;
}

void Plane::multiplyBytes(const int8_t *rows, ptrdiff_t stride, size_t count, size_t depth,
                          const uint32_t *addend, uint32_t *sums, size_t sumStride) {
  if (byteDepth != depth) {
    byteTile = numerics::ByteTile(reinterpret_cast<const int8_t *>(inUse.bytes.data()), depth,
                                  usedColumns(inUse, groupColumns), lanes);
    byteDepth = depth;
  }
  byteTile.multiply(rows, stride, count, reinterpret_cast<int32_t *>(sums), sumStride,
                    reinterpret_cast<const int32_t *>(addend), columns);
  const size_t used = byteTile.n();
  if (addend == sums || used == columns)
    return;
  for (size_t row = 0; row != count; ++row) {
    uint32_t *rest = sums + row * sumStride + used;
    if (addend)
      std::copy_n(addend + row * columns + used, columns - used, rest);
    else
      std::fill_n(rest, columns - used, 0);
  }
}

void Plane::multiplyHalves(const Plane &high, const uint16_t *row, size_t depth, const uint32_t *addend,
                           uint32_t *sums) {
  if (halfDepth != depth) {
    const size_t used = std::max(usedColumns(inUse, groupColumns), usedColumns(high.inUse, groupColumns));
    std::vector<uint16_t> weights(used * lanes);
    numerics::laneKernels().joinHalves(inUse.bytes.data(), high.inUse.bytes.data(), weights.data(),
                                       weights.size());
    halfTile = numerics::HalfTile(weights.data(), depth, used, lanes);
    halfDepth = depth;
  }
  uint32_t *results = addend ? product.data() : sums;
  halfTile.multiply(row, reinterpret_cast<float *>(results));
  std::fill(results + halfTile.n(), results + columns, 0);
  if (addend)
    numerics::evaluate(numerics::ScalarOp::AddF, addend, results, nullptr, sums, columns);
}
