//===- CardShares.cpp - Which part of a value each card has ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A contraction's columns are where cutting begins. Columns that become heads are dealt out head by head, so
// that attention needs no exchange before its output is contracted; others in whole vectors, card by card, so
// that a chunk of what contracts them next comes from one card, and an equal share of the rest. A share stays
// a share through operations whose elements along the cut dimension do not depend on one another.
//
//===----------------------------------------------------------------------===//

#include "CardShares.h"

#include "Bands.h"
#include "ColumnWidths.h"
#include "Cuts.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace sluice::partition {

using tiling::View;

namespace {

class CardSharer {
public:
  CardSharer(func::FuncOp function, const LoweringOptions &options)
      : function(function), target(*options.target), cards(options.cards), lanes(target.lanes()),
        group(target.installStreams), builder(function.getContext()) {}

  void run();

private:
  /// What a card has of a value.
  struct Share {
    Value local;
    Cut cut;
  };

  Value shareOf(Value value, const Cut &cut);
  Value shareOfArgument(BlockArgument argument, const Cut &cut);
  Value shareOfConstant(Value value, const Cut &cut);
  bool share(Operation *op);
  bool shareLayout(Operation *op, const Cut &cut);
  SmallVector<Operation *> layoutsOfParts(Value &value) const;
  Value laidOut(Value value, ArrayRef<Operation *> layouts);
  bool shareMap(stensor::MapOp map);
  bool shareReduce(stensor::ReduceOp reduce);
  bool shareContract(stensor::ContractOp contract);
  bool cutColumns(stensor::ContractOp contract);
  void shareResults(func::ReturnOp op);
  Operation *cloneWith(Operation *op, ValueRange operands, const Cut &cut);

  Value united(Value value);
  bool narrowFirst(stensor::MapOp map, unsigned operand);
  void eraseUnused();

  func::FuncOp function;
  const target::Target &target;
  const int64_t cards, lanes, group;
  OpBuilder builder;
  DenseMap<Value, Share> shares;
  DenseMap<Value, Value> unitedOf;
  /// Layout operations behind contractions of parts, which elementwise functions may come before.
  llvm::DenseSet<Operation *> ofParts;
};

} // namespace

/// `op` on what a card has: its results are cut.
Operation *CardSharer::cloneWith(Operation *op, ValueRange operands, const Cut &cut) {
  builder.setInsertionPoint(op);
  IRMapping mapping;
  Operation *clone = builder.clone(*op, mapping);
  clone->setOperands(operands);
  for (Value result : clone->getResults())
    result.setType(shareType(typeOf(result), cut));
  return clone;
}

//===----------------------------------------------------------------------===//
// Shares of what is not cut yet
//===----------------------------------------------------------------------===//

/// The host gives each card its part.
Value CardSharer::shareOfArgument(BlockArgument argument, const Cut &cut) {
  if (cut.widths.size() > 1)
    return {};
  NamedAttrList attributes(function.getArgAttrDict(argument.getArgNumber()));
  attributes.set(part::kDealtAttr, builder.getI64IntegerAttr(cut.dim));
  const unsigned number = argument.getArgNumber();
  if (failed(function.insertArgument(number, shareType(typeOf(argument), cut),
                                     attributes.getDictionary(function.getContext()), argument.getLoc())))
    return {};
  return function.getArgument(number);
}

Value CardSharer::shareOfConstant(Value value, const Cut &cut) {
  std::optional<View> view = constantView(value);
  if (!view || view->pieces().size() != 1)
    return {};
  const Location loc = value.getLoc();
  RankedTensorType type = typeOf(value);
  SmallVector<Value> parts;
  SmallVector<int64_t> offsets(type.getRank(), 0), strides(type.getRank(), 1);
  for (int64_t width : cut.widths) {
    // The neighbours that are dealt out, then the first card's part of them.
    auto all = stensor::SliceOp::create(builder, loc, shareType(type, {cut.dim, {cards * width}}), value,
                                        offsets, strides);
    auto part = stensor::SliceOp::create(builder, loc, shareType(type, {cut.dim, {width}}), all,
                                         SmallVector<int64_t>(type.getRank(), 0), strides);
    part->setAttr(part::kShareAttr, builder.getI64IntegerAttr(cut.dim));
    parts.push_back(part);
    offsets[cut.dim] += cards * width;
  }
  if (parts.size() == 1)
    return parts.front();
  return stensor::ConcatOp::create(builder, loc, shareType(type, cut), parts, cut.dim);
}

