//===- Units.cpp - Planes and hemispheres for passes ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "llvm/ADT/DenseSet.h"

using namespace sluice;
using namespace sluice::tile;

namespace {

class UnitPlacer {
public:
  UnitPlacer(const target::Target &target, Placement &placement) : target(target), placement(placement) {
    for (auto &loads : planeLoad)
      loads.resize(target.planesPerHemisphere);
  }

  void run(mlir::Block &body, const scheduling::PassGraph &graph) {
    auto bytes = [&](mlir::Value buffer) { return bytesOf(buffer); };
    const int64_t memory = target.memoryBytes();
    copyBudget = memory / 4 * 3 - planForMemory(graph, memory, bytes).most.front();
    for (mlir::Operation &op : body) {
      if (auto contract = llvm::dyn_cast<ContractOp>(op))
        placeContract(contract);
      else if (auto permute = llvm::dyn_cast<PermuteOp>(op))
        placeLanes(permute);
      else if (auto gather = llvm::dyn_cast<GatherOp>(op))
        placeTable(gather);
      else if (auto exchange = llvm::dyn_cast<ExchangeOp>(op))
        require(exchange.getInput(), {0, 1});
      else if (auto map = llvm::dyn_cast<MapOp>(op))
        placeRepeatedInputs(map);
    }
    auto forEachBuffer = [&](auto visit) {
      for (mlir::Operation &op : body)
        if (op.getNumResults() == 1 && llvm::isa<BufferType>(op.getResult(0).getType()))
          visit(op.getResult(0));
    };
    forEachBuffer([&](mlir::Value buffer) {
      if (auto &has = placement.buffers[buffer].hemispheres; has.size() == 1)
        countStreams(buffer, has.front());
    });
    forEachBuffer([&](mlir::Value buffer) { placeRest(buffer); });
    for (mlir::Operation &op : body) {
      if (auto map = llvm::dyn_cast<MapOp>(op))
        chooseReads(map, map.getInputs());
      else if (auto contract = llvm::dyn_cast<ContractOp>(op))
        chooseReads(contract, contract.getExtras());
    }
  }

private:
  static unsigned lesser(const std::array<int64_t, 2> &load) { return load[1] < load[0]; }

  void require(mlir::Value buffer, llvm::ArrayRef<int64_t> hemispheres) {
    auto &has = placement.buffers[buffer].hemispheres;
    for (int64_t hemisphere : hemispheres)
      if (!llvm::is_contained(has, hemisphere))
        has.push_back(hemisphere);
    llvm::sort(has);
  }

  int64_t bytesOf(mlir::Value buffer) const {
    auto type = llvm::cast<BufferType>(buffer.getType());
    return type.getVectors() * type.getBytes() * int64_t(target.lanes());
  }

  /// Bytes of the constant weights of `op` that so far lie in the other hemisphere alone.
  int64_t bytesToCopy(ContractOp op, int64_t hemisphere) {
    int64_t bytes = 0;
    for (mlir::Value weights : op.getWeights()) {
      const auto &has = placement.buffers[weights].hemispheres;
      if (weights.getDefiningOp<ConstantOp>() && !has.empty() && !llvm::is_contained(has, hemisphere))
        bytes += bytesOf(weights);
    }
    return bytes;
  }

  /// On the least loaded planes. Copies of constant weights may take what most buffers alive at once leave of
  /// three quarters of the memory.
  void placeContract(ContractOp op) {
    bool tandem = llvm::cast<BufferType>(op.getWeights().front().getType()).getBytes() == 2;
    int64_t planes = tandem ? target.planesPerHemisphere : op.getPlanes();
    int64_t chunkCycles =
        std::max<int64_t>(op.getCount() * (tandem ? target.f16RowInterval : 1), target.columnGroups());
    int64_t cycles = chunkCycles * op.getLanes().size();
    // The least loaded run of planes, the first among equals.
    UnitPlace best;
    int64_t bestLoad = INT64_MAX;
    for (int64_t first = 0; first + planes <= int64_t(target.planesPerHemisphere); first += planes)
      for (int64_t hemisphere = 0; hemisphere < 2; ++hemisphere) {
        if (bytesToCopy(op, hemisphere) > std::max<int64_t>(copyBudget, 0))
          continue;
        int64_t load = 0;
        for (int64_t p = first; p < first + planes; ++p)
          load = std::max(load, planeLoad[hemisphere][p]);
        if (load < bestLoad) {
          bestLoad = load;
          best = {hemisphere, first, {}};
        }
      }
    for (int64_t p = best.firstPlane; p < best.firstPlane + planes; ++p)
      planeLoad[best.hemisphere][p] = bestLoad + cycles;
    placement.units[op] = best;
    copyBudget -= bytesToCopy(op, best.hemisphere);
    llvm::SmallVector<mlir::Value> extras;
    for (auto [i, extra] : llvm::enumerate(op.getExtras()))
      if (!sharedExtra(op, i))
        extras.push_back(extra);
    placeRepeated(extras);
    for (mlir::Value buffer : op.getWeights())
      require(buffer, {best.hemisphere});
    for (mlir::Value buffer : op.getRows())
      require(buffer, {best.hemisphere});
    for (mlir::Value buffer : op.getOutputs())
      home.try_emplace(buffer, best.hemisphere);
  }

