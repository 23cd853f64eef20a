//===- Cost.cpp - What a cut costs ----------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cost.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/StensorDialect.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using llvm::divideCeil;

namespace sluice::partition {

/// Until a pass's first result is there, about: the way to the unit and back.
static int64_t latencyOf(const target::Target &target) {
  return 2 * int64_t(target.mxmStop) + target.multiplyLatency;
}

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

int64_t Cost::vectorsOf(RankedTensorType type) const {
  if (type.getRank() == 0)
    return stensor::elementBytes(type.getElementType());
  const int64_t lanes = target.lanes(), last = std::max<int64_t>(1, type.getShape().back());
  int64_t outer = 1;
  for (int64_t size : type.getShape().drop_back())
    outer *= size;
  // Short rows lie side by side.
  const int64_t vectors = last >= lanes ? outer * int64_t(divideCeil(last, lanes))
                                        : int64_t(divideCeil(outer, std::max<int64_t>(1, lanes / last)));
  return vectors * stensor::elementBytes(type.getElementType());
}

int64_t Cost::constantBytes(const Need &need) const {
  RankedTensorType type = bandType(need.value.getType(), need.band);
  int64_t elements = 1;
  // Rows take whole vectors.
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    elements *= int64_t(dim) + 1 == type.getRank() && size >= int64_t(target.lanes())
                    ? llvm::alignTo(size, target.lanes())
                    : size;
  return elements * stensor::elementBytes(type.getElementType());
}

int64_t Cost::travel(int64_t vectors) const {
  return vectors * target.linkInterval + target.linkLatency + 2 * latencyOf(target);
}

int64_t Cost::contract(Operation *op, const Band &band) const {
  auto contract = cast<stensor::ContractOp>(op);
  RankedTensorType lhs = contract.getLhs().getType(), result = bandType(contract.getType(), band);
  const int64_t lanes = target.lanes(), b = result.getDimSize(0), m = result.getDimSize(1),
                n = result.getDimSize(2),
                chunks = lhs.getDimSize(2) * int64_t(divideCeil(lhs.getDimSize(3), lanes));
  const bool isHalf = lhs.getElementType().isF16();
  const int64_t units = unitsAtOnce(1, isHalf ? 2 : 1, target), interval = isHalf ? target.f16RowInterval : 1;
  const int64_t parts = band.isWhole() && isSpread(op) ? spreadOver : 1,
                columns = divideCeil(divideCeil(n, lanes), parts);
  const int64_t tile = std::max<int64_t>(m * interval, target.columnGroups());
  return int64_t(divideCeil(b * chunks * columns, units)) * tile + tile;
}

int64_t Cost::convolve(Operation *op, const Band &band) const {
  auto convolve = cast<stensor::ConvolveOp>(op);
  ArrayRef<int64_t> positions = bandType(convolve.getType(), band).getShape(),
                    taps = shapeOf(convolve.getFilters()).drop_front().drop_back();
  const int64_t lanes = target.lanes(), outputs = positions.back(), width = positions[positions.size() - 2];
  const int64_t channels = shapeOf(convolve.getInput()).back();
  int64_t lines = 1, lineTaps = 1;
  for (int64_t size : positions.drop_back(2))
    lines *= size;
  for (int64_t size : taps.drop_back())
    lineTaps *= size;
  // As many pixels as fit a vector side by side.
  const int64_t together = std::clamp<int64_t>(lanes / std::max(outputs, channels), 1, width);
  const int64_t touched = divideCeil(together * convolve.getStrides().back() + taps.back() - 1,
                                     together * convolve.getStrides().back());
  const int64_t tiles =
      lineTaps * touched * int64_t(divideCeil(channels, lanes)) * int64_t(divideCeil(outputs, lanes));
  const int64_t rows = lines * int64_t(divideCeil(width, together));
  const int64_t install = target.columnGroups();
  return tiles * (std::max(rows, install) + install) / (2 * int64_t(target.planesPerHemisphere));
}

int64_t Cost::compute(Operation *op, const Band &band) const {
  const int64_t latency = latencyOf(target);
  return latency +
         TypeSwitch<Operation *, int64_t>(op)
             .Case<stensor::ContractOp>([&](auto) { return contract(op, band); })
             .Case<stensor::ConvolveOp>([&](auto) { return convolve(op, band); })
             .Case([&](stensor::MapOp map) {
               // A byte a vector, whatever the elements; as many side by side as there are ALUs.
               RankedTensorType type = bandType(map.getResult(0).getType(), band);
               const int64_t vectors = vectorsOf(type) / stensor::elementBytes(type.getElementType());
               return int64_t(divideCeil(vectors * stensor::countSteps(map.getBlock()), target.alus));
             })
             .Case([&](stensor::ReduceOp reduce) {
               RankedTensorType type = reduce.getInput().getType();
               return vectorsOf(band.isWhole() ? type : bandType(type, band));
             })
             .Default(
                 [&](Operation *other) { return vectorsOf(bandType(other->getResult(0).getType(), band)); });
}

std::optional<int64_t> Cost::convert(Value value, const Band &have, const Band &need) const {
  auto type = cast<RankedTensorType>(value.getType());
  if (have.isWhole())
    return need.isWhole() ? std::optional<int64_t>(0) : std::nullopt;
  if (need.isWhole())
    return travel(vectorsOf(bandType(type, have)));
  if (need.dim != have.dim || need.step != have.step)
    return std::nullopt;
  if (need.isWithin() && (!need.fill || type.getDimSize(have.dim) % have.step == 0))
    return 0;
  // Lines beside it come from the cards before and behind, at the same time.
  const int64_t before = std::max<int64_t>(0, -need.first),
                after = std::max<int64_t>(0, need.first + need.extent - have.step);
  if (before > have.step || after > have.step || type.getDimSize(have.dim) <= have.step)
    return std::nullopt;
  const int64_t lines = std::max(before, after);
  return lines == 0 ? latencyOf(target) : travel(vectorsOf(bandType(type, Band::of(have.dim, lines))));
}

} // namespace sluice::partition
