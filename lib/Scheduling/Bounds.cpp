//===- Bounds.cpp - What no schedule can beat -----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a schedule must do, and what it may leave out, docs/scheduling.md says. Whatever it may leave out, do
// at once or do elsewhere is not counted here: a value that many want is brought once, one that a pass
// makes is not read or written unless memory must hold it, elements that do not depend on one another go
// in any order through all units at once.
//
//===----------------------------------------------------------------------===//

#include "sluice/Scheduling/Bounds.h"

#include "BodyWork.h"
#include "Demand.h"
#include "Earliest.h"

#include "sluice/Binary/Instruction.h"
#include "sluice/Support/Cancellation.h"

#include "dialects/tile/ExchangePlaces.h"
#include "dialects/tile/TileDialect.h"
#include "dialects/tile/ZeroRows.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace sluice;
using namespace sluice::tile;
using scheduling::BodyWork;
using scheduling::Demand;
using scheduling::Earliest;
using scheduling::Place;
using scheduling::VectorSet;

namespace {

constexpr int64_t kHemispheres = 2;

int64_t bytesOf(mlir::Value buffer) { return llvm::cast<BufferType>(buffer.getType()).getBytes(); }
int64_t vectorsOf(mlir::Value buffer) { return llvm::cast<BufferType>(buffer.getType()).getVectors(); }
bool isInitial(mlir::Value buffer) { return !buffer.getDefiningOp<BufferOp>(); }

/// Row or extra of a pass: vectors start, start + step, ... of a buffer.
struct View {
  View(llvm::ArrayRef<int64_t> views, size_t index) : start(views[2 * index]), step(views[2 * index + 1]) {}
  int64_t start, step;
  int64_t operator[](int64_t element) const { return start + element * step; }
};

class BoundFinder {
public:
  BoundFinder(mlir::Block &program, const target::Target &target, unsigned cards)
      : target(target), programCards(cards), cards(program.getOps<ExchangeOp>().empty() ? 1 : cards),
        earliest(target, this->cards), stored(cards) {
    for (mlir::Operation &op : program)
      collectWanted(op);
    for (mlir::Operation &op : program) {
      if (isCancelled())
        break;
      llvm::TypeSwitch<mlir::Operation *>(&op)
          .Case<MapOp, ContractOp, PermuteOp, GatherOp, ExchangeOp, OutputOp>(
              [&](auto pass) { visit(pass); });
    }
  }

  /// By what is busy.
  std::vector<std::pair<llvm::StringLiteral, int64_t>> resourceBounds() const;
  int64_t pathBound() const { return path; }

private:
  /// Calls use(buffer, vector) for all that `op` takes.
  template <typename Use>
  void forEachOperand(mlir::Operation &op, Use use) const;
  void collectWanted(mlir::Operation &op) {
    forEachOperand(op, [&](mlir::Value buffer, int64_t vector) { wanted.insert(buffer, vector); });
  }

  void visit(MapOp op);
  void visit(ContractOp op);
  void visit(PermuteOp op);
  void visit(GatherOp op);
  void visit(ExchangeOp op);
  void visit(OutputOp op);

  /// A unit at `place` takes a vector; the first cycle in which it can.
  int64_t take(mlir::Value buffer, int64_t vector, Place place, unsigned card);
  /// The same for the VXM; the first cycle in which an ALU can be dispatched with it.
  int64_t takeByAlu(mlir::Value buffer, int64_t vector, unsigned card) {
    return take(buffer, vector, Place::Vxm, card) + int64_t(target.vxmEntryLatency);
  }
  /// A unit at `place` gives a vector in `cycle` at the earliest.
  void give(mlir::Value buffer, int64_t vector, Place place, unsigned card, int64_t cycle) {
    earliest.set(buffer, vector, card, {cycle, place});
    path = std::max(path, cycle);
    if (card == 0 && place == Place::Vxm && wanted.contains(buffer, vector))
      vxmOut.add(bytesOf(buffer), cycle);
  }
  /// As many results as `count` come in or after cycle `first`, at most `most` a cycle.
  void follow(int64_t first, int64_t count, int64_t most) {
    path = std::max(path, first + llvm::divideCeilSigned(count, most) - 1);
  }
  /// Memory of a card must hold a vector in the end or when it is asked for; the cycle from which on it can.
  int64_t store(mlir::Value buffer, int64_t vector, unsigned card);

