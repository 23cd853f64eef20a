//===- Horizon.cpp - About how long a program takes -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Placement weighs detours against the waits that are to be expected, and needs to know about how long a
// program takes for that. This is an expectation, no bound (sluice/Scheduling/Bounds.h has those, which judge
// schedules and are not for making them): every operand comes from memory, every result goes there.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/tile/ZeroRows.h"
#include "sluice/Scheduling/BodySchedule.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::tile;

namespace {

/// Busy cycles of each kind of unit, summed over its instances.
struct Demand {
  int64_t multiply = 0, install = 0, alu = 0, lanes = 0, link = 0;
  int64_t reads = 0, writes = 0;            ///< vectors of one byte a lane
  int64_t vxmIn = 0, vxmOut = 0, mxmIn = 0; ///< the same, on streams
};

int64_t bytesOf(mlir::Value buffer) { return llvm::cast<BufferType>(buffer.getType()).getBytes(); }

int64_t bytesOf(mlir::ValueRange buffers) {
  int64_t bytes = 0;
  for (mlir::Value buffer : buffers)
    bytes += bytesOf(buffer);
  return bytes;
}

class HorizonFinder {
public:
  explicit HorizonFinder(const target::Target &target) : target(target) {}

  void visit(mlir::Operation *op) {
    if (auto map = llvm::dyn_cast<MapOp>(op))
      visitMap(map);
    else if (auto contract = llvm::dyn_cast<ContractOp>(op))
      visitContract(contract);
    else if (auto permute = llvm::dyn_cast<PermuteOp>(op))
      visitPermute(permute);
    else if (auto gather = llvm::dyn_cast<GatherOp>(op))
      visitGather(gather);
    else if (auto exchange = llvm::dyn_cast<ExchangeOp>(op))
      visitExchange(exchange);
  }

  /// The busiest kind of unit or the longest chain of passes, whichever is longer.
  int64_t horizon() const { return std::max(busiest(), path); }

  /// The busiest kind of unit in what was visited since the last call.
  int64_t takeBusiest() {
    const int64_t cycles = busiest();
    demand = {};
    return cycles;
  }

private:
  int64_t busiest() const {
    int64_t hemispheres = 2, slices = hemispheres * target.slicesPerHemisphere;
    int64_t planes = hemispheres * target.planesPerHemisphere;
    int64_t streams = hemispheres * target.streamsPerDirection;
    auto share = [](int64_t cycles, int64_t units) { return (cycles + units - 1) / units; };
    return std::max({share(demand.multiply, planes), share(demand.install, planes),
                     share(demand.alu, target.alus), share(demand.lanes, hemispheres * target.permutors),
                     share(demand.reads, slices), share(demand.writes, slices), share(demand.vxmIn, streams),
                     share(demand.vxmOut, streams), share(demand.mxmIn, streams),
                     share(demand.link, target.localLinks)});
  }

  /// Cycles between the VXM's stop or an end of the chip, at `stop`, and the nearest slice.
  int64_t toMemory(int64_t stop) const {
    return stop == 0 ? target.memoryFirstStop : stop - target.sliceStop(target.slicesPerHemisphere - 1);
  }

  /// Least cycles from a result at stop `from` to a unit at stop `to`: past it on the way, else by a turn in
  /// memory.
  int64_t transit(int64_t from, int64_t to) const {
    bool turns = (from == 0) == (to == 0);
    return turns ? toMemory(from) + target.writeLatency + target.readLatency + toMemory(to)
                 : std::abs(from - to);
  }

  /// Earliest cycle in which a vector of `buffer` can be at a unit at `stop`.
  int64_t arrival(mlir::Value buffer, int64_t stop) const {
    auto written = results.find(buffer);
    if (written == results.end())
      return int64_t(target.readLatency) + toMemory(stop);
    int64_t first = INT64_MAX;
    for (auto [from, cycle] : written->second)
      first = std::min(first, cycle + transit(from, stop));
    return first;
  }

  /// A pass at `stop` gives the first element of its outputs at stop `exit`, `latency` cycles after
  /// the first of its inputs has come, and the last one `burst` cycles later.
  void chain(mlir::ValueRange inputs, int64_t stop, mlir::ValueRange outputs, int64_t exit, int64_t latency,
             int64_t burst) {
    int64_t cycle = latency;
    for (mlir::Value input : inputs)
      cycle = std::max(cycle, arrival(input, stop) + latency);
    path = std::max(path, cycle + toMemory(exit) + int64_t(target.writeLatency) + burst);
    for (mlir::Value output : outputs)
      results[output].push_back({exit, cycle});
  }

