//===- SliceToSched.cpp - Every train departs -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// List scheduling over space and time: of the passes whose operands have all been
// scheduled, the one with the longest remaining path departs next, at the earliest cycle
// at which its footprint is free, filling gaps that earlier choices left.
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"
#include "Emission.h"
#include "Passes.h"
#include "Statistics.h"
#include "UnreadWrites.h"

#include "sluice/Binary/Encoding.h"
#include "sluice/Conversion/Lowering.h"

#include "dialects/sched/SchedDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <queue>
#include <tuple>

using namespace sluice;
using namespace sluice::sched;
using target::Hemisphere;

namespace {

/// A pass, who waits for it and how long the rest takes.
struct PassNode {
  mlir::Operation *op;
  std::vector<unsigned> dependents;
  unsigned missing = 0;
  int64_t path = 0;
};

bool isPass(mlir::Operation &op) {
  return llvm::isa<slice::MapOp, slice::ContractOp, slice::PermuteOp, slice::GatherOp, slice::ExchangeOp>(op);
}

/// Buffers that `op` writes.
mlir::ValueRange outputsOf(mlir::Operation *op) {
  return llvm::TypeSwitch<mlir::Operation *, mlir::ValueRange>(op)
      .Case<slice::MapOp, slice::ContractOp>([](auto pass) -> mlir::ValueRange { return pass.getOutputs(); })
      .Default([](mlir::Operation *pass) -> mlir::ValueRange { return pass->getOperands().take_back(1); });
}

/// A pass's own share of a path: its burst and the way there and back.
int64_t lengthOf(mlir::Operation *op, const target::Target &target) {
  int64_t transit = 2 * int64_t(target.mxmStop);
  return llvm::TypeSwitch<mlir::Operation *, int64_t>(op)
      .Case([&](slice::ContractOp contract) {
        int64_t chunks = contract.getLanes().size(), rows = contract.getCount();
        return chunks * std::max<int64_t>(rows, target.columnGroups()) + target.multiplyLatency + transit;
      })
      .Case([&](slice::ExchangeOp exchange) {
        return int64_t(exchange.getCount()) * target.linkInterval + target.linkLatency + transit;
      })
      .Case<slice::MapOp, slice::PermuteOp, slice::GatherOp>(
          [&](auto pass) { return int64_t(pass.getCount()) + transit; })
      .Default([](mlir::Operation *) { return int64_t(0); });
}

std::vector<PassNode> buildGraph(mlir::Block &body, const target::Target &target) {
  std::vector<PassNode> nodes;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<unsigned>> writers;
  for (mlir::Operation &op : body) {
    if (!isPass(op))
      continue;
    unsigned index = nodes.size();
    nodes.push_back({&op, {}, 0, 0});
    llvm::SmallVector<unsigned> needs;
    mlir::ValueRange outputs = outputsOf(&op);
    for (mlir::Value operand : op.getOperands())
      if (auto found = writers.find(operand); found != writers.end() && !llvm::is_contained(outputs, operand))
        needs.append(found->second);
    llvm::sort(needs);
    needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
    for (unsigned need : needs)
      nodes[need].dependents.push_back(index);
    nodes[index].missing = needs.size();
    for (mlir::Value output : outputs)
      if (llvm::SmallVector<unsigned> &of = writers[output]; of.empty() || of.back() != index)
        of.push_back(index);
  }
  for (PassNode &node : llvm::reverse(nodes)) {
    for (unsigned dependent : node.dependents)
      node.path = std::max(node.path, nodes[dependent].path);
    node.path += lengthOf(node.op, target);
  }
  return nodes;
}

mlir::LogicalResult departAll(mlir::Block &body, Schedule &schedule) {
  std::vector<PassNode> nodes = buildGraph(body, schedule.state.target);
  if (scheduling::Freedom &freedom = schedule.state.table.freedom(); freedom.isRandom())
    for (PassNode &node : nodes)
      node.path = int64_t(freedom.draw(nodes.size()));
  auto later = [&](unsigned a, unsigned b) {
    return std::pair(nodes[a].path, b) < std::pair(nodes[b].path, a);
  };
  std::priority_queue<unsigned, std::vector<unsigned>, decltype(later)> ready(later);
  for (unsigned index = 0; index < nodes.size(); ++index)
    if (nodes[index].missing == 0)
      ready.push(index);
  bool departed = true;
  while (!ready.empty()) {
    PassNode &node = nodes[ready.top()];
    ready.pop();
    departed &= succeeded(schedule.depart(node.op));
    for (unsigned dependent : node.dependents)
      if (--nodes[dependent].missing == 0)
        ready.push(dependent);
  }
  return mlir::success(departed);
}

} // namespace

mlir::LogicalResult sluice::convertSliceToSched(mlir::ModuleOp module, const LoweringOptions &options) {
  module.getContext()->loadDialect<sched::SchedDialect>();
  auto function = module.lookupSymbol<mlir::func::FuncOp>("main");
  if (!function)
    return module.emitError("expected a function @main");
  mlir::Block &body = function.front();

  Schedule schedule(*options.target, options.cards, options.scheduleSeed);
  for (mlir::Operation &op : body)
    if (llvm::isa<slice::ConstantOp, slice::InputOp, slice::BufferOp>(op))
      schedule.addBuffer(op.getResult(0));
  if (failed(departAll(body, schedule)))
    return mlir::failure();

  auto isOutput = [](const Buffer &buffer) {
    return llvm::any_of(buffer.value.getUsers(), llvm::IsaPred<slice::OutputOp>);
  };
  const std::vector<IssueId> number = eraseUnreadWrites(schedule.state.issues, isOutput);
  for (auto &[value, buffer] : schedule.allBuffers())
    buffer->renumberWriters(number);

  // Constants and outputs stay; an input that nothing reads is bound all the same.
  llvm::DenseSet<const Buffer *> used;
  for (const Issue &issue : schedule.state.issues)
    used.insert(issue.buffer);
  std::vector<Buffer *> buffers;
  for (auto &[value, buffer] : schedule.allBuffers()) {
    if (isOutput(*buffer) || llvm::isa<slice::ConstantOp>(value.getDefiningOp()))
      buffer->lastUse = INT64_MAX;
    if (buffer->initial)
      buffer->lastUse = std::max<int64_t>(buffer->lastUse, 0);
    if (buffer->initial || used.contains(buffer.get()))
      buffers.push_back(buffer.get());
  }
  if (failed(assignAddresses(buffers, *options.target)))
    return mlir::failure();

  mlir::OpBuilder builder(module.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  std::string stats =
      scheduleStatistics(module, schedule.state.issues, buffers, options.cards, *options.target);
  auto program =
      ProgramOp::create(builder, function.getLoc(), options.cards,
                        scheduleCycles(schedule.state.issues, *options.target), builder.getStringAttr(stats));
  builder.setInsertionPointToStart(&program.getBody().emplaceBlock());
  emitSchedule(builder, schedule, buffers, body);
  function.erase();
  return mlir::success();
}