/// What a card has of `value` where it is cut like that; none if that does not follow from what cards have.
Value CardSharer::shareOf(Value value, const Cut &cut) {
  if (auto known = shares.find(value); known != shares.end())
    return known->second.cut == cut ? known->second.local : Value();
  if (typeOf(value).getDimSize(cut.dim) != cards * cut.width())
    return {};
  OpBuilder::InsertionGuard guard(builder);
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (Value local = shareOfArgument(argument, cut)) {
      shares[value] = {local, cut};
      return local;
    }
    return {};
  }
  Operation *op = value.getDefiningOp();
  builder.setInsertionPoint(op);
  builder.setInsertionPointAfter(op);
  if (constantView(value)) {
    Value local = shareOfConstant(value, cut);
    if (local)
      shares[value] = {local, cut};
    return local;
  }
  if (!isLayoutOp(op) || isa<stensor::WindowOp>(op))
    return {};
  std::optional<Cut> before = operandCut(op, cut, cards);
  if (!before || !shareLayout(op, *before))
    return {};
  const Share &share = shares.find(value)->second;
  return share.cut == cut ? share.local : Value();
}

//===----------------------------------------------------------------------===//
// Operations on shares
//===----------------------------------------------------------------------===//

/// A layout operation whose operands are cut by `cut`.
bool CardSharer::shareLayout(Operation *op, const Cut &cut) {
  std::optional<Cut> after = resultCut(op, cut, cards);
  if (!after)
    return false;
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(shareOf(operand, cut));
    if (!operands.back())
      return false;
  }
  shares[op->getResult(0)] = {cloneWith(op, operands, *after)->getResult(0), *after};
  return true;
}

/// The layout operations through which `value` comes from a contraction of parts, the last one first; `value`
/// becomes that one's result, or that of functions of it.
SmallVector<Operation *> CardSharer::layoutsOfParts(Value &value) const {
  SmallVector<Operation *> layouts;
  while (Operation *op = value.getDefiningOp()) {
    if (!ofParts.contains(op))
      break;
    layouts.push_back(op);
    value = op->getOperand(0);
  }
  return layouts;
}

/// `value` through `layouts`, the last one first, again.
Value CardSharer::laidOut(Value value, ArrayRef<Operation *> layouts) {
  for (Operation *layout : llvm::reverse(layouts)) {
    Operation *after = builder.clone(*layout);
    after->setOperand(0, value);
    Value result = after->getResult(0);
    result.setType(typeOf(result).clone(typeOf(value).getElementType()));
    ofParts.insert(after);
    value = result;
  }
  return value;
}

bool CardSharer::shareMap(stensor::MapOp map) {
  const Cut *cut = nullptr;
  for (Value operand : map.getInputs())
    if (auto known = shares.find(operand); known != shares.end() && !cut && !constantView(operand))
      cut = &known->second.cut;
  if (!cut || map.getShape()[cut->dim] != cards * cut->width())
    return false;
  const Cut copy = *cut;
  SmallVector<Value> operands;
  for (Value operand : map.getInputs()) {
    const bool isSpread = typeOf(operand).getDimSize(copy.dim) == 1;
    if (isSpread && shares.contains(operand))
      return false;
    operands.push_back(isSpread ? operand : shareOf(operand, copy));
    if (!operands.back())
      return false;
  }
  // Directly behind a contraction of parts, it runs in that one's body.
  SmallVector<Operation *> layouts;
  if (operands.size() == 1)
    layouts = layoutsOfParts(operands.front());
  Operation *clone = cloneWith(map, operands, copy);
  for (auto [result, local] : llvm::zip_equal(map.getResults(), clone->getResults())) {
    Value value = local;
    if (!layouts.empty())
      value.setType(typeOf(operands.front()).clone(typeOf(value).getElementType()));
    shares[result] = {laidOut(value, layouts), copy};
  }
  return true;
}

