//===- Orient.cpp - Which operand of a contraction is installed -----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Orient.h"

#include "View.h"

#include "dialects/stensor/StensorDialect.h"
#include "mlir/IR/Builders.h"

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

void orientContractions(func::FuncOp function, const LoweringOptions &options) {
  if (options.cards == 1)
    return;
  SmallVector<stensor::ContractOp> contracts(function.getOps<stensor::ContractOp>());
  for (stensor::ContractOp contract : contracts) {
    if (!isBetterSwapped(contract, options))
      continue;
    OpBuilder builder(contract);
    RankedTensorType type = contract.getType();
    auto swappedType = RankedTensorType::get({type.getDimSize(0), type.getDimSize(2), type.getDimSize(1)},
                                             type.getElementType());
    Value swapped = stensor::ContractOp::create(builder, contract.getLoc(), swappedType, contract.getRhs(),
                                                contract.getLhs());
    Value result = stensor::TransposeOp::create(builder, contract.getLoc(), type, swapped,
                                                SmallVector<int64_t>{0, 2, 1});
    contract.replaceAllUsesWith(result);
    contract.erase();
  }
}

} // namespace sluice::tiling
