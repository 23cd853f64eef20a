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

/// Passes in an order in which their buffers have words, each when as much before it is over as that takes
/// (see planForMemory).
static PassOrder orderForMemory(const PassGraph &graph, Schedule &schedule, int64_t headroom) {
  const target::Target &target = schedule.state.target;
  // Each bank is a store.
  const std::vector<int64_t> stores(2 * target.slicesPerHemisphere * target.banksPerSlice,
                                    target.wordsPerBank);
  auto sharesOf = [&](mlir::Value value) {
    const Buffer &buffer = schedule.buffer(value);
    llvm::SmallVector<scheduling::Share> shares;
    for (target::Hemisphere hemisphere : buffer.hemispheres)
      for (unsigned slice : buffer.slices)
        shares.push_back(
            {(unsigned(hemisphere) * target.slicesPerHemisphere + slice) * target.banksPerSlice + buffer.bank,
             buffer.words()});
    return shares;
  };
  MemoryPlan plan = planForMemory(graph, stores, sharesOf, headroom);
  return {std::move(plan.order), std::move(plan.waits)};
}

/// Further packings, of which the best is taken.
static constexpr unsigned improvementRounds = 4;

/// Takes a better packing than `packing`, whose buffers all have words, if there is one for which that is so
/// too; one that keeps to the order `memory`, if that is needed. Whether one was taken, or none is better.
static bool improve(Schedule &schedule, Packing &packing, Storage &storage, const PassOrder *memory) {
  Packing better =
      improvePacking(schedule.state.problem, packing, schedule.state.target, improvementRounds, memory);
  if (isCancelled() || better.end >= packing.end)
    return true;
  Storage ofBetter = issueAndStore(schedule, better);
  if (!ofBetter.homeless.empty())
    return false;
  packing = std::move(better);
  storage = std::move(ofBetter);
  return true;
}

/// Packs all passes so that their buffers have words, if that can be.
static Packing packInMemory(Schedule &schedule, const PassGraph &graph, Storage &storage,
                            std::optional<uint64_t> seed) {
  const scheduling::Problem &problem = schedule.state.problem;
  const target::Target &target = schedule.state.target;
  auto tryOrder = [&](PassOrder order) {
    Packing packing = pack(problem, std::move(order), target, seed);
    if (!isCancelled())
      storage = issueAndStore(schedule, packing);
    return packing;
  };
  // As if there were memory for all.
  scheduling::Freedom freedom(seed);
  Packing packing = tryOrder({graph.longestPathFirst(freedom), std::vector<unsigned>(graph.size(), 0)});
  if (isCancelled() || storage.homeless.empty()) {
    if (!isCancelled() && !seed && !improve(schedule, packing, storage, nullptr))
      storage = issueAndStore(schedule, packing);
    return packing;
  }
  // By a plan for what there is, the closer the less of it gaps may take.
  for (int64_t headroom = 2; headroom >= 0; --headroom) {
    const PassOrder order = orderForMemory(graph, schedule, headroom);
    packing = tryOrder(order);
    if (isCancelled())
      return packing;
    if (!storage.homeless.empty())
      continue;
    for (; !seed && headroom >= 0; --headroom) {
      const PassOrder closer = orderForMemory(graph, schedule, headroom);
      if (improve(schedule, packing, storage, &closer))
        return packing;
    }
    storage = issueAndStore(schedule, packing);
    return packing;
  }
  // Each pass after the end of the one before.
  PassOrder order = orderForMemory(graph, schedule, 0);
  std::iota(order.waits.begin(), order.waits.end(), 0);
  return tryOrder(std::move(order));
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
  Packing packing = packInMemory(schedule, graph, storage, options.scheduleSeed);
  if (isCancelled())
    return mlir::failure(); // Some trains have not departed, or some buffers may have no words.
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
