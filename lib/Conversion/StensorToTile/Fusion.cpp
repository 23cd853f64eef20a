//===- Fusion.cpp - Which maps run in the body of a contraction ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "lib/Conversion/Views/Elements.h"

#include "sluice/Scheduling/BodySchedule.h"

using namespace mlir;

namespace sluice::tiling {

/// The contraction that a map's operand is a view of, if nothing else reads it.
static stensor::ContractOp contractionBehind(Value operand) {
  while (operand.hasOneUse()) {
    Operation *op = operand.getDefiningOp();
    if (!op)
      return {};
    if (auto contract = dyn_cast<stensor::ContractOp>(op))
      return contract;
    if (!isLayoutOp(op) || op->getNumOperands() != 1)
      return {};
    operand = op->getOperand(0);
  }
  return {};
}

bool Lowering::readsWholeVectors(stensor::MapOp map, Value operand, stensor::ContractOp contract,
                                 const Layout &layout) const {
  const View &view = viewOf(operand);
  int32_t number = rootNumbers.at(contract.getResult());
  ArrayRef<int64_t> shape = contract.getType().getShape();
  if (view.shape() != map.getShape() || view.elements() != elementsOf(shape))
    return false;
  Grid have = gridOf(shape, Layout::onLanes(3, 2)), want = gridOf(map.getShape(), layout);
  if (have.rowElements() != want.rowElements())
    return false;
  // Rows are columns of one (b, m) each; a permutation of the rows is what is left.
  for (int64_t row = 0; row < want.rows(); ++row) {
    Element first = view.at(want.elementOfRow(row, 0));
    if (first.root != number || first.number % shape[2] != 0)
      return false;
    for (int64_t i = 1; i < want.rowElements(); ++i)
      if (Element next = view.at(want.elementOfRow(row, i));
          next.root != number || next.number != first.number + i)
        return false;
  }
  return true;
}

/// Whether a card that works on some columns or rows has what the map reads: a constant, or what is the
/// same in all of them.
bool Lowering::extrasAreAtHand(stensor::MapOp map, Value operand, const Layout &layout, Spread spread) const {
  return llvm::all_of(map.getInputs(), [&](Value input) {
    const View &view = viewOf(input);
    if (spread == Spread::None || input == operand || isConstant(view))
      return true;
    Grid grid = gridOf(view.shape(), layout);
    return spread == Spread::Columns ? grid.isReplicated() : grid.rows() == 1;
  });
}

bool Lowering::bodyFits(stensor::MapOp map, int64_t planes) {
  int64_t streams = 0;
  Block body;
  SmallVector<int64_t> argumentOf;
  for (auto [operand, argument] : llvm::zip_equal(map.getInputs(), map.getBlock().getArguments())) {
    bool isUniform = viewOf(operand).uniformValue().has_value();
    argumentOf.push_back(isUniform ? -1 : streams);
    if (!isUniform)
      body.addArgument(argument.getType(), map.getLoc());
    streams += !isUniform;
  }
  // Each plane's result and extras come in on quads of streams of one direction.
  int64_t quads = emitter.target.streamsPerDirection / 4;
  if (planes * streams > quads)
    return false;
  OpBuilder builder(map.getContext());
  builder.setInsertionPointToEnd(&body);
  SmallVector<Value> results = cloneBody(map, argumentOf, builder, map.getLoc(), body.getArguments());
  stensor::YieldOp::create(builder, map.getLoc(), results);
  constexpr int64_t longBurst = int64_t(1) << 32;
  std::optional<scheduling::BodySchedule> schedule =
      scheduling::scheduleBody(body, emitter.target, longBurst, streams);
  return schedule && int64_t(schedule->steps.size()) * planes <= int64_t(emitter.target.alus);
}

std::optional<Layout> Lowering::planFusion(stensor::MapOp map) {
  if (elementsOf(map.getShape()) == 0)
    return std::nullopt;
  for (Value operand : llvm::reverse(map.getInputs())) {
    auto convolve = operand.getDefiningOp<stensor::ConvolveOp>();
    if (!convolve || !operand.hasOneUse() || convolve.getType().getShape() != map.getShape() ||
        !bodyFits(map, 1))
      continue;
    contractOf[map] = convolve;
    fusedInto[convolve] = map;
    return rootOf(operand).imageLayout;
  }
  for (Value operand : llvm::reverse(map.getInputs())) {
    stensor::ContractOp contract = contractionBehind(operand);
    if (!contract || !bodyFits(map, planesOf(contract)) || viewOf(operand).shape() != map.getShape() ||
        viewOf(operand).roots().size() != 1)
      continue;
    std::optional<Layout> layout = layoutAlongColumns(viewOf(operand), contract.getType().getDimSize(2));
    if (!layout || !readsWholeVectors(map, operand, contract, *layout) ||
        !extrasAreAtHand(map, operand, *layout, spreadOf(contract)))
      continue;
    contractOf[map] = contract;
    fusedInto[contract] = map;
    return layout;
  }
  return std::nullopt;
}

} // namespace sluice::tiling