  /// First cycle in which plane `plane` of a unit can multiply by its tile of `chunk`.
  int64_t install(ContractOp op, int64_t chunk, int64_t plane, unsigned card);
  /// When the results of a contraction's rows can leave its planes: each, and the last of all.
  struct Rows {
    std::vector<int64_t> results;
    int64_t last;
  };
  Rows multiply(ContractOp op, int64_t plane, unsigned card);
  /// ALUs compute `element` of `outputs`, whose views are `views`, where they can use argument i from
  /// arrivals[i] on; `first` keeps the least cycle of each output.
  void compute(const BodyWork &work, llvm::ArrayRef<int64_t> arrivals, mlir::ValueRange outputs,
               llvm::ArrayRef<int64_t> views, int64_t element, unsigned card,
               llvm::MutableArrayRef<int64_t> first);

  const target::Target &target;
  /// Of the program, and those that differ in what they do when.
  unsigned programCards, cards;
  Earliest earliest;
  /// What some pass or output takes.
  VectorSet wanted;
  int64_t path = 0;

  Demand multiplies, installs, alus, permutes, links;
  Demand reads, writes;        ///< vectors of one byte a lane
  Demand vxmIn, vxmOut, mxmIn; ///< the same, on streams
  VectorSet read, atVxm, atMxm;
  std::vector<VectorSet> stored; ///< by card of the program
  llvm::DenseSet<mlir::Value> installed;
  int64_t rowInterval = 1; ///< the longest of the program's contractions
};

} // namespace

std::vector<std::pair<llvm::StringLiteral, int64_t>> BoundFinder::resourceBounds() const {
  const int64_t slices = kHemispheres * target.slicesPerHemisphere;
  const int64_t planes = kHemispheres * target.planesPerHemisphere;
  const int64_t streams = kHemispheres * target.streamsPerDirection;
  const int64_t alu = std::min(target.simpleLatency, target.transcendentalLatency);
  const int64_t multiply = target.multiplyLatency, link = target.linkLatency + target.receiveLatency;
  return {{"multiplies", multiplies.bound(planes, multiply - (rowInterval - 1))},
          {"installs", installs.bound(planes, 1 + multiply)},
          {"alus", alus.bound(target.alus, alu)},
          {"permutes", permutes.bound(kHemispheres * target.permutors, target.permuteLatency)},
          {"links", links.bound(1, link - (int64_t(target.linkInterval) - 1))},
          {"reads", reads.bound(slices, target.readLatency)},
          {"writes", writes.bound(slices * programCards, target.writeLatency)},
          {"alu_operands", vxmIn.bound(streams, int64_t(target.vxmEntryLatency) + alu)},
          {"alu_results", vxmOut.bound(streams, 0)},
          {"plane_operands", mxmIn.bound(streams, multiply)}};
}

template <typename Use>
void BoundFinder::forEachOperand(mlir::Operation &op, Use use) const {
  auto useView = [&](mlir::Value buffer, View view, int64_t count) {
    for (int64_t element = 0; element < count; ++element)
      use(buffer, view[element]);
  };
  llvm::TypeSwitch<mlir::Operation *>(&op)
      .Case([&](MapOp map) {
        const BodyWork work(map.getBody().front(), target);
        for (auto [i, input] : llvm::enumerate(map.getInputs()))
          if (work.isUsed[i])
            useView(input, View(map.getInputViews(), i), map.getCount());
      })
      .Case([&](ContractOp contract) {
        for (auto [i, weights] : llvm::enumerate(contract.getWeights()))
          for (int64_t column = 0; column < contract.getColumns()[i % contract.getPlanes()]; ++column)
            use(weights, column);
        llvm::ArrayRef<int64_t> segments = contract.getRowSegments();
        for (auto [j, rows] : llvm::enumerate(contract.getRows()))
          useView(rows, View(segments.slice(4 * j + 1, 2), 0), segments[4 * j + 3]);
        const BodyWork work(contract.getBody().front(), target);
        const size_t extras = contract.getExtras().size() / contract.getPlanes();
        for (auto [i, extra] : llvm::enumerate(contract.getExtras()))
          if (work.isUsed[1 + i % extras])
            useView(extra, View(contract.getExtraViews(), i), contract.getCount());
      })
      .Case([&](PermuteOp permute) {
        useView(permute.getInput(), View(permute.getViews(), 0), permute.getCount());
        useView(permute.getMap(), View(permute.getViews(), 1), permute.getCount());
      })
      .Case([&](GatherOp gather) {
        useView(gather.getOffsets(), View(gather.getViews(), 0), gather.getCount());
        for (int64_t vector = 0; vector < vectorsOf(gather.getTable()); ++vector)
          use(gather.getTable(), vector);
      })
      .Case([&](ExchangeOp exchange) {
        const ExchangePlaces places(exchange);
        for (unsigned card = 0; card < cards; ++card)
          for (int64_t i = 0; i < int64_t(exchange.getCount()); ++i)
            use(exchange.getInput(), places.sent(i, card));
      })
      .Case([&](OutputOp output) {
        useView(output.getBuffer(), View(output.getView(), 0), output.getCount());
      });
}

