//===- Partition.cpp - One program for several cards ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Partition.h"

#include "Plan.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace sluice {

using partition::Band;
using partition::Cuts;
using partition::Plan;

namespace {

/// Rebuilds a program for one card of several.
class Partitioner {
public:
  Partitioner(func::FuncOp function, const Plan &plan) : function(function), plan(plan) {}

  void run() {
    Block &body = function.getBody().front();
    SmallVector<Operation *> ops;
    for (Operation &op : body)
      ops.push_back(&op);
    OpBuilder builder(body.getTerminator());
    for (Operation *op : ArrayRef(ops).drop_back())
      if (!partition::isLayoutOp(op) && !isa<stensor::ConstantOp>(op) && !partition::isMadeAnew(op))
        compute(builder, op);
    leave(builder, body.getTerminator());
    // What is not read any more: of the old program, all but what is whole in the new one as well.
    for (Operation *op : llvm::reverse(ArrayRef(ops).drop_back()))
      if (op->use_empty())
        op->erase();
    dropArguments();
  }

private:
  void compute(OpBuilder &builder, Operation *op) {
    const Band band = plan.bandOf(op);
    SmallVector<Value> operands;
    for (auto [operand, need] : llvm::zip_equal(op->getOperands(), *operandBands(op, band)))
      operands.push_back(bring(builder, operand, need));
    Operation *local = cloneForBand(builder, op, band, operands);
    for (auto [old, made] : llvm::zip_equal(op->getResults(), local->getResults()))
      known[old].push_back({band, made});
  }

  /// `band` of `value` where it is there already.
  Value find(Value value, const Band &band) const {
    auto bands = known.find(value);
    if (bands == known.end())
      return {};
    for (const auto &[have, made] : bands->second)
      if (have == band)
        return made;
    return {};
  }

  /// `band` of `value`, on every card its own.
  Value bring(OpBuilder &builder, Value value, const Band &band) {
    if (Value made = find(value, band))
      return made;
    Operation *op = value.getDefiningOp();
    Value made;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      made = band.isWhole() ? value : addArgument(argument, band);
    } else if (isa<stensor::ConstantOp>(op)) {
      made = band.isWhole() ? value : bandOfConstant(builder, value, band);
    } else if (partition::isLayoutOp(op) || partition::isMadeAnew(op)) {
      Band wanted = band;
      if (partition::isMadeAnew(op))
        wanted.fill = {};
      SmallVector<Value> operands;
      for (auto [operand, need] : llvm::zip_equal(op->getOperands(), *operandBands(op, wanted)))
        operands.push_back(bring(builder, operand, need));
      made = cloneForBand(builder, op, band, operands)->getResult(0);
    } else {
      made = convert(builder, value, band);
    }
    known[value].push_back({band, made});
    return made;
  }

  /// `band` of what `value`'s operation makes.
  Value convert(OpBuilder &builder, Value value, const Band &band) {
    const Band have = plan.bandOf(value.getDefiningOp());
    Value own = find(value, have);
    Location loc = value.getLoc();
    if (band.isWhole())
      return part::GatherOp::create(builder, loc, value.getType(), own, have.dim);
    auto type = cast<RankedTensorType>(value.getType());
    if (!band.isWithin() || (band.fill && type.getDimSize(have.dim) % have.step != 0)) {
      const int64_t before = std::max<int64_t>(0, -band.first),
                    after = std::max<int64_t>(0, band.first + band.extent - have.step);
      const Band around{have.dim, have.step, -before, before + have.step + after, {}};
      TypedAttr fill = band.fill ? band.fill : builder.getZeroAttr(type.getElementType());
      own = part::HaloOp::create(builder, loc, bandType(type, around), own, have.dim,
                                 type.getDimSize(have.dim), before, after, fill);
      return slice(builder, own, have.dim, band.first + before, bandType(type, band));
    }
    return slice(builder, own, have.dim, band.first, bandType(type, band));
  }

