//===- Orient.cpp - Which operand of a contraction is installed -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Orient.h"

#include "lib/Conversion/Views/View.h"

#include "dialects/part/PartDialect.h"
#include "dialects/stensor/StensorDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace sluice::tiling {

/// Cycles that a tile which is made at run time takes longer to install, about.
constexpr int64_t installLead = 500;

static bool comesFromConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isa<stensor::ConstantOp>(op) ||
                (isLayoutOp(op) && llvm::all_of(op->getOperands(), comesFromConstant)));
}

/// Whether only layout and elementwise functions with constants lie between `value` and the program's
/// results.
static bool leaves(Value value) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (isa<func::ReturnOp>(user))
      return true;
    bool isSimple = isLayoutOp(user) || isa<stensor::MapOp>(user);
    return isSimple &&
           llvm::all_of(user->getOperands(),
                        [&](Value operand) { return operand == value || comesFromConstant(operand); }) &&
           llvm::all_of(user->getResults(), leaves);
  });
}

/// Cycles of one plane for `columns` columns of tiles and `rows` rows through each.
static int64_t cyclesOf(int64_t columns, int64_t rows, int64_t rowInterval, const target::Target &target) {
  return columns * std::max<int64_t>(rows * rowInterval, target.columnGroups());
}

static bool isBetterSwapped(stensor::ContractOp contract, const LoweringOptions &options) {
  const target::Target &target = *options.target;
  RankedTensorType type = contract.getType();
  int64_t m = type.getDimSize(1), n = type.getDimSize(2), lanes = target.lanes(), cards = options.cards;
  if (type.getDimSize(0) != 1 || !comesFromConstant(contract.getRhs()) ||
      comesFromConstant(contract.getLhs()) || !leaves(contract.getResult()))
    return false;
  auto parts = [](int64_t size, int64_t part) { return (size + part - 1) / part; };
  int64_t interval = contract.getLhs().getType().getElementType().isF16() ? target.f16RowInterval : 1;
  int64_t chunks =
      contract.getLhs().getType().getDimSize(2) * parts(contract.getLhs().getType().getDimSize(3), lanes);
  int64_t swapped = chunks * cyclesOf(parts(m, lanes), parts(n, cards), interval, target);
  int64_t plain = chunks * cyclesOf(parts(parts(n, lanes), cards), m, interval, target);
  // Installing what is made at run time has its price.
  return swapped + installLead < plain;
}

//===----------------------------------------------------------------------===//
// Reductions over columns
//===----------------------------------------------------------------------===//

namespace {
/// What elementwise functions and reductions over the last dimension do with a value as it leaves a
/// contraction.
struct RowWork {
  int64_t maps = 0, reductions = 0;
};
} // namespace

/// Follows `value`, of which the last dimension are the contraction's columns.
static void countRowWork(Value value, int64_t columns, llvm::SmallPtrSetImpl<Operation *> &seen,
                         RowWork &work) {
  const int64_t elements = cast<RankedTensorType>(value.getType()).getNumElements();
  for (Operation *user : value.getUsers()) {
    if (!seen.insert(user).second)
      continue;
    if (auto reduce = dyn_cast<stensor::ReduceOp>(user)) {
      work.reductions += int64_t(reduce.getDim()) + 1 == reduce.getInput().getType().getRank();
      continue;
    }
    if (!isa<stensor::MapOp, stensor::ReshapeOp>(user))
      continue;
    work.maps += isa<stensor::MapOp>(user);
    for (Value result : user->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      if (type.getNumElements() == elements && type.getRank() > 0 && type.getShape().back() == columns)
        countRowWork(result, columns, seen, work);
    }
  }
}

/// Lanes are moved to reduce over them; over vectors nothing moves, but what else is read with the columns on
/// lanes has to be transposed.
static bool reducesBetterSwapped(stensor::ContractOp contract, const target::Target &target) {
  if (comesFromConstant(contract.getLhs()) || comesFromConstant(contract.getRhs()))
    return false;
  RankedTensorType type = contract.getType();
  const int64_t b = type.getDimSize(0), m = type.getDimSize(1), n = type.getDimSize(2),
                lanes = target.lanes();
  RowWork work;
  llvm::SmallPtrSet<Operation *, 8> seen;
  countRowWork(contract.getResult(), n, seen, work);
  if (work.reductions == 0)
    return false;
  // Seven permutations for three levels of the tree (see Reductions.cpp).
  const int64_t levels = llvm::Log2_64_Ceil(std::min(n, lanes)),
                permutations = levels / 3 * 7 + (1 << levels % 3) - 1;
  const int64_t rows = b * m * int64_t(llvm::divideCeil(n, lanes)),
                swapped = b * n * int64_t(llvm::divideCeil(m, lanes));
  const int64_t moving = work.reductions * b * m * permutations / (2 * int64_t(target.permutors));
  // Through a plane with a map before and after.
  constexpr int64_t transposing = 3;
  return (work.maps + work.reductions) * (swapped - rows) + transposing * swapped < moving;
}

void orientContractions(func::FuncOp function, const LoweringOptions &options) {
  SmallVector<stensor::ContractOp> contracts(function.getOps<stensor::ContractOp>());
  for (stensor::ContractOp contract : contracts) {
    if (!reducesBetterSwapped(contract, *options.target) &&
        (options.cards == 1 || contract->hasAttr(part::kLocalAttr) || !isBetterSwapped(contract, options)))
      continue;
    OpBuilder builder(contract);
    RankedTensorType type = contract.getType();
    auto swappedType = RankedTensorType::get({type.getDimSize(0), type.getDimSize(2), type.getDimSize(1)},
                                             type.getElementType());
    Value swapped = stensor::ContractOp::create(builder, contract.getLoc(), swappedType, contract.getRhs(),
                                                contract.getLhs());
    Value result = stensor::TransposeOp::create(builder, contract.getLoc(), type, swapped,
                                                SmallVector<int64_t>{0, 2, 1});
    if (Attribute local = contract->getAttr(part::kLocalAttr))
      swapped.getDefiningOp()->setAttr(part::kLocalAttr, local);
    contract.replaceAllUsesWith(result);
    contract.erase();
  }
}

} // namespace sluice::tiling