int64_t BoundFinder::take(mlir::Value buffer, int64_t vector, Place place, unsigned card) {
  const int64_t bytes = bytesOf(buffer), cycle = earliest.at(place, buffer, vector, card);
  // Cards do the same: one stands for all.
  if (card != 0)
    return cycle;
  if (isInitial(buffer) && read.insert(buffer, vector))
    reads.add(bytes, 0);
  if (place == Place::Vxm && atVxm.insert(buffer, vector))
    vxmIn.add(bytes, cycle);
  if (place == Place::Mxm && atMxm.insert(buffer, vector))
    mxmIn.add(bytes, cycle);
  return cycle;
}

int64_t BoundFinder::store(mlir::Value buffer, int64_t vector, unsigned card) {
  const int64_t cycle = earliest.at(Place::Word, buffer, vector, std::min(card, cards - 1));
  if (!isInitial(buffer) && stored[card].insert(buffer, vector))
    writes.add(bytesOf(buffer), cycle - int64_t(target.writeLatency));
  return cycle;
}

void BoundFinder::compute(const BodyWork &work, llvm::ArrayRef<int64_t> arrivals, mlir::ValueRange outputs,
                          llvm::ArrayRef<int64_t> views, int64_t element, unsigned card,
                          llvm::MutableArrayRef<int64_t> first) {
  int64_t firstUse = INT64_MAX;
  for (auto [argument, arrival] : llvm::enumerate(arrivals))
    if (work.isUsed[argument])
      firstUse = std::min(firstUse, arrival);
  for (auto [result, output] : llvm::enumerate(outputs)) {
    int64_t cycle = work.depths[result];
    bool isRelated = false;
    for (auto [delay, arrival] : llvm::zip_equal(work.delays[result], arrivals))
      if (delay != BodyWork::unrelated) {
        cycle = std::max(cycle, arrival + delay);
        isRelated = true;
      }
    // A constant can be given at any time.
    if (!isRelated)
      firstUse = 0;
    give(output, View(views, result)[element], Place::Vxm, card, cycle);
    first[result] = std::min(first[result], cycle);
  }
  if (card == 0)
    alus.add(work.operations, firstUse);
}

void BoundFinder::visit(MapOp op) {
  const BodyWork work(op.getBody().front(), target);
  llvm::SmallVector<int64_t> arrivals(op.getInputs().size());
  for (unsigned card = 0; card < cards; ++card) {
    llvm::SmallVector<int64_t> first(op.getOutputs().size(), INT64_MAX);
    for (int64_t element = 0; element < int64_t(op.getCount()); ++element) {
      for (auto [i, input] : llvm::enumerate(op.getInputs()))
        if (work.isUsed[i])
          arrivals[i] = takeByAlu(input, View(op.getInputViews(), i)[element], card);
      compute(work, arrivals, op.getOutputs(), op.getOutputViews(), element, card, first);
    }
    for (int64_t cycle : first)
      follow(cycle, op.getCount(), target.alus);
  }
}

int64_t BoundFinder::install(ContractOp op, int64_t chunk, int64_t plane, unsigned card) {
  mlir::Value weights = op.getWeights()[chunk * op.getPlanes() + plane];
  const int64_t columns = op.getColumns()[plane];
  const int64_t groups = llvm::divideCeilSigned(columns, target.installStreams);
  int64_t first = INT64_MAX, last = 0;
  for (int64_t column = 0; column < columns; ++column) {
    const int64_t cycle = take(weights, column, Place::Mxm, card);
    first = std::min(first, cycle);
    last = std::max(last, cycle);
  }
  if (card == 0 && installed.insert(weights).second)
    installs.add(groups * bytesOf(weights), first);
  return std::max(last + 1, first + groups);
}

