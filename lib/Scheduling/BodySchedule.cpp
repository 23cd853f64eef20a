//===- BodySchedule.cpp - A scalar body on the VXM's ALUs -----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/BodySchedule.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/stensor/ScalarRanges.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace sluice;
using namespace sluice::scheduling;
using binary::InType;
using binary::Opcode;
using binary::OutType;

InType scheduling::inType(mlir::Type type) {
  if (type.isF16())
    return InType::Half;
  if (type.isInteger(1))
    return InType::U8;
  if (type.isInteger(8))
    return InType::I8;
  if (type.isInteger(16))
    return InType::I16;
  return InType::Word;
}

/// Narrow integers as results that saturate.
static OutType saturatingType(mlir::Type type) {
  return type.isInteger(8) ? OutType::SatI8 : OutType::SatI16;
}

OutType scheduling::outType(mlir::Type type) {
  if (type.isF16())
    return OutType::Half;
  if (type.isInteger(16))
    return OutType::Low16;
  if (type.isInteger(1) || type.isInteger(8))
    return OutType::Low8;
  return OutType::Word;
}

bool scheduling::isIdentity(mlir::Block &body) {
  mlir::Operation *yield = body.getTerminator();
  return &body.front() == yield && yield->getNumOperands() == 1 && body.getNumArguments() > 0 &&
         yield->getOperand(0) == body.getArgument(0);
}

namespace {

/// Builds one schedule: values of the body become nodes, nodes get depths from the
/// ends backwards, and gaps are filled.
class Scheduler {
public:
  Scheduler(mlir::Block &body, const target::Target &target, int64_t count, unsigned streamed)
      : body(body), target(target), count(count), streamed(streamed) {}

  std::optional<BodySchedule> run() {
    collectNodes();
    placeNodes();
    findEarliestUses();
    // A long body has many more moves than operations: as soon as it is too long it is not looked at further.
    for (size_t i = 0; i < nodes.size() && schedule.steps.size() <= target.alus; ++i)
      emitNode(i);
    if (schedule.steps.size() > target.alus)
      return std::nullopt;
    emitResults();
    if (schedule.steps.size() > target.alus)
      return std::nullopt;
    rebase();
    return std::move(schedule);
  }

private:
  /// What a register holds: an argument, a fixed value or a node's result.
  struct Source {
    enum Kind { Argument, Immediate, Node } kind;
    uint32_t value;
  };
  struct Node {
    Opcode opcode;
    llvm::SmallVector<Source, 3> operands;
    mlir::LocationAttr location;
    int64_t depth = 0;
    int64_t latestUse = INT64_MAX;
    uint32_t step = 0;
  };

  int64_t latency(Opcode opcode) const { return binary::latencyOf(opcode, target); }

  uint32_t addNode(Opcode opcode, llvm::SmallVector<Source, 3> operands, mlir::Location location) {
    nodes.push_back({opcode, std::move(operands), location});
    return nodes.size() - 1;
  }

  /// An instruction has one immediate field: a second, different one goes through a Move.
  void separateImmediates(llvm::SmallVector<Source, 3> &operands, mlir::Location location) {
    std::optional<uint32_t> first;
    for (Source &operand : operands) {
      if (operand.kind != Source::Immediate)
        continue;
      if (!first)
        first = operand.value;
      else if (*first != operand.value)
        operand = {Source::Node, addNode(Opcode::Move, {operand}, location)};
    }
  }

  /// Bounds that a result's type has anyway are kept by the stream port on the way out.
  void findSaturated() {
    mlir::Operation *yield = body.getTerminator();
    for (mlir::Value result : yield->getOperands()) {
      std::optional<stensor::Saturation> saturation = stensor::saturationOf(result);
      bool isFree =
          saturation && isEdgeRounding(*result.getDefiningOp()) &&
          llvm::all_of(saturation->bounds, [](mlir::Operation *bound) { return bound->hasOneUse(); });
      if (!isFree)
        continue;
      saturated[result] = saturation->value;
      dropped.insert_range(saturation->bounds);
    }
  }

