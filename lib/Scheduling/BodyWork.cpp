//===- BodyWork.cpp - What a pass's body costs at least -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BodyWork.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/ScalarRanges.h"
#include "sluice/Binary/Instruction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::scheduling;

namespace {

/// What a value of the body is made of: the argument, constant or operation whose register it is, and how
/// long that takes.
struct Origin {
  mlir::Value root;
  /// By argument, cycles from its first use on; BodyWork::unrelated where it is not among the operands.
  llvm::SmallVector<int64_t> delays;
  /// Cycles from the first dispatch on.
  int64_t depth = 0;
  bool isConstant = false;
};

class WorkFinder {
public:
  WorkFinder(mlir::Block &body, const target::Target &target) : body(body), target(target) {}

  void run(BodyWork &work) {
    for (mlir::BlockArgument argument : body.getArguments()) {
      Origin &origin = origins[argument];
      origin.root = argument;
      origin.delays.assign(body.getNumArguments(), BodyWork::unrelated);
      origin.delays[argument.getArgNumber()] = 0;
    }
    for (mlir::Operation &op : body.without_terminator())
      origins[op.getResult(0)] = originOf(op);
    mlir::Operation *yield = body.getTerminator();
    for (mlir::Value result : yield->getOperands())
      markNeeded(result, yield);
    work.isUsed.assign(body.getNumArguments(), false);
    llvm::DenseSet<mlir::Value> moved;
    for (mlir::Value result : yield->getOperands()) {
      // What an ALU writes need not be narrowed before.
      Origin origin = origins[skipNarrowing(result)];
      if (!origin.root || !operations.contains(origin.root)) {
        origin.depth += target.simpleLatency;
        for (int64_t &delay : origin.delays)
          if (delay != BodyWork::unrelated)
            delay += target.simpleLatency;
        moved.insert(origin.root);
      }
      for (auto [argument, delay] : llvm::enumerate(origin.delays))
        work.isUsed[argument] = work.isUsed[argument] || delay != BodyWork::unrelated;
      work.delays.push_back(std::move(origin.delays));
      work.depths.push_back(origin.depth);
      work.isIdentity &= body.getNumArguments() != 0 && result == body.getArgument(0);
    }
    work.operations = int64_t(needed.size() + moved.size());
    for (mlir::Operation &op : body.without_terminator())
      if (needed.contains(op.getResult(0)))
        work.dependences.push_back(argumentsOf(origins[op.getResult(0)]));
    work.isIdentity &= needed.empty();
  }

private:
  static bool isNarrowing(mlir::Operation *op) {
    return llvm::isa<mlir::arith::TruncFOp>(op) ||
           (llvm::isa<mlir::arith::TruncIOp>(op) && !op->getResult(0).getType().isInteger(1));
  }

  /// Whether an ALU does `op` as it reads a stream.
  static bool isEntry(mlir::Operation &op) {
    return llvm::isa<mlir::arith::ExtUIOp>(op) && llvm::isa<mlir::BlockArgument>(op.getOperand(0));
  }

  /// What an ALU takes for `op`.
  static llvm::SmallVector<mlir::Value, 3> operandsOf(mlir::Operation &op) {
    if (mlir::Value converted = stensor::nearestConverted(&op))
      return {converted};
    return {op.operand_begin(), op.operand_end()};
  }

  /// What an ALU writes as `result`, whose stream port narrows it and keeps it within the type's bounds.
  static mlir::Value skipNarrowing(mlir::Value result) {
    if (std::optional<stensor::Saturation> saturation = stensor::saturationOf(result))
      return saturation->value;
    mlir::Operation *op = result.getDefiningOp();
    return op && isNarrowing(op) ? op->getOperand(0) : result;
  }

  static llvm::SmallVector<unsigned> argumentsOf(const Origin &origin) {
    llvm::SmallVector<unsigned> arguments;
    for (auto [argument, delay] : llvm::enumerate(origin.delays))
      if (delay != BodyWork::unrelated)
        arguments.push_back(argument);
    return arguments;
  }

  Origin originOf(mlir::Operation &op) {
    const std::optional<stensor::ScalarStep> step = stensor::scalarStep(&op);
    if (step && (step->isMove() || isEntry(op)))
      return origins[op.getOperand(0)];
    Origin origin;
    origin.delays.assign(body.getNumArguments(), BodyWork::unrelated);
    origin.isConstant = true;
    for (mlir::Value operand : operandsOf(op)) {
      const Origin &from = origins[operand];
      origin.isConstant &= from.isConstant;
      origin.depth = std::max(origin.depth, from.depth);
      for (auto [delay, of] : llvm::zip_equal(origin.delays, from.delays))
        delay = std::max(delay, of);
    }
    if (!step || origin.isConstant)
      return origin;
    origin.root = op.getResult(0);
    operations.insert(origin.root);
    const int64_t latency = binary::latencyOf(static_cast<binary::Opcode>(*step->op), target);
    origin.depth += latency;
    for (int64_t &delay : origin.delays)
      if (delay != BodyWork::unrelated)
        delay += latency;
    return origin;
  }

  /// Collects the operations on which `value`, an operand of `user`, depends.
  void markNeeded(mlir::Value value, mlir::Operation *user) {
    if (user == body.getTerminator())
      value = skipNarrowing(value);
    const mlir::Value root = origins[value].root;
    if (!root || !operations.contains(root) || !needed.insert(root).second)
      return;
    for (mlir::Value operand : operandsOf(*root.getDefiningOp()))
      markNeeded(operand, root.getDefiningOp());
  }

  mlir::Block &body;
  const target::Target &target;
  llvm::DenseMap<mlir::Value, Origin> origins;
  /// Results of operations that take an ALU, and those of them that a result needs.
  llvm::DenseSet<mlir::Value> operations, needed;
};

} // namespace

BodyWork::BodyWork(mlir::Block &body, const target::Target &target) { WorkFinder(body, target).run(*this); }