/// The rows that `plane` sees, and all planes that are not apart.
BoundFinder::Rows BoundFinder::multiply(ContractOp op, int64_t plane, unsigned card) {
  const int64_t count = op.getCount(), chunks = op.getLanes().size();
  const int64_t planes = op.getApart() ? 1 : op.getPlanes(), tiles = op.getPlanes();
  const int64_t firstRow = op.getApart() ? plane * count : 0;
  const int64_t bytes = bytesOf(op.getWeights().front());
  const int64_t interval = bytes == 2 ? target.f16RowInterval : 1;
  llvm::ArrayRef<int64_t> segments = op.getRowSegments();
  std::vector<int64_t> arrivals(count);
  int64_t start = 0, first = 0, operand = 0, before = -1, rowsBefore = 0, allRows = 0;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    int64_t row = 0, rows = 0, earliest = INT64_MAX;
    // All rows of the chunk before come first.
    const int64_t lastBefore = *std::max_element(arrivals.begin(), arrivals.end());
    for (; operand < int64_t(op.getRows().size()) && segments[4 * operand] == chunk; ++operand) {
      const int64_t begin = row - firstRow, end = (row += segments[4 * operand + 3]) - firstRow;
      if (begin < 0 || end > count || tile::isLeftOut(op, operand))
        continue;
      const View view(segments.slice(4 * operand + 1, 2), 0);
      for (int64_t i = begin; i < end; ++i) {
        arrivals[i] = take(op.getRows()[operand], view[i - begin], Place::Mxm, card);
        earliest = std::min(earliest, arrivals[i]);
      }
      rows += end - begin;
    }
    if (rows == 0)
      continue;
    // As those of the chunk before come the next tile is installed.
    if (before >= 0) {
      int64_t groups = 0;
      for (int64_t plane = 0; plane < planes; ++plane)
        if (op.getWeights()[chunk * tiles + plane] != op.getWeights()[before * tiles + plane])
          groups = std::max(groups, llvm::divideCeilSigned(op.getColumns()[plane], target.installStreams));
      start = std::max({start + std::max(rowsBefore * interval, groups), lastBefore + interval});
    }
    start = std::max(start, earliest);
    for (int64_t plane = 0; plane < planes; ++plane)
      start = std::max(start, install(op, chunk, plane, card));
    first = before < 0 ? start : first;
    before = chunk;
    rowsBefore = rows;
    allRows += rows;
  }
  if (card == 0)
    multiplies.add(allRows * interval * planes * bytes, first);
  rowInterval = std::max(rowInterval, interval);
  for (int64_t &arrival : arrivals)
    arrival = std::max(arrival, start) + int64_t(target.multiplyLatency);
  // The last row, whichever it is.
  const int64_t last = start + (count - 1) * interval + int64_t(target.multiplyLatency);
  path = std::max(path, last);
  return {std::move(arrivals), last};
}

void BoundFinder::visit(ContractOp op) {
  const BodyWork work(op.getBody().front(), target);
  const int64_t count = op.getCount(), planes = op.getPlanes();
  const size_t extras = op.getExtras().size() / planes, outputs = op.getOutputs().size() / planes;
  const int64_t toVxm = scheduling::leastTransit(Place::Mxm, Place::Vxm, target);
  for (unsigned card = 0; card < cards; ++card) {
    Rows rows;
    for (int64_t plane = 0; plane < planes; ++plane) {
      if (plane == 0 || op.getApart())
        rows = multiply(op, plane, card);
      const mlir::ValueRange planeOutputs = op.getOutputs().slice(plane * outputs, outputs);
      llvm::ArrayRef<int64_t> views = op.getOutputViews().slice(2 * plane * outputs, 2 * outputs);
      llvm::SmallVector<int64_t> arrivals(1 + extras), first(outputs, INT64_MAX);
      for (int64_t row = 0; row < count; ++row) {
        if (work.isIdentity) {
          for (auto [i, output] : llvm::enumerate(planeOutputs))
            give(output, View(views, i)[row], Place::Mxm, card, rows.results[row]);
          continue;
        }
        arrivals[0] = rows.results[row] + toVxm + int64_t(target.vxmEntryLatency);
        if (card == 0 && work.isUsed[0])
          vxmIn.add(binary::streamCount(binary::OutType::Word), rows.results[row] + toVxm);
        for (size_t i = 0, k = plane * extras; i < extras; ++i, ++k)
          if (work.isUsed[1 + i])
            arrivals[1 + i] = takeByAlu(op.getExtras()[k], View(op.getExtraViews(), k)[row], card);
        compute(work, arrivals, planeOutputs, views, row, card, first);
      }
      if (!work.isIdentity)
        for (llvm::ArrayRef<int64_t> delays : work.delays)
          if (delays[0] != BodyWork::unrelated)
            path = std::max(path, rows.last + toVxm + int64_t(target.vxmEntryLatency) + delays[0]);
    }
  }
}