  void placeLanes(PermuteOp op) {
    unsigned hemisphere = lesser(laneLoad);
    laneLoad[hemisphere] += op.getCount();
    placement.units[op].hemisphere = hemisphere;
    require(op.getInput(), {hemisphere});
    require(op.getMap(), {hemisphere});
  }

  /// A table has one home for all who look into it: large ones fill a hemisphere.
  void placeTable(GatherOp op) {
    auto &has = placement.buffers[op.getTable()].hemispheres;
    if (has.empty()) {
      has.push_back(lesser(tableLoad));
      tableLoad[has.front()] += op.getTable().getType().getVectors() * op.getTable().getType().getBytes();
    }
    placement.units[op].hemisphere = has.front();
    require(op.getOffsets(), {has.front()});
  }

  /// A part of a buffer that is read twice at once needs a copy on each side.
  void placeRepeatedInputs(MapOp map) {
    for (auto [i, buffer] : llvm::enumerate(map.getInputs()))
      for (size_t other = 0; other < i; ++other)
        if (map.getInputs()[other] == buffer && (partsRead(map, other) & partsRead(map, i)) != 0)
          require(buffer, {0, 1});
  }

  /// A buffer that is read twice at once needs a copy on each side.
  void placeRepeated(mlir::ValueRange operands) {
    llvm::DenseSet<mlir::Value> seen;
    for (mlir::Value buffer : operands)
      if (!seen.insert(buffer).second)
        require(buffer, {0, 1});
  }

  /// Direction in which what `use`, of a map's buffer in `side`, moves flows at the VXM.
  static unsigned directionOf(MapOp map, mlir::OpOperand &use, int64_t side) {
    bool reads = use.getOperandNumber() < map.getInputs().size();
    return unsigned(reads ? 1 - side : side);
  }

  /// Whether a map that reads or writes `buffer` would need more streams of one direction at once than there
  /// are if it lay in `side`.
  bool crowds(mlir::Value buffer, int64_t side) {
    int64_t bytes = llvm::cast<BufferType>(buffer.getType()).getBytes();
    return llvm::any_of(buffer.getUses(), [&](mlir::OpOperand &use) {
      auto map = llvm::dyn_cast<MapOp>(use.getOwner());
      return map &&
             mapStreams[map][directionOf(map, use, side)] + bytes > int64_t(target.streamsPerDirection);
    });
  }

  void countStreams(mlir::Value buffer, int64_t side) {
    for (mlir::OpOperand &use : buffer.getUses())
      if (auto map = llvm::dyn_cast<MapOp>(use.getOwner()))
        mapStreams[map][directionOf(map, use, side)] += llvm::cast<BufferType>(buffer.getType()).getBytes();
  }

  /// What only the VXM and the host read stays on the side of the unit that makes it, or goes to the emptier
  /// one.
  void placeRest(mlir::Value buffer) {
    auto &has = placement.buffers[buffer].hemispheres;
    auto type = llvm::cast<BufferType>(buffer.getType());
    if (has.empty()) {
      auto near = home.find(buffer);
      int64_t side = near != home.end() ? near->second : lesser(memoryLoad);
      has.push_back(crowds(buffer, side) && !crowds(buffer, 1 - side) ? 1 - side : side);
      countStreams(buffer, has.front());
    }
    for (int64_t hemisphere : has)
      memoryLoad[hemisphere] += type.getVectors() * type.getBytes();
  }

  /// Operands with copies on both sides come from the side that brings less.
  void chooseReads(mlir::Operation *op, mlir::OperandRange operands) {
    std::array<int64_t, 2> streams{0, 0};
    llvm::SmallVector<int64_t> reads(operands.size());
    auto choose = [&](bool both) {
      for (auto [i, buffer] : llvm::enumerate(operands)) {
        const auto &has = placement.buffers[buffer].hemispheres;
        if ((has.size() > 1) != both)
          continue;
        if (auto contract = llvm::dyn_cast<ContractOp>(op))
          if (std::optional<size_t> shared = sharedExtra(contract, i)) {
            reads[i] = reads[*shared];
            continue;
          }
        const int64_t *other = nullptr;
        auto map = llvm::dyn_cast<MapOp>(op);
        for (size_t j = 0; j < i; ++j)
          if (operands[j] == buffer && (!map || (partsRead(map, j) & partsRead(map, i)) != 0))
            other = &reads[j];
        reads[i] = !both ? has.front() : other ? 1 - *other : lesser(streams);
        streams[reads[i]] += llvm::cast<BufferType>(buffer.getType()).getBytes();
      }
    };
    choose(false);
    choose(true);
    placement.units[op].readHemispheres = std::move(reads);
  }

  const target::Target &target;
  Placement &placement;
  /// Streams of each direction that a map's operands and results take at the VXM, of buffers in one
  /// hemisphere.
  llvm::DenseMap<mlir::Operation *, std::array<int64_t, 2>> mapStreams;
  /// Hemisphere of the contraction that writes a buffer.
  llvm::DenseMap<mlir::Value, int64_t> home;
  std::array<std::vector<int64_t>, 2> planeLoad;
  /// Bytes that copies of constant weights may still take.
  int64_t copyBudget = 0;
  std::array<int64_t, 2> laneLoad{0, 0}, tableLoad{0, 0}, memoryLoad{0, 0};
};

} // namespace

void tile::placeUnits(mlir::Block &body, const scheduling::PassGraph &graph, const target::Target &target,
                      Placement &placement) {
  UnitPlacer(target, placement).run(body, graph);
}
