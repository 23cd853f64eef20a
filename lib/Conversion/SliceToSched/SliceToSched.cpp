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

/// Writes the finished schedule as `sched` operations.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, Schedule &schedule) : builder(builder), schedule(schedule) {}

  /// Issues in the order of queues and cycles, producers renumbered.
  void emitIssues() {
    std::vector<Issue> &issues = schedule.state.issues;
    std::vector<IssueId> order(issues.size()), position(issues.size());
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    llvm::sort(order, [&](IssueId a, IssueId b) {
      return std::tuple(issues[a].queue, issues[a].instruction.cycle, a) <
             std::tuple(issues[b].queue, issues[b].instruction.cycle, b);
    });
    for (size_t i = 0; i < order.size(); ++i)
      position[order[i]] = i;
    for (IssueId id : order)
      emitIssue(issues[id], position);
  }

  void emitMemory(const Buffer &buffer, slice::ConstantOp constant) {
    for (Hemisphere hemisphere : buffer.hemispheres)
      for (unsigned stripe = 0; stripe < std::min<int64_t>(buffer.stripes, buffer.vectors); ++stripe)
        for (unsigned byte = 0; byte < buffer.bytes; ++byte)
          MemoryOp::create(builder, constant.getLoc(), rankFour(constant.getData()), buffer.stripes, stripe,
                           byte, unsigned(hemisphere), buffer.slices[stripe * buffer.bytes + byte],
                           addressOf(buffer, 0));
  }

  void emitInput(const Buffer &buffer, slice::InputOp input) {
    for (Hemisphere hemisphere : buffer.hemispheres)
      emitBinding(buffer, {0, 1}, buffer.vectors, hemisphere, input, input.getFirst(), false, -1);
  }

  void emitOutput(slice::OutputOp output) {
    const Buffer &buffer = schedule.buffer(output.getBuffer());
    emitBinding(buffer, {output.getView()[0], output.getView()[1]}, output.getCount(),
                buffer.hemispheres.front(), output, output.getFirst(), true, int64_t(output.getCard()));
  }

private:
  int64_t addressOf(const Buffer &buffer, int64_t word) const {
    return int64_t(buffer.bank) * schedule.state.target.wordsPerBank + buffer.base + word;
  }

  /// The cards' dimension is explicit at this level.
  static mlir::ElementsAttr rankFour(mlir::ElementsAttr data) {
    auto type = llvm::cast<mlir::RankedTensorType>(data.getShapedType());
    if (type.getRank() == 4)
      return data;
    llvm::SmallVector<int64_t> shape{1};
    shape.append(type.getShape().begin(), type.getShape().end());
    auto four = mlir::RankedTensorType::get(shape, type.getElementType());
    if (auto resource = llvm::dyn_cast<mlir::DenseResourceElementsAttr>(data))
      return mlir::DenseResourceElementsAttr::get(four, resource.getRawHandle());
    return llvm::cast<mlir::DenseElementsAttr>(data).reshape(four);
  }

  template <typename Op>
  void emitBinding(const Buffer &buffer, View view, int64_t count, Hemisphere hemisphere, Op op,
                   int64_t first, bool output, int64_t card) {
    // A striped buffer's vectors do not follow one another in a slice. A tensor of no elements is bound as
    // well.
    int64_t piece = buffer.stripes == 1 ? count : 1, i = 0;
    do {
      int64_t vector = view.start + i * view.step;
      llvm::SmallVector<int64_t> slices;
      for (unsigned byte = 0; byte < buffer.bytes; ++byte)
        slices.push_back(buffer.slices[(vector % buffer.stripes) * buffer.bytes + byte]);
      BindingOp::create(builder, op.getLoc(), op.getName(), output, op.getMachineType(), op.getUserType(),
                        op.getPermutation(), op.getLaneDims(), card, unsigned(hemisphere), slices,
                        addressOf(buffer, vector / buffer.stripes), buffer.stripes == 1 ? view.step : 0,
                        first + i, piece);
      i += piece;
    } while (i < count);
  }

  void emitIssue(const Issue &issue, llvm::ArrayRef<IssueId> position) {
    binary::Instruction instruction = issue.instruction;
    if (issue.buffer)
      instruction.address = addressOf(*issue.buffer, instruction.address);
    llvm::SmallVector<int64_t> fields, flow, addresses;
    for (const binary::Field &field : binary::fieldsOf(binary::opcodeInfo(instruction.opcode).format))
      fields.push_back(field.get(instruction));
    for (const FlowEdge &edge : issue.flow)
      flow.append({edge.card, edge.slot, edge.first, edge.count,
                   edge.producer == initialMemory ? initialMemory : position[edge.producer],
                   edge.producerSlot, edge.producerFirst, edge.producerStep});
    for (int64_t offset : issue.cardOffsets)
      addresses.push_back(instruction.address + offset);
    auto optional = [&](llvm::ArrayRef<int64_t> values) {
      return values.empty() ? mlir::DenseI64ArrayAttr() : builder.getDenseI64ArrayAttr(values);
    };
    IssueOp::create(builder, issue.location,
                    builder.getDenseI64ArrayAttr({int64_t(issue.queue.unit), int64_t(issue.queue.hemisphere),
                                                  int64_t(issue.queue.index)}),
                    builder.getI64IntegerAttr(instruction.cycle),
                    builder.getI64IntegerAttr(int64_t(instruction.opcode)),
                    builder.getI64IntegerAttr(instruction.count),
                    builder.getI64IntegerAttr(instruction.interval), builder.getDenseI64ArrayAttr(fields),
                    optional(issue.cards), optional(addresses), builder.getDenseI64ArrayAttr(flow));
  }

  mlir::OpBuilder &builder;
  Schedule &schedule;
};

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
  // The host may read any word of an output, a Gather any of its table.
  auto isReadUnseen = [&](const Buffer &buffer) {
    return isOutput(buffer) || llvm::any_of(buffer.value.getUsers(), [&](mlir::Operation *user) {
             auto gather = llvm::dyn_cast<slice::GatherOp>(user);
             return gather && gather.getTable() == buffer.value;
           });
  };
  eraseUnreadWrites(schedule.state.issues, isReadUnseen);

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
  Emitter emitter(builder, schedule);
  for (Buffer *buffer : buffers) {
    if (auto constant = buffer->value.getDefiningOp<slice::ConstantOp>())
      emitter.emitMemory(*buffer, constant);
    if (auto input = buffer->value.getDefiningOp<slice::InputOp>())
      emitter.emitInput(*buffer, input);
  }
  for (slice::OutputOp output : body.getOps<slice::OutputOp>())
    emitter.emitOutput(output);
  emitter.emitIssues();
  function.erase();
  return mlir::success();
}