bool CardSharer::shareReduce(stensor::ReduceOp reduce) {
  auto known = shares.find(reduce.getInput());
  if (known == shares.end() || known->second.cut.dim == int64_t(reduce.getDim()))
    return false;
  const Cut cut = known->second.cut;
  shares[reduce.getResult()] = {cloneWith(reduce, known->second.local, cut)->getResult(0), cut};
  return true;
}

/// A contraction of shares: of some batches, some rows, or some columns that are computed.
bool CardSharer::shareContract(stensor::ContractOp contract) {
  auto left = shares.find(contract.getLhs()), right = shares.find(contract.getRhs());
  const bool isLeft = left != shares.end(), isRight = right != shares.end();
  if (!isLeft && !isRight)
    return false;
  const Cut cut = isLeft ? left->second.cut : right->second.cut;
  SmallVector<Value> operands{contract.getLhs(), contract.getRhs()};
  Cut after = cut;
  if (cut.dim == 0) {
    for (Value &operand : operands)
      operand = shareOf(operand, cut);
    if (!operands[0] || !operands[1])
      return false;
  } else if (cut.dim == 1 && isLeft != isRight) {
    operands[isRight] = isLeft ? left->second.local : right->second.local;
    after.dim = isLeft ? 1 : 2;
  } else {
    return false;
  }
  Operation *clone = cloneWith(contract, operands, after);
  clone->setAttr(part::kLocalAttr, builder.getUnitAttr());
  shares[contract.getResult()] = {clone->getResult(0), after};
  return true;
}

//===----------------------------------------------------------------------===//
// Columns of contractions
//===----------------------------------------------------------------------===//

bool CardSharer::cutColumns(stensor::ContractOp contract) {
  ArrayRef<int64_t> left = contract.getLhs().getType().getShape();
  const int64_t rows = left[1], columns = contract.getType().getDimSize(2);
  if (left[0] != 1 || columns <= lanes || columns % (cards * group) != 0 ||
      contract->hasAttr(part::kLocalAttr) || !constantView(contract.getRhs()) ||
      constantView(contract.getLhs()) || leaves(contract.getResult()))
    return false;
  const Location loc = contract.getLoc();
  Cut cut{1, {}};
  const int64_t heads = headsOf(contract.getResult(), cards, target);
  if (heads > 0)
    cut.widths.push_back(columns / cards);
  else
    cut.widths = widthsOf(contract, cards, target);
  Value lhs = united(contract.getLhs());
  builder.setInsertionPoint(contract);
  Value rhs = shareOfConstant(contract.getRhs(), cut);
  const Cut ofResult{2, cut.widths};
  // Parts of equal width are batches that share their rows.
  const int64_t batches = heads > 0 ? heads / cards : llvm::all_equal(cut.widths) ? cut.widths.size() : 1;
  const int64_t size = columns / cards / batches;
  Type element = contract.getType().getElementType(),
       operandElement = contract.getLhs().getType().getElementType();
  auto typed = [](ArrayRef<int64_t> shape, Type element) { return RankedTensorType::get(shape, element); };
  if (batches > 1) {
    lhs = stensor::BroadcastOp::create(builder, loc, typed({batches, rows, left[2], left[3]}, operandElement),
                                       lhs);
    rhs = stensor::ReshapeOp::create(builder, loc, typed({batches, size, left[2], left[3]}, operandElement),
                                     rhs);
  }
  auto local = stensor::ContractOp::create(
      builder, loc,
      batches > 1 ? typed({batches, rows, size}, element) : typed({1, rows, cut.width()}, element), lhs, rhs);
  local->setAttr(part::kLocalAttr, builder.getUnitAttr());
  Value value = local;
  if (batches > 1) {
    if (rows > 1) {
      value = stensor::TransposeOp::create(builder, loc, typed({rows, batches, size}, element), value,
                                           ArrayRef<int64_t>{1, 0, 2});
      ofParts.insert(value.getDefiningOp());
    }
    value = stensor::ReshapeOp::create(builder, loc, typed({1, rows, cut.width()}, element), value);
    ofParts.insert(value.getDefiningOp());
  }
  shares[contract.getResult()] = {value, ofResult};
  return true;
}

//===----------------------------------------------------------------------===//
// Uniting
//===----------------------------------------------------------------------===//