  void collectNodes() {
    findSaturated();
    for (mlir::BlockArgument argument : body.getArguments())
      sources[argument] = {Source::Argument, argument.getArgNumber()};
    for (mlir::Operation &op : body.without_terminator()) {
      if (dropped.contains(&op))
        continue;
      if (std::optional<uint32_t> constant = stensor::scalarConstant(&op)) {
        sources[op.getResult(0)] = {Source::Immediate, *constant};
        continue;
      }
      std::optional<stensor::ScalarStep> step = stensor::scalarStep(&op);
      if (step->isMove() || isEdgeRounding(op)) {
        const Source moved = sources.lookup(op.getOperand(0)); // a reference would not outlive the insertion
        sources[op.getResult(0)] = moved;
        continue;
      }
      if (stensor::isRoundedByConversions(&op))
        continue;
      if (mlir::Value converted = stensor::nearestConverted(&op)) {
        const Source from = sources.lookup(converted);
        sources[op.getResult(0)] = {Source::Node, addNode(Opcode::RoundToInt, {from}, op.getLoc())};
        continue;
      }
      llvm::SmallVector<Source, 3> operands;
      for (unsigned index : step->operands)
        operands.push_back(sources[op.getOperand(index)]);
      if (step->immediate)
        operands.push_back({Source::Immediate, *step->immediate});
      separateImmediates(operands, op.getLoc());
      uint32_t node = addNode(static_cast<Opcode>(*step->op), std::move(operands), op.getLoc());
      sources[op.getResult(0)] = {Source::Node, node};
    }
    for (mlir::Value result : body.getTerminator()->getOperands()) {
      auto saturates = saturated.find(result);
      Source source = sources[saturates == saturated.end() ? result : saturates->second];
      if (source.kind != Source::Node)
        source = {Source::Node, addNode(Opcode::Move, {source}, body.getTerminator()->getLoc())};
      resultNodes.push_back(source.value);
      schedule.resultTypes.push_back(saturates == saturated.end() ? outType(result.getType())
                                                                  : saturatingType(result.getType()));
    }
  }

  /// Narrowing that only results see is done by the stream port on the way out.
  static bool isEdgeRounding(mlir::Operation &op) {
    mlir::Type to = op.getResult(0).getType();
    bool narrows = op.getName().getStringRef() == "arith.truncf" ||
                   (op.getName().getStringRef() == "arith.trunci" && !to.isInteger(1));
    return narrows && llvm::all_of(op.getUsers(), [&](mlir::Operation *user) {
             return user == op.getBlock()->getTerminator();
           });
  }

  /// As soon as possible first, for the length; then each node with users as late as
  /// its first user allows, so that values wait in memory rather than in ALUs.
  void placeNodes() {
    for (Node &node : nodes)
      for (const Source &operand : node.operands)
        if (operand.kind == Source::Node)
          node.depth =
              std::max(node.depth, nodes[operand.value].depth + latency(nodes[operand.value].opcode));
    for (Node &node : llvm::reverse(nodes)) {
      if (node.latestUse != INT64_MAX)
        node.depth = node.latestUse - latency(node.opcode);
      for (const Source &operand : node.operands)
        if (operand.kind == Source::Node)
          nodes[operand.value].latestUse = std::min(nodes[operand.value].latestUse, node.depth);
    }
  }

  uint32_t addStep(Opcode opcode, int64_t depth, llvm::SmallVector<BodyOperand, 3> operands,
                   mlir::LocationAttr location) {
    schedule.steps.push_back({opcode, depth, std::move(operands), {}, location});
    return schedule.steps.size() - 1;
  }

  /// The step whose result is node or moved value `step`, available at `depth`.
  uint32_t carry(uint32_t step, int64_t depth) {
    while (schedule.steps[step].depth + latency(schedule.steps[step].opcode) < depth) {
      auto [next, added] = carried.try_emplace(step, 0u);
      if (added) {
        int64_t at = schedule.steps[step].depth + latency(schedule.steps[step].opcode);
        next->second = addStep(Opcode::Move, at, {{BodyOperand::Step, step}}, schedule.steps[step].location);
      }
      step = next->second;
    }
    return step;
  }

