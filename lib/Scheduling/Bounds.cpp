//===- Bounds.cpp - What no schedule can beat -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Bounds.h"

#include "dialects/stensor/ScalarOps.h"
#include "dialects/tile/TileDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

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

class BoundFinder {
public:
  explicit BoundFinder(const target::Target &target) : target(target) {}

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

  int64_t resourceBound() const {
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
  int64_t pathBound() const { return path; }

private:
  /// Cycles from a value's arrival at a unit at `stop` back to where it was read, at the nearest slice.
  int64_t approach(int64_t stop) const {
    int64_t nearest =
        stop == 0 ? target.memoryFirstStop : stop - target.sliceStop(target.slicesPerHemisphere - 1);
    return target.readLatency + nearest;
  }
  int64_t departure(int64_t stop) const { return approach(stop) - target.readLatency + target.writeLatency; }

  /// Chains a pass whose first element takes `latency` and whose last follows `burst` cycles later.
  void chain(mlir::ValueRange inputs, mlir::ValueRange outputs, int64_t latency, int64_t burst) {
    int64_t start = 0;
    for (mlir::Value input : inputs)
      start = std::max(start, firstReady.lookup(input));
    path = std::max(path, start + latency + burst);
    for (mlir::Value output : outputs) {
      auto [entry, added] = firstReady.insert({output, start + latency});
      if (!added)
        entry->second = std::min(entry->second, start + latency);
    }
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

  void visitMap(MapOp op) {
    int64_t count = op.getCount();
    mlir::Block &body = op.getBody().front();
    demand.alu += stensor::countSteps(body) * count;
    demand.vxmIn += bytesOf(op.getInputs()) * count;
    demand.vxmOut += bytesOf(op.getOutputs()) * count;
    demand.reads += bytesOf(op.getInputs()) * count;
    demand.writes += bytesOf(op.getOutputs()) * count;
    chain(op.getInputs(), op.getOutputs(),
          approach(0) + target.vxmEntryLatency + std::max<int64_t>(depthOf(body), target.simpleLatency) +
              departure(0),
          count - 1);
  }

  void visitContract(ContractOp op) {
    int64_t count = op.getCount(), chunks = op.getLanes().size(), planes = op.getPlanes();
    int64_t bytes = bytesOf(op.getWeights().front());
    int64_t interval = bytes == 2 ? target.f16RowInterval : 1;
    demand.multiply += count * interval * chunks * planes * bytes;
    demand.reads += count * chunks * bytes;
    demand.mxmIn += count * chunks * bytes;
    for (int64_t columns : op.getColumns()) {
      int64_t groups = (columns + target.installStreams - 1) / target.installStreams;
      demand.install += groups * chunks * bytes;
      demand.reads += columns * chunks * bytes;
      demand.mxmIn += columns * chunks * bytes;
    }
    demand.writes += bytesOf(op.getOutputs()) * count;
    demand.alu += stensor::countSteps(op.getBody().front()) * count * planes;
    llvm::SmallVector<mlir::Value> inputs(op.getRows().begin(), op.getRows().end());
    inputs.append(op.getWeights().begin(), op.getWeights().end());
    chain(inputs, op.getOutputs(),
          approach(target.mxmStop) + target.multiplyLatency + departure(target.mxmStop),
          (count - 1) * interval + (chunks - 1) * count * interval);
  }

  void visitPermute(PermuteOp op) {
    int64_t count = op.getCount(), bytes = bytesOf(op.getInput());
    demand.lanes += count;
    demand.reads += count * bytes;
    demand.writes += count * bytes;
    chain(op.getInput(), op.getOutput(),
          approach(target.sxmStop) + target.permuteLatency + departure(target.sxmStop), count - 1);
  }

  void visitGather(GatherOp op) {
    int64_t count = op.getCount();
    demand.reads += count * (bytesOf(op.getTable()) + 1);
    demand.writes += count * bytesOf(op.getOutput());
    chain({op.getTable(), op.getOffsets()}, op.getOutput(),
          int64_t(target.readLatency) + target.gatherLatency + target.writeLatency, count - 1);
  }

  void visitExchange(ExchangeOp op) {
    int64_t vectors = int64_t(op.getCount()) * bytesOf(op.getInput());
    demand.link += vectors * target.linkInterval * target.localLinks;
    chain(op.getInput(), op.getOutput(),
          approach(target.sxmStop) + target.linkLatency + departure(target.sxmStop),
          (vectors - 1) * target.linkInterval);
  }

  const target::Target &target;
  Demand demand;
  /// Earliest cycle in which a vector of a buffer can be there; 0 for what the program starts with.
  llvm::DenseMap<mlir::Value, int64_t> firstReady;
  int64_t path = 0;
};

} // namespace

void sluice::computeBounds(mlir::ModuleOp module, const target::Target &target) {
  BoundFinder finder(target);
  module.walk([&](mlir::func::FuncOp function) {
    for (mlir::Operation &op : function.front())
      finder.visit(&op);
  });
  mlir::Builder builder(module.getContext());
  module->setAttr(kResourceBoundAttr, builder.getI64IntegerAttr(finder.resourceBound()));
  module->setAttr(kPathBoundAttr, builder.getI64IntegerAttr(finder.pathBound()));
}