void BoundFinder::visit(PermuteOp op) {
  for (unsigned card = 0; card < cards; ++card) {
    int64_t first = INT64_MAX;
    for (int64_t element = 0; element < int64_t(op.getCount()); ++element) {
      const int64_t start = std::max(take(op.getInput(), View(op.getViews(), 0)[element], Place::Sxm, card),
                                     take(op.getMap(), View(op.getViews(), 1)[element], Place::Sxm, card));
      first = std::min(first, start);
      give(op.getOutput(), View(op.getViews(), 2)[element], Place::Sxm, card, start + target.permuteLatency);
    }
    if (card == 0)
      permutes.add(op.getCount(), first);
    follow(first + target.permuteLatency, op.getCount(), kHemispheres * target.permutors);
  }
}

void BoundFinder::visit(GatherOp op) {
  const int64_t words = int64_t(op.getCount()) * bytesOf(op.getTable());
  // Any word of the table may be asked for, on any card.
  std::vector<int64_t> ready(programCards, 0);
  for (unsigned card = 0; card < programCards; ++card)
    for (int64_t vector = 0; vector < vectorsOf(op.getTable()); ++vector)
      ready[card] = std::max(ready[card], store(op.getTable(), vector, card));
  for (unsigned card = 0; card < cards; ++card) {
    int64_t first = INT64_MAX;
    for (int64_t element = 0; element < int64_t(op.getCount()); ++element) {
      const int64_t start =
          std::max(ready[card], take(op.getOffsets(), View(op.getViews(), 0)[element], Place::Slice, card));
      first = std::min(first, start);
      give(op.getOutput(), View(op.getViews(), 1)[element], Place::Slice, card, start + target.gatherLatency);
    }
    if (card == 0)
      reads.add(words, first);
    follow(first + target.gatherLatency, words, kHemispheres * target.slicesPerHemisphere);
  }
}

/// A card has its own vectors as they are, and takes those of the others from its links: of each as many.
void BoundFinder::visit(ExchangeOp op) {
  const int64_t count = op.getCount(), vectors = count * bytesOf(op.getInput());
  const int64_t latency = int64_t(target.linkLatency) + target.receiveLatency;
  const ExchangePlaces places(op);
  int64_t first = INT64_MAX;
  for (unsigned from = 0; from < cards; ++from)
    for (unsigned to = 0; to < cards; ++to) {
      if (!places.sends(from, to, cards))
        continue;
      for (int64_t i = 0; i < count; ++i) {
        const int64_t vector = places.sent(i, to), place = places.place(i, from);
        if (from == to) {
          earliest.set(op.getOutput(), place, from, earliest.of(op.getInput(), vector, from));
          continue;
        }
        const int64_t sent = take(op.getInput(), vector, Place::Sxm, from);
        first = std::min(first, sent);
        give(op.getOutput(), place, Place::Sxm, to, sent + latency);
      }
    }
  if (first == INT64_MAX)
    return;
  const int64_t interval = target.linkInterval;
  links.add(vectors * interval, first);
  path = std::max(path, first + (vectors - 1) * interval + latency);
}

void BoundFinder::visit(OutputOp op) {
  // Where all cards hold it, the host may read any one.
  const int64_t from = op.getCard();
  for (int64_t element = 0; element < int64_t(op.getCount()); ++element) {
    const int64_t vector = View(op.getView(), 0)[element];
    int64_t cycle = store(op.getBuffer(), vector, unsigned(std::max<int64_t>(0, from)));
    for (unsigned card = 0; from < 0 && card < cards; ++card)
      cycle = std::min(cycle, earliest.at(Place::Word, op.getBuffer(), vector, card));
    path = std::max(path, cycle);
  }
}

void sluice::computeBounds(mlir::ModuleOp module, const target::Target &target, unsigned cards) {
  mlir::Builder builder(module.getContext());
  mlir::NamedAttrList resources;
  int64_t path = 0;
  module.walk([&](mlir::func::FuncOp function) {
    const BoundFinder finder(function.front(), target, cards);
    for (auto [name, cycles] : finder.resourceBounds())
      if (cycles != 0)
        resources.set(name, builder.getI64IntegerAttr(cycles));
    path = finder.pathBound();
  });
  module->setAttr(kResourceBoundsAttr, resources.getDictionary(module.getContext()));
  module->setAttr(kPathBoundAttr, builder.getI64IntegerAttr(path));
}

int64_t sluice::boundOf(mlir::ModuleOp module, llvm::StringRef attribute) {
  if (auto cycles = module->getAttrOfType<mlir::IntegerAttr>(attribute))
    return cycles.getInt();
  int64_t largest = 0;
  if (auto bounds = module->getAttrOfType<mlir::DictionaryAttr>(attribute))
    for (mlir::NamedAttribute bound : bounds)
      if (auto cycles = llvm::dyn_cast<mlir::IntegerAttr>(bound.getValue()))
        largest = std::max(largest, cycles.getInt());
  return largest;
}