  BodyOperand useArgument(unsigned argument, int64_t depth, mlir::LocationAttr location) {
    llvm::SmallVector<std::pair<unsigned, uint32_t>> &known = arrivals[argument];
    // The same moment serves every user.
    for (auto [index, step] : known)
      if (schedule.arrivals[index].depth == depth)
        return {BodyOperand::Arrival, index};
    int64_t earliest = earliestUse[argument];
    bool again = argument >= streamed && llvm::all_of(known, [&](auto &entry) {
                   return std::abs(schedule.arrivals[entry.first].depth - depth) >= count;
                 });
    if (again) {
      schedule.arrivals.push_back({argument, depth, inType(body.getArgument(argument).getType()), location});
      known.push_back({unsigned(schedule.arrivals.size() - 1), UINT32_MAX});
      return {BodyOperand::Arrival, known.back().first};
    }
    auto first =
        llvm::find_if(known, [&](auto &entry) { return schedule.arrivals[entry.first].depth == earliest; });
    if (first->second == UINT32_MAX)
      first->second = addStep(Opcode::Move, earliest, {{BodyOperand::Arrival, first->first}}, location);
    return {BodyOperand::Step, carry(first->second, depth)};
  }

  void findEarliestUses() {
    earliestUse.assign(body.getNumArguments(), INT64_MAX);
    llvm::SmallVector<mlir::LocationAttr> users(body.getNumArguments());
    for (const Node &node : nodes)
      for (const Source &operand : node.operands)
        if (operand.kind == Source::Argument && node.depth < earliestUse[operand.value]) {
          earliestUse[operand.value] = node.depth;
          users[operand.value] = node.location;
        }
    for (unsigned i = 0; i < body.getNumArguments(); ++i) {
      arrivals.emplace_back();
      if (earliestUse[i] == INT64_MAX)
        continue;
      schedule.arrivals.push_back({i, earliestUse[i], inType(body.getArgument(i).getType()), users[i]});
      arrivals[i].push_back({unsigned(schedule.arrivals.size() - 1), UINT32_MAX});
    }
  }

  void emitNode(size_t index) {
    Node &node = nodes[index];
    llvm::SmallVector<BodyOperand, 3> operands;
    for (const Source &operand : node.operands) {
      if (operand.kind == Source::Immediate)
        operands.push_back({BodyOperand::Immediate, operand.value});
      else if (operand.kind == Source::Argument)
        operands.push_back(useArgument(operand.value, node.depth, node.location));
      else
        operands.push_back({BodyOperand::Step, carry(nodes[operand.value].step, node.depth)});
    }
    node.step = addStep(node.opcode, node.depth, std::move(operands), node.location);
  }

  /// A step has one stream port: a second result of it, of another type, takes a Move.
  void emitResults() {
    for (auto [result, node] : llvm::enumerate(resultNodes)) {
      uint32_t step = nodes[node].step;
      if (!schedule.steps[step].results.empty())
        step = addStep(Opcode::Move, schedule.steps[step].depth + latency(schedule.steps[step].opcode),
                       {{BodyOperand::Step, step}}, schedule.steps[step].location);
      schedule.steps[step].results.push_back(result);
      schedule.latency =
          std::max(schedule.latency, schedule.steps[step].depth + latency(schedule.steps[step].opcode));
    }
  }

  /// Departure is the first dispatch.
  void rebase() {
    int64_t first = INT64_MAX;
    for (const BodyStep &step : schedule.steps)
      first = std::min(first, step.depth);
    for (BodyStep &step : schedule.steps)
      step.depth -= first;
    for (BodyArrival &arrival : schedule.arrivals)
      arrival.depth -= first;
    schedule.latency -= first;
  }

  mlir::Block &body;
  const target::Target &target;
  int64_t count;
  unsigned streamed;
  llvm::DenseMap<mlir::Value, Source> sources;
  /// Results that are the saturation of a value, and the operations that need not be for that.
  llvm::DenseMap<mlir::Value, mlir::Value> saturated;
  llvm::DenseSet<mlir::Operation *> dropped;
  llvm::SmallVector<Node> nodes;
  llvm::SmallVector<uint32_t> resultNodes;
  llvm::SmallVector<int64_t> earliestUse;
  /// For each argument, its arrivals and the first Move that carries each on.
  llvm::SmallVector<llvm::SmallVector<std::pair<unsigned, uint32_t>>> arrivals;
  llvm::DenseMap<uint32_t, uint32_t> carried;
  BodySchedule schedule;
};

} // namespace

std::optional<BodySchedule> scheduling::scheduleBody(mlir::Block &body, const target::Target &target,
                                                     int64_t count, unsigned streamed) {
  return Scheduler(body, target, count, streamed).run();
}
