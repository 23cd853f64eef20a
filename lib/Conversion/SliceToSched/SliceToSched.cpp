//===- SliceToSched.cpp - Every train departs -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three things: passes are described as trains with footprints (a scheduling problem), a packing gives each
// train its departure, and the instructions of what departed are issued. The pass with the longest remaining
// path is packed first. Where the buffers of such a packing do not fit, another is made in an order and with
// waits that keep little alive at once.
//
//===----------------------------------------------------------------------===//

#include "Addresses.h"
#include "CheckPlaces.h"
#include "Emission.h"
#include "FullMemory.h"
#include "Passes.h"
#include "Statistics.h"
#include "UnreadWrites.h"

#include "lib/Conversion/Checks/CheckPasses.h"
#include "sluice/Binary/Encoding.h"
#include "sluice/Conversion/Lowering.h"
#include "sluice/Scheduling/Packing.h"
#include "sluice/Scheduling/PassGraph.h"
#include "sluice/Support/Cancellation.h"

#include "dialects/sched/SchedDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/DenseSet.h"

#include <memory>
#include <numeric>

using namespace sluice;
using namespace sluice::sched;
using scheduling::MemoryPlan;
using scheduling::Packing;
using scheduling::PassGraph;
using scheduling::PassOrder;

/// The buffers that need words, their lives known: constants and outputs stay; an input that nothing reads is
/// bound all the same.
static std::vector<Buffer *> livingBuffers(Schedule &schedule) {
  llvm::DenseSet<const Buffer *> used;
  for (const Issue &issue : schedule.state.issues)
    used.insert(issue.buffer);
  std::vector<Buffer *> buffers;
  for (auto &[value, buffer] : schedule.allBuffers()) {
    if (scheduling::livesToTheEnd(value))
      buffer->lastUse = INT64_MAX;
    if (buffer->initial)
      buffer->lastUse = std::max<int64_t>(buffer->lastUse, 0);
    if (buffer->initial || used.contains(buffer.get()))
      buffers.push_back(buffer.get());
  }
  return buffers;
}

/// The buffers of the program with their words, and those that found none.
struct Storage {
  std::vector<Buffer *> buffers;
  std::vector<const Buffer *> homeless;
};

/// Issues the instructions of `packing` and gives buffers their words.
static Storage issueAndStore(Schedule &schedule, const Packing &packing) {
  schedule.issue(packing);
  const std::vector<IssueId> number =
      eraseUnreadWrites(schedule.state.issues, [](const Buffer &buffer) { return buffer.isOutput; });
  for (auto &[value, buffer] : schedule.allBuffers())
    buffer->renumberWriters(number);
  Storage storage;
  storage.buffers = livingBuffers(schedule);
  storage.homeless = assignAddresses(storage.buffers, schedule.state.target);
  return storage;
}

/// All passes of `graph` as a problem.
static mlir::LogicalResult describe(Schedule &schedule, const PassGraph &graph, mlir::Block &body) {
  for (mlir::Operation &op : body)
    if (llvm::isa<tile::BufferOpInterface>(op))
      schedule.addBuffer(op.getResult(0));
  bool described = true;
  for (unsigned pass = 0; pass < graph.size() && !isCancelled(); ++pass)
    described &= succeeded(schedule.describe(graph[pass].op));
  return mlir::success(described && !isCancelled());
}

/// How the passes of a schedule follow one another.
enum class Order {
  LongestPathFirst,
  /// As planned for the memory that there is.
  MemoryPlan,
  /// The same, each pass after the end of the one before.
  OneByOne
};

/// Further packings, of which the best is taken.
static constexpr unsigned improvementRounds = 4;

static PassOrder orderOf(const PassGraph &graph, Order how, Schedule &schedule,
                         const LoweringOptions &options) {
  PassOrder order{{}, std::vector<unsigned>(graph.size(), 0)};
  if (how == Order::LongestPathFirst) {
    scheduling::Freedom freedom(options.scheduleSeed);
    order.passes = graph.longestPathFirst(freedom);
    return order;
  }
  const target::Target &target = *options.target;
  MemoryPlan plan = planForMemory(graph, target.memoryBytes(), [&](mlir::Value value) {
    return schedule.buffer(value).totalBytes(target);
  });
  order.passes = std::move(plan.order);
  if (how == Order::OneByOne)
    std::iota(order.waits.begin(), order.waits.end(), 0);
  else
    order.waits = std::move(plan.waits);
  return order;
}

/// Takes a better packing than `packing`, whose buffers all have words, if there is one for which that is so
/// too.
static void improve(Schedule &schedule, Packing &packing, Storage &storage) {
  Packing better = improvePacking(schedule.state.problem, packing, schedule.state.target, improvementRounds);
  if (isCancelled() || better.end >= packing.end)
    return;
  if (Storage ofBetter = issueAndStore(schedule, better); ofBetter.homeless.empty()) {
    packing = std::move(better);
    storage = std::move(ofBetter);
  } else {
    storage = issueAndStore(schedule, packing);
  }
}

mlir::LogicalResult sluice::convertSliceToSched(mlir::ModuleOp module, const LoweringOptions &options) {
  module.getContext()->loadDialect<sched::SchedDialect>();
  mlir::FailureOr<mlir::func::FuncOp> function = checkPasses(module, "slice", options);
  if (failed(function) || failed(checkPlaces(function->front(), *options.target)))
    return mlir::failure();
  mlir::Block &body = function->front();
  const PassGraph graph(body, *options.target);
  Schedule schedule(*options.target, options.cards);
  if (failed(describe(schedule, graph, body)))
    return mlir::failure();
  Storage storage;
  Packing packing;
  for (Order how : {Order::LongestPathFirst, Order::MemoryPlan, Order::OneByOne}) {
    packing = pack(schedule.state.problem, orderOf(graph, how, schedule, options), *options.target,
                   options.scheduleSeed);
    if (isCancelled())
      return mlir::failure(); // Some trains have not departed.
    storage = issueAndStore(schedule, packing);
    if (how == Order::LongestPathFirst && storage.homeless.empty() && !options.scheduleSeed)
      improve(schedule, packing, storage);
    if (isCancelled())
      return mlir::failure(); // Some buffers may have no words.
    if (storage.homeless.empty())
      break;
  }
  if (!storage.homeless.empty())
    return reportFull(storage.buffers, storage.homeless, schedule.state.issues.size(), options);

  findHolders(schedule.state.problem, *options.target, packing);
  const std::map<std::string, int64_t> held = heldCycles(schedule.state.problem, packing, *options.target);
  mlir::OpBuilder builder(module.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  const std::vector<Issue> &issues = schedule.state.issues;
  mlir::DictionaryAttr stats =
      scheduleStatistics(module, issues, storage.buffers, held, options.cards, *options.target);
  auto scheduled = ProgramOp::create(builder, function->getLoc(), options.cards,
                                     scheduleCycles(issues, *options.target), stats);
  builder.setInsertionPointToStart(&scheduled.getBody().emplaceBlock());
  emitSchedule(builder, schedule, storage.buffers, body);
  if (isCancelled())
    return mlir::failure(); // Some instructions may be left out.
  function->erase();
  return mlir::success();
}