  int64_t depthOf(mlir::Block &body) const {
    llvm::DenseMap<mlir::Value, int64_t> depth;
    int64_t deepest = 0;
    for (mlir::Operation &op : body.without_terminator()) {
      int64_t at = 0;
      for (mlir::Value operand : op.getOperands())
        at = std::max(at, depth.lookup(operand));
      std::optional<stensor::ScalarStep> step = stensor::scalarStep(&op);
      if (step && !step->isMove())
        at += target.simpleLatency;
      depth[op.getResult(0)] = at;
      deepest = std::max(deepest, at);
    }
    return deepest;
  }

  int64_t passThroughVxm(mlir::Block &body) const {
    return target.vxmEntryLatency + std::max<int64_t>(depthOf(body), target.simpleLatency);
  }

  void visitMap(MapOp op) {
    int64_t count = op.getCount();
    mlir::Block &body = op.getBody().front();
    demand.alu += stensor::countSteps(body) * count;
    demand.vxmIn += bytesOf(op.getInputs()) * count;
    demand.vxmOut += bytesOf(op.getOutputs()) * count;
    demand.reads += bytesOf(op.getInputs()) * count;
    demand.writes += bytesOf(op.getOutputs()) * count;
    chain(op.getInputs(), 0, op.getOutputs(), 0, passThroughVxm(body), count - 1);
  }

  void visitContract(ContractOp op) {
    int64_t count = op.getCount(), chunks = op.getLanes().size(), planes = op.getPlanes();
    int64_t bytes = bytesOf(op.getWeights().front());
    int64_t interval = bytes == 2 ? target.f16RowInterval : 1;
    int64_t rows = 0;
    for (unsigned operand = 0; operand < op.getRows().size(); ++operand)
      rows += isLeftOut(op, operand) ? 0 : op.getRowSegments()[4 * operand + 3];
    demand.multiply += rows * interval * (op.getApart() ? 1 : planes) * bytes;
    demand.reads += rows * bytes;
    demand.mxmIn += rows * bytes;
    bool isFirst = true;
    for (int64_t columns : op.getColumns()) {
      int64_t groups = (columns + target.installStreams - 1) / target.installStreams;
      demand.install += groups * chunks * bytes;
      if (op.getApart() && !isFirst)
        continue;
      demand.reads += columns * chunks * bytes;
      demand.mxmIn += columns * chunks * bytes;
      isFirst = false;
    }
    demand.writes += bytesOf(op.getOutputs()) * count;
    demand.alu += stensor::countSteps(op.getBody().front()) * count * planes;
    llvm::SmallVector<mlir::Value> inputs(op.getRows().begin(), op.getRows().end());
    inputs.append(op.getWeights().begin(), op.getWeights().end());
    mlir::Block &body = op.getBody().front();
    bool direct = scheduling::isIdentity(body);
    int64_t stop = target.mxmStop, latency = target.multiplyLatency;
    chain(inputs, stop, op.getOutputs(), direct ? stop : 0,
          direct ? latency : latency + stop + passThroughVxm(body),
          (count - 1) * interval + (chunks - 1) * count * interval);
  }

  void visitPermute(PermuteOp op) {
    int64_t count = op.getCount(), bytes = bytesOf(op.getInput());
    demand.lanes += count;
    demand.reads += count * bytes;
    demand.writes += count * bytes;
    chain(op.getInput(), target.sxmStop, op.getOutput(), target.sxmStop, target.permuteLatency, count - 1);
  }

  void visitGather(GatherOp op) {
    int64_t count = op.getCount();
    demand.reads += count * (bytesOf(op.getTable()) + 1);
    demand.writes += count * bytesOf(op.getOutput());
    int64_t stop = target.memoryFirstStop;
    chain(op.getOffsets(), stop, op.getOutput(), 0,
          target.gatherLatency + stop + target.vxmEntryLatency + target.simpleLatency, count - 1);
  }

  void visitExchange(ExchangeOp op) {
    int64_t vectors = int64_t(op.getCount()) * bytesOf(op.getInput());
    demand.link += vectors * target.linkInterval * target.localLinks;
    chain(op.getInput(), target.sxmStop, op.getOutput(), target.sxmStop, target.linkLatency,
          (vectors - 1) * target.linkInterval);
  }

  const target::Target &target;
  Demand demand;
  /// Where and in which cycle the first element of each pass that writes a buffer appears.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<std::pair<int64_t, int64_t>, 1>> results;
  int64_t path = 0;
};

} // namespace

int64_t tile::expectedCycles(mlir::Block &body, const target::Target &target) {
  HorizonFinder finder(target);
  for (mlir::Operation &op : body)
    finder.visit(&op);
  return finder.horizon();
}

std::vector<int64_t> tile::expectedStarts(mlir::Block &body, const target::Target &target) {
  HorizonFinder finder(target);
  std::vector<int64_t> starts;
  int64_t cycle = 0;
  for (mlir::Operation &op : body) {
    starts.push_back(cycle);
    finder.visit(&op);
    cycle += finder.takeBusiest();
  }
  return starts;
}