  static Value slice(OpBuilder &builder, Value value, int64_t dim, int64_t first, RankedTensorType type) {
    if (value.getType() == type)
      return value;
    SmallVector<int64_t> offsets(type.getRank(), 0), strides(type.getRank(), 1);
    offsets[dim] = first;
    return stensor::SliceOp::create(builder, value.getLoc(), type, value, offsets, strides);
  }

  static Value bandOfConstant(OpBuilder &builder, Value value, const Band &band) {
    auto constant = value.getDefiningOp<stensor::ConstantOp>();
    const RankedTensorType type = bandType(value.getType(), band);
    // What is the same everywhere is the same on all cards.
    if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()); dense && dense.isSplat())
      return stensor::ConstantOp::create(builder, value.getLoc(),
                                         DenseElementsAttr::get(type, dense.getSplatValue<Attribute>()));
    return part::ConstantOp::create(builder, value.getLoc(), type, value, band.dim, band.step);
  }

  Value addArgument(BlockArgument argument, const Band &band) {
    NamedAttrList attributes(function.getArgAttrDict(argument.getArgNumber()));
    Builder builder(function.getContext());
    attributes.set(part::kBandAttr, builder.getDenseI64ArrayAttr({band.dim, band.step, band.first}));
    attributes.set(part::kWholeAttr, TypeAttr::get(argument.getType()));
    const unsigned last = function.getNumArguments();
    (void)function.insertArgument(last, bandType(argument.getType(), band),
                                  attributes.getDictionary(function.getContext()), argument.getLoc());
    return function.getArgument(last);
  }

  void leave(OpBuilder &builder, Operation *terminator) {
    SmallVector<Value> values;
    for (auto [i, value] : llvm::enumerate(terminator->getOperands())) {
      const Band band = plan.bandOfOutput(i);
      values.push_back(bring(builder, value, band));
      if (band.isWhole())
        continue;
      function.setResultAttr(i, part::kBandAttr,
                             builder.getDenseI64ArrayAttr({band.dim, band.step, band.first}));
      function.setResultAttr(i, part::kWholeAttr, TypeAttr::get(value.getType()));
    }
    terminator->setOperands(values);
    function.setType(builder.getFunctionType(function.getArgumentTypes(), TypeRange(ValueRange(values))));
  }

  /// The whole of an argument goes where only bands of it are read.
  void dropArguments() {
    llvm::BitVector isDropped(function.getNumArguments());
    llvm::DenseMap<Attribute, unsigned> copies;
    for (BlockArgument argument : function.getArguments())
      ++copies[function.getArgAttr(argument.getArgNumber(), stensor::kNameAttr)];
    for (BlockArgument argument : function.getArguments()) {
      Attribute name = function.getArgAttr(argument.getArgNumber(), stensor::kNameAttr);
      if (argument.use_empty() && copies[name] > 1)
        isDropped.set(argument.getArgNumber());
    }
    (void)function.eraseArguments(isDropped);
  }

  func::FuncOp function;
  const Plan &plan;
  /// Bands of values of the old program.
  llvm::DenseMap<Value, SmallVector<std::pair<Band, Value>, 1>> known;
};

} // namespace

void partitionOverCards(func::FuncOp function, const LoweringOptions &options) {
  if (options.cards == 1)
    return;
  function.getContext()->loadDialect<part::PartDialect>();
  const Plan rows(function, *options.target, options.cards, Cuts::Rows),
      columns(function, *options.target, options.cards, Cuts::Columns);
  if (rows.isCut() && (!columns.fits() || rows.cycles() <= columns.cycles())) {
    Partitioner(function, rows).run();
    function->setAttr(part::kCutAttr, UnitAttr::get(function.getContext()));
    return;
  }
  if (!columns.fits())
    return;
  // What gains nothing from its columns being cut is done by every card.
  for (auto contract : function.getBody().front().getOps<stensor::ContractOp>())
    if (partition::comesFromConstant(contract.getRhs()) && columns.bandOf(contract).isWhole())
      contract->setAttr(part::kLocalAttr, UnitAttr::get(function.getContext()));
}

} // namespace sluice
