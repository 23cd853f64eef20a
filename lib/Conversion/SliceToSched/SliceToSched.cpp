//===- SliceToSched.cpp - Every train departs -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// List scheduling over space and time: passes depart one by one, each after those whose results it takes, at
// the earliest cycle at which its footprint is free, filling gaps that earlier choices left. The pass with
// the longest remaining path comes first. Where the buffers of such a schedule do not fit, another is made in
// an order and with waits that keep little alive at once.
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
using scheduling::PassGraph;

/// Departs all passes in `order`, each when as many of the first as `waits` says are over.
static mlir::LogicalResult departAll(const PassGraph &graph, llvm::ArrayRef<unsigned> order,
                                     llvm::ArrayRef<unsigned> waits, Schedule &schedule) {
  bool departed = true;
  // First cycle in which the first passes of the order, as many as the index says, are over.
  std::vector<int64_t> over = {0};
  size_t seen = 0;
  for (auto [pass, wait] : llvm::zip_equal(order, waits)) {
    if (isCancelled())
      return mlir::failure();
    schedule.state.earliest = over[wait];
    departed &= succeeded(schedule.depart(graph[pass].op));
    int64_t end = over.back();
    for (; seen < schedule.state.issues.size(); ++seen)
      end = std::max(end, lastDispatch(schedule.state.issues[seen].instruction) + 1);
    over.push_back(end);
  }
  return mlir::success(departed);
}

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

namespace {
struct ScheduledProgram {
  std::unique_ptr<Schedule> schedule;
  /// Those that have words, or should have.
  std::vector<Buffer *> buffers;
  /// Those that found none.
  std::vector<const Buffer *> homeless;
};
} // namespace

/// How the passes of a schedule follow one another.
enum class Order {
  LongestPathFirst,
  /// As planned for the memory that there is.
  MemoryPlan,
  /// The same, each pass after the end of the one before.
  OneByOne
};

static mlir::FailureOr<ScheduledProgram> scheduleProgram(mlir::Block &body, const PassGraph &graph, Order how,
                                                         const LoweringOptions &options) {
  const target::Target &target = *options.target;
  auto schedule = std::make_unique<Schedule>(target, options.cards, options.scheduleSeed);
  for (mlir::Operation &op : body)
    if (llvm::isa<slice::ConstantOp, slice::InputOp, slice::BufferOp>(op))
      schedule->addBuffer(op.getResult(0));
  std::vector<unsigned> order, waits(graph.size(), 0);
  if (how == Order::LongestPathFirst) {
    order = graph.longestPathFirst(schedule->state.table.freedom());
  } else {
    MemoryPlan plan = planForMemory(graph, target.memoryBytes(), [&](mlir::Value value) {
      return schedule->buffer(value).totalBytes(target);
    });
    order = std::move(plan.order);
    waits = std::move(plan.waits);
    if (how == Order::OneByOne)
      std::iota(waits.begin(), waits.end(), 0);
  }
  if (failed(departAll(graph, order, waits, *schedule)))
    return mlir::failure();
  const std::vector<IssueId> number =
      eraseUnreadWrites(schedule->state.issues, [](const Buffer &buffer) { return buffer.isOutput; });
  for (auto &[value, buffer] : schedule->allBuffers())
    buffer->renumberWriters(number);
  std::vector<Buffer *> buffers = livingBuffers(*schedule);
  std::vector<const Buffer *> homeless = assignAddresses(buffers, target);
  if (isCancelled())
    return mlir::failure(); // Some buffers may have no words.
  return ScheduledProgram{std::move(schedule), std::move(buffers), std::move(homeless)};
}

mlir::LogicalResult sluice::convertSliceToSched(mlir::ModuleOp module, const LoweringOptions &options) {
  module.getContext()->loadDialect<sched::SchedDialect>();
  mlir::FailureOr<mlir::func::FuncOp> function = checkPasses(module, "slice", options);
  if (failed(function) || failed(checkPlaces(function->front(), *options.target)))
    return mlir::failure();
  mlir::Block &body = function->front();
  const PassGraph graph(body, *options.target);
  mlir::FailureOr<ScheduledProgram> program = scheduleProgram(body, graph, Order::LongestPathFirst, options);
  for (Order how : {Order::MemoryPlan, Order::OneByOne})
    if (succeeded(program) && !program->homeless.empty())
      program = scheduleProgram(body, graph, how, options);
  if (failed(program))
    return mlir::failure();
  if (!program->homeless.empty())
    return reportFull(program->buffers, program->homeless, program->schedule->state.issues.size(), options);

  mlir::OpBuilder builder(module.getContext());
  builder.setInsertionPointToEnd(module.getBody());
  const std::vector<Issue> &issues = program->schedule->state.issues;
  std::string stats = scheduleStatistics(module, issues, program->buffers, options.cards, *options.target);
  auto scheduled = ProgramOp::create(builder, function->getLoc(), options.cards,
                                     scheduleCycles(issues, *options.target), builder.getStringAttr(stats));
  builder.setInsertionPointToStart(&scheduled.getBody().emplaceBlock());
  emitSchedule(builder, *program->schedule, program->buffers, body);
  if (isCancelled())
    return mlir::failure(); // Some instructions may be left out.
  function->erase();
  return mlir::success();
}