/// `value` itself, or if cards have shares of it, these united.
Value CardSharer::united(Value value) {
  auto known = shares.find(value);
  if (known == shares.end() || isa<BlockArgument>(value) || constantView(value))
    return value;
  Value &whole = unitedOf[value];
  if (!whole)
    whole = unite(known->second.local, known->second.cut, cards);
  return whole;
}

/// Where `map` narrows an operand first of all, cards do that before they exchange it.
bool CardSharer::narrowFirst(stensor::MapOp map, unsigned operand) {
  Value value = map.getInputs()[operand];
  BlockArgument argument = map.getBlock().getArgument(operand);
  auto known = shares.find(value);
  if (known == shares.end() || isa<BlockArgument>(value) || argument.use_empty())
    return false;
  Type narrow;
  for (Operation *user : argument.getUsers()) {
    auto truncate = dyn_cast<arith::TruncFOp>(user);
    if (!truncate || (narrow && truncate.getType() != narrow))
      return false;
    narrow = truncate.getType();
  }
  const Share share = known->second;
  builder.setInsertionPointAfterValue(share.local);
  const Location loc = map.getLoc();
  Value local = share.local;
  const SmallVector<Operation *> layouts = layoutsOfParts(local);
  auto before = stensor::MapOp::create(
      builder, loc, TypeRange{typeOf(local).clone(narrow)}, ValueRange{local},
      [&](OpBuilder &inside, Location loc, ValueRange arguments) {
        return SmallVector<Value>{arith::TruncFOp::create(inside, loc, narrow, arguments[0])};
      });
  map->setOperand(operand, unite(laidOut(before->getResult(0), layouts), share.cut, cards));
  for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
    user->getResult(0).replaceAllUsesWith(argument);
    user->erase();
  }
  argument.setType(narrow);
  return true;
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Makes an operation one of what cards have, if its results then follow from that.
bool CardSharer::share(Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case([&](stensor::MapOp map) { return shareMap(map); })
      .Case([&](stensor::ReduceOp reduce) { return shareReduce(reduce); })
      .Case([&](stensor::ContractOp contract) { return shareContract(contract) || cutColumns(contract); })
      .Default([&](Operation *other) {
        if (!isLayoutOp(other) || isa<stensor::WindowOp>(other))
          return false;
        for (Value operand : other->getOperands())
          if (auto known = shares.find(operand); known != shares.end() && !constantView(operand))
            return shareLayout(other, Cut(known->second.cut));
        return false;
      });
}

/// The host reads each card's part where cards have neighbours.
void CardSharer::shareResults(func::ReturnOp op) {
  for (OpOperand &operand : op->getOpOperands()) {
    auto known = shares.find(operand.get());
    if (known == shares.end() || isa<BlockArgument>(operand.get()))
      continue;
    const Share share = known->second;
    ArrayRef<int64_t> shape = typeOf(share.local).getShape();
    const bool hasLanes = llvm::any_of(llvm::seq<int64_t>(0, shape.size()),
                                       [&](int64_t dim) { return dim != share.cut.dim && shape[dim] > 1; });
    if (share.cut.widths.size() > 1 || !hasLanes) {
      operand.set(united(operand.get()));
      continue;
    }
    function.setResultAttr(operand.getOperandNumber(), part::kDealtAttr,
                           builder.getI64IntegerAttr(share.cut.dim));
    operand.set(share.local);
  }
}

void CardSharer::eraseUnused() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
  for (unsigned number = function.getNumArguments(); number-- > 0;)
    if (Value argument = function.getArgument(number); argument.use_empty() && shares.contains(argument))
      (void)function.eraseArgument(number);
}

void CardSharer::run() {
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops) {
    if (auto last = dyn_cast<func::ReturnOp>(op)) {
      shareResults(last);
      continue;
    }
    if (share(op))
      continue;
    for (OpOperand &operand : op->getOpOperands()) {
      auto map = dyn_cast<stensor::MapOp>(op);
      if (!map || !narrowFirst(map, operand.getOperandNumber()))
        operand.set(united(operand.get()));
    }
  }
  eraseUnused();
  func::ReturnOp last = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  function.setType(builder.getFunctionType(function.getArgumentTypes(), last.getOperandTypes()));
}

void shareAmongCards(func::FuncOp function, const LoweringOptions &options) {
  CardSharer(function, options).run();
}

} // namespace sluice::partition
