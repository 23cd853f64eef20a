//===- Placement.cpp - Slices and banks for buffers -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "sluice/Support/Cancellation.h"

#include "Occupancy.h"

#include "dialects/tile/Striping.h"
#include "dialects/tile/ZeroRows.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

using namespace sluice;
using namespace sluice::tile;

namespace {

/// How often passes use another buffer together with this one.
struct Neighbour {
  int64_t uses = 0;
  /// So often one is read while the other is written: banks may tell them apart.
  int64_t turns = 0;
  /// Cycles for which one of the two waits for the other where both lie in one slice.
  int64_t waits = 0;
};

/// A neighbour that has a place in a hemisphere of this buffer's.
struct PlacedNeighbour : Neighbour {
  int64_t firstSlice, width, bank;
};

/// Accesses of a slice.
struct Load {
  int64_t accesses = 0;
  /// Sum of the squares of the cycles for which each holds the slice.
  int64_t held = 0;

  void add(int64_t cycles) {
    ++accesses;
    held += cycles * cycles;
  }
  void add(const Load &other, int64_t share = 1) {
    accesses += other.accesses;
    held += other.held / share;
  }
};

/// Those in one of the equal periods of a program.
struct Period {
  int64_t number = 0;
  Load reads, writes;
};

/// What a buffer's readers and writers want of its place.
struct Wishes {
  llvm::MapVector<mlir::Value, Neighbour> neighbours;
  bool fromVxm = false, toVxm = false, fromEdge = false, toEdge = false;
  /// Of a gather's table the buffers of offsets into it, of such a buffer its tables: offsets stream outward,
  /// to a table that is further out.
  llvm::SmallVector<mlir::Value> offsets, tables;
  /// The plane that installs it; planes install at once, each from slices of its own.
  std::optional<int64_t> plane;
  int64_t accesses = 0;
  /// In the order of the program.
  llvm::SmallVector<Period> periods;

  void addAccess(int64_t cycles, int64_t period, bool isWrite = false) {
    ++accesses;
    if (periods.empty() || periods.back().number != period)
      periods.push_back({period, {}, {}});
    (isWrite ? periods.back().writes : periods.back().reads).add(cycles);
  }
};

Striping stripingOf(mlir::Value buffer) {
  return llvm::cast<BufferOpInterface>(buffer.getDefiningOp()).getStriping();
}

/// Slices that a buffer takes.
int64_t widthOf(mlir::Value buffer) {
  return stripingOf(buffer).stripes * llvm::cast<BufferType>(buffer.getType()).getBytes();
}

/// Words that a buffer takes in each of its slices.
int64_t wordsOf(mlir::Value buffer) {
  return stripingOf(buffer).words(llvm::cast<BufferType>(buffer.getType()).getVectors());
}

/// Bytes that a buffer takes on a card, all copies together.
int64_t bytesOf(mlir::Value buffer, const target::Target &target, const Placement &placement) {
  const int64_t copies = placement.buffers.lookup(buffer).hemispheres.size();
  return copies * widthOf(buffer) * wordsOf(buffer) * target.lanes();
}

class BufferPlacer {
public:
  BufferPlacer(const target::Target &target, int64_t horizon, const scheduling::MemoryPlan &plan,
               Placement &placement)
      : target(target), horizon(horizon), placement(placement),
        load(size_t(hemispheres) * target.slicesPerHemisphere * target.banksPerSlice), constants(load.size()),
        busy(load.size() * periods), alive(plan) {}

  void run(mlir::Block &body) {
    turnsStripes = mustTurnStripes(body);
    const std::vector<int64_t> starts = expectedStarts(body, target);
    for (auto [number, op] : llvm::enumerate(body)) {
      period = starts[number] * periods / (starts.back() + 1);
      collect(&op);
    }
    int64_t bytes = 0;
    std::vector<mlir::Operation *> buffers;
    for (mlir::Operation &op : body)
      if (op.getNumResults() == 1 && llvm::isa<BufferType>(op.getResult(0).getType())) {
        bytes += bytesOf(op.getResult(0), target, placement);
        buffers.push_back(&op);
      }
    // Those with the fewest choices first: tables that fill banks, those of many slices, in stripes before
    // those in blocks, then of more than half a bank and, where not all can have words of their own, those
    // that stay.
    isScarce = bytes > int64_t(target.memoryBytes());
    auto isUrgent = [&](mlir::Operation *op) {
      const bool isOutput = llvm::any_of(op->getUsers(), llvm::IsaPred<OutputOp>);
      return isLarge(op->getResult(0)) || (isScarce && isOutput);
    };
    using Rank = std::tuple<bool, bool, bool, Kind, size_t>;
    std::vector<Rank> order;
    for (auto [number, op] : llvm::enumerate(buffers)) {
      mlir::Value buffer = op->getResult(0);
      const Kind kind = kindOf(buffer);
      if (kind == Kind::Striped)
        widest = std::max(widest, widthOf(buffer));
      const bool isTable = (isLarge(buffer) || turnsStripes) && !wishes[buffer].offsets.empty();
      order.emplace_back(!isTable, kind != Kind::Striped, !isUrgent(op), kind, number);
    }
    llvm::sort(order);
    for (const Rank &rank : order)
      if (!isCancelled())
        place(buffers[std::get<size_t>(rank)]->getResult(0));
  }

private:
  /// Whether striped constants need the slices that are too few for a wide buffer beside another: then they
  /// begin at any stop and go on with the first slices after the last.
  bool mustTurnStripes(mlir::Block &body) const {
    int64_t words = 0, others = 0, wide = 1;
    for (mlir::Operation &op : body) {
      if (op.getNumResults() != 1 || !llvm::isa<BufferType>(op.getResult(0).getType()))
        continue;
      mlir::Value buffer = op.getResult(0);
      const int64_t taken =
          placement.buffers.lookup(buffer).hemispheres.size() * widthOf(buffer) * wordsOf(buffer);
      if (!llvm::isa<ConstantOp>(op)) {
        others += taken;
      } else if (stripingOf(buffer).stripes > 1) {
        words += taken;
        wide = std::max(wide, widthOf(buffer));
      }
    }
    // What passes read and write together needs its part of those slices too.
    const int64_t slices = target.slicesPerHemisphere, side = slices / wide * wide;
    return placement.turnsStripes || (words > 0 && words + others * side / slices >
                                                       hemispheres * side * int64_t(target.wordsPerSlice()));
  }

  enum class Kind { Striped, InBlocks, Plain };
  static Kind kindOf(mlir::Value buffer) {
    const Striping striping = stripingOf(buffer);
    return striping.stripes == 1 ? Kind::Plain : striping.block == 1 ? Kind::Striped : Kind::InBlocks;
  }

  bool isLarge(mlir::Value buffer) const { return 2 * wordsOf(buffer) > int64_t(target.wordsPerBank); }

  void collect(mlir::Operation *op) {
    llvm::SmallVector<mlir::Value> reads, writes;
    bool readByVxm = false, writtenByVxm = false;
    int64_t burst = lengthOf(op);
    if (auto map = llvm::dyn_cast<MapOp>(op)) {
      reads.append(map.getInputs().begin(), map.getInputs().end());
      writes.append(map.getOutputs().begin(), map.getOutputs().end());
      readByVxm = writtenByVxm = true;
    } else if (auto contract = llvm::dyn_cast<ContractOp>(op)) {
      // Weights come before the rows: only rows, extras and outputs stream together.
      for (auto [i, weights] : llvm::enumerate(contract.getWeights())) {
        if (contract.getApart() && i % contract.getPlanes() != 0)
          continue;
        if (!contract.getApart())
          wishes[weights].plane = placement.units[op].firstPlane + i % contract.getPlanes();
        wishes[weights].addAccess(target.columnGroups(), period);
      }
      addInstalls(contract);
      llvm::DenseSet<mlir::Value> lastRows;
      int64_t last = contract.getLanes().size() - 1;
      for (auto [j, rows] : llvm::enumerate(contract.getRows())) {
        if (isLeftOut(contract, j))
          continue;
        wishes[rows].toEdge = true;
        if (contract.getRowSegments()[4 * j] != last)
          wishes[rows].addAccess(contract.getRowSegments()[4 * j + 3], period);
        else if (lastRows.insert(rows).second)
          reads.push_back(rows);
      }
      if (contract.getApart())
        addRowsApart(contract);
      for (auto [i, extra] : llvm::enumerate(contract.getExtras()))
        if (!sharedExtra(contract, i))
          reads.push_back(extra);
      writes.append(contract.getOutputs().begin(), contract.getOutputs().end());
      writtenByVxm = true;
      for (mlir::Value extra : contract.getExtras())
        wishes[extra].toVxm = true;
      // Where tiles lie all around, rows and results keep out of the way of installs.
      if (turnsStripes) {
        llvm::SmallVector<mlir::Value> tiles(contract.getWeights());
        for (mlir::Value rows : contract.getRows())
          addNeighbours(rows, tiles, false);
        for (mlir::Value extra : contract.getExtras())
          addNeighbours(extra, tiles, false);
        for (mlir::Value output : contract.getOutputs())
          addNeighbours(output, tiles, true);
      }
    } else if (auto permute = llvm::dyn_cast<PermuteOp>(op)) {
      reads = {permute.getInput(), permute.getMap()};
      writes = {permute.getOutput()};
    } else if (auto gather = llvm::dyn_cast<GatherOp>(op)) {
      reads = {gather.getTable(), gather.getOffsets()};
      writes = {gather.getOutput()};
      wishes[gather.getTable()].offsets.push_back(gather.getOffsets());
      wishes[gather.getOffsets()].tables.push_back(gather.getTable());
      writtenByVxm = true;
    } else if (auto exchange = llvm::dyn_cast<ExchangeOp>(op)) {
      reads = {exchange.getInput()};
      writes = {exchange.getOutput()};
    } else {
      return;
    }
    for (mlir::Value read : reads) {
      Wishes &wish = wishes[read];
      wish.addAccess(burst, period);
      if (!llvm::isa<ContractOp>(op))
        (readByVxm ? wish.toVxm : wish.toEdge) = true;
      addNeighbours(read, reads, false);
      addNeighbours(read, writes, true);
    }
    for (mlir::Value write : writes) {
      Wishes &wish = wishes[write];
      wish.addAccess(burst, period, true);
      (writtenByVxm ? wish.fromVxm : wish.fromEdge) = true;
      addNeighbours(write, writes, false);
      addNeighbours(write, reads, true);
    }
  }

  /// Cycles for which a pass holds the slices that it reads and writes.
  int64_t lengthOf(mlir::Operation *op) const {
    return llvm::TypeSwitch<mlir::Operation *, int64_t>(op)
        .Case<MapOp, PermuteOp, GatherOp>([](auto pass) { return int64_t(pass.getCount()); })
        .Case([&](ContractOp pass) {
          int64_t bytes = llvm::cast<BufferType>(pass.getWeights().front().getType()).getBytes();
          return int64_t(pass.getCount()) * (bytes == 2 ? target.f16RowInterval : 1);
        })
        .Case([&](ExchangeOp pass) { return int64_t(pass.getCount()) * target.linkInterval; })
        .Default([](mlir::Operation *) { return int64_t(0); });
  }

  /// Cycles that are waited on average for an access of `wish` in a bank: by it for the others of about its
  /// time to end, and by them for it. Reads meet reads of the slice and writes of the bank, writes the
  /// reverse.
  int64_t expectedWait(const Wishes &wish, int64_t hemisphere, int64_t slice, int64_t bank) const {
    if (horizon == 0)
      return 0;
    int64_t wait = 0;
    auto meet = [&](const Load &own, const Load &others) {
      wait += own.accesses * others.held + (isScarce ? 0 : others.accesses * own.held);
    };
    for (const Period &own : wish.periods)
      for (int64_t other = 0; other < int64_t(target.banksPerSlice); ++other) {
        const Period &others = busy[bankNumber(hemisphere, slice, other) * periods + own.number];
        meet(own.reads, others.reads);
        meet(own.writes, others.writes);
        if (other != bank)
          continue;
        meet(own.reads, others.writes);
        meet(own.writes, others.reads);
      }
    const int64_t cycles = (2 * nearPeriods + 1) * horizon / periods;
    return wait / (std::max<int64_t>(wish.accesses, 1) * 2 * std::max<int64_t>(cycles, 1));
  }

  /// While the rows of a chunk stream, a plane's next tile is installed: its next chunk's or its next unit's.
  void addInstalls(ContractOp op) {
    const UnitPlace &place = placement.units[op];
    const int64_t planes = op.getPlanes(),
                  bytes = llvm::cast<BufferType>(op.getWeights().front().getType()).getBytes();
    const int64_t lastPlane = place.firstPlane + planes * (bytes == 2 ? target.planesPerHemisphere : 1);
    for (int64_t plane = place.firstPlane; plane < lastPlane; ++plane) {
      ContractOp &before = unitBefore[{place.hemisphere, plane}];
      if (before && before != op)
        for (size_t j = 0; j < before.getRows().size(); ++j)
          if (before.getRowSegments()[4 * j] + 1 == int64_t(before.getLanes().size()))
            addWait(before.getRows()[j], before.getRowSegments()[4 * j + 3], op.getWeights().front());
      before = op;
    }
    for (size_t j = 0; j < op.getRows().size(); ++j)
      if (const int64_t next = op.getRowSegments()[4 * j] + 1;
          next < int64_t(op.getLanes().size()) && !isLeftOut(op, j))
        for (int64_t plane = 0; plane < (op.getApart() ? 1 : planes); ++plane)
          addWait(op.getRows()[j], op.getRowSegments()[4 * j + 3], op.getWeights()[next * planes + plane]);
  }

  /// `rows`, read for `cycles`, and an installation from `tile` want to run at once.
  void addWait(mlir::Value rows, int64_t cycles, mlir::Value tile) {
    const int64_t wait = std::min<int64_t>(cycles, target.columnGroups());
    wishes[rows].neighbours[tile].waits += wait;
    wishes[tile].neighbours[rows].waits += wait;
  }

  /// Planes apart stream their rows of a chunk at once.
  void addRowsApart(ContractOp op) {
    struct Rows {
      mlir::Value buffer;
      int64_t first, end;
    };
    const int64_t count = op.getCount();
    llvm::ArrayRef<int64_t> segments = op.getRowSegments();
    std::vector<Rows> known;
    for (int64_t j = 0, row = 0, chunk = -1; j < int64_t(op.getRows().size()); ++j) {
      if (segments[4 * j] != chunk) {
        chunk = segments[4 * j];
        row = 0;
        known.clear();
      }
      const Rows rows{op.getRows()[j], row % count, row % count + segments[4 * j + 3]};
      row += segments[4 * j + 3];
      if (isLeftOut(op, j))
        continue;
      for (const Rows &other : known)
        if (other.first < rows.end && rows.first < other.end) {
          addNeighbours(rows.buffer, other.buffer, false);
          addNeighbours(other.buffer, rows.buffer, false);
        }
      known.push_back(rows);
    }
  }

  void addNeighbours(mlir::Value buffer, llvm::ArrayRef<mlir::Value> others, bool turn) {
    for (mlir::Value other : others)
      if (other != buffer) {
        Neighbour &neighbour = wishes[buffer].neighbours[other];
        ++(turn ? neighbour.turns : neighbour.uses);
      }
  }

  int64_t bankNumber(int64_t hemisphere, int64_t slice, int64_t bank) const {
    return (hemisphere * target.slicesPerHemisphere + slice) * target.banksPerSlice + bank;
  }
  /// Words of all buffers of a bank, whenever they live.
  int64_t &words(int64_t hemisphere, int64_t slice, int64_t bank) {
    return load[bankNumber(hemisphere, slice, bank)];
  }
  /// Those of constants.
  int64_t &keptWords(int64_t hemisphere, int64_t slice, int64_t bank) {
    return constants[bankNumber(hemisphere, slice, bank)];
  }

  /// Extra cycles of a turn at `stop`: near the VXM for what it gives and takes again, far
  /// from it for what goes back out, no matter otherwise.
  int64_t detour(const Wishes &wish, int64_t stop) const {
    int64_t cost = 0, last = target.sliceStop(target.slicesPerHemisphere - 1);
    if (wish.fromVxm && wish.toVxm)
      cost += 2 * stop;
    if (wish.fromEdge && wish.toEdge)
      cost += 2 * (last - stop);
    return cost;
  }

  void place(mlir::Value buffer) {
    const int64_t stripes = stripingOf(buffer).stripes;
    auto type = llvm::cast<BufferType>(buffer.getType());
    const Wishes &wish = wishes[buffer];
    BufferPlace &place = placement.buffers[buffer];
    const llvm::SmallVector<PlacedNeighbour> neighbours = placedNeighbours(wish, place);
    int64_t width = stripes * type.getBytes(), needed = wordsOf(buffer);
    // Narrow buffers stay within a stop, wide ones start at multiples of their width.
    int64_t grain =
        kindOf(buffer) == Kind::Striped ? std::min<int64_t>(width, target.installStreams) : type.getBytes();
    // All around, if need be.
    const int64_t slices = target.slicesPerHemisphere;
    const bool isTurning =
        turnsStripes && kindOf(buffer) == Kind::Striped && llvm::isa<ConstantOp>(buffer.getDefiningOp());
    if (isTurning)
      grain = std::gcd(width, slices);
    using Cost = std::tuple<bool, int64_t, int64_t, int64_t, int64_t>;
    std::optional<Cost> best;
    for (int64_t first = 0; first + (isTurning ? 1 : width) <= slices; first += grain)
      for (int64_t bank = 0; bank < int64_t(target.banksPerSlice); ++bank) {
        int64_t clashes = clashCount(neighbours, first, width, bank), fill = 0, kept = 0, wait = 0;
        for (int64_t hemisphere : place.hemispheres)
          for (int64_t i = first; i < first + width; ++i) {
            const int64_t slice = i % slices;
            fill = std::max(fill, words(hemisphere, slice, bank));
            kept = std::max(kept, keptWords(hemisphere, slice, bank));
            wait = std::max(wait, expectedWait(wish, hemisphere, slice, bank));
          }
        if (wish.plane && width == int64_t(target.installStreams))
          clashes += first / width != *wish.plane;
        if (fill + needed > int64_t(target.wordsPerBank))
          fill = mostAlive(buffer, place, first, width, bank);
        bool overflows = fill + needed > int64_t(target.wordsPerBank);
        if (isTurning)
          fill = turn(first, width, place, bank);
        wait += sharedWait(neighbours, first, width) / std::max<int64_t>(wish.accesses, 1);
        int64_t stop = target.sliceStop(first);
        int64_t detours = detour(wish, stop);
        if (!wish.offsets.empty())
          detours += 2 * (int64_t(target.slicesPerHemisphere) - first);
        if (!wish.tables.empty())
          detours += 2 * stop;
        // What fills a bank of slices that wide buffers need leaves them the others.
        overflows |= !wish.offsets.empty() && isLarge(buffer) && first < widest &&
                     bank + 1 < int64_t(target.banksPerSlice);
        // Words may suffice after all, unless constants take them; a copy has no other place to go.
        const int64_t lacks = 2 * (kept + needed > int64_t(target.wordsPerBank)) + overflows;
        const bool isCopy = placement.copies.contains(buffer) && !turnsStripes;
        // Installs keep out of each other's way as far as slices are equally full.
        if (isTurning)
          wait = 0;
        Cost cost{!reachesTables(wish, first, first + width - 1), isCopy ? clashes : lacks,
                  isCopy ? lacks : clashes, (detours + wait) * 8 + fill, first * 2 + bank};
        if (!best || cost < *best) {
          best = cost;
          place.bank = bank;
          place.slices.clear();
          for (int64_t slice = first; slice < first + width; ++slice)
            place.slices.push_back(slice % slices);
        }
      }
    for (int64_t hemisphere : place.hemispheres)
      for (int64_t slice : place.slices) {
        words(hemisphere, slice, place.bank) += needed;
        if (llvm::isa<ConstantOp>(buffer.getDefiningOp()))
          keptWords(hemisphere, slice, place.bank) += needed;
        alive.add({hemisphere, slice, place.bank}, buffer, needed);
        const int64_t share = kindOf(buffer) == Kind::InBlocks ? stripes : 1;
        for (const Period &of : wish.periods)
          for (int64_t number = std::max<int64_t>(of.number - nearPeriods, 0);
               number <= std::min(of.number + nearPeriods, periods - 1); ++number) {
            Period &all = busy[bankNumber(hemisphere, slice, place.bank) * periods + number];
            all.reads.add(of.reads, share);
            all.writes.add(of.writes, share);
          }
      }
  }

  /// How full the `width` slices from `first` on are on average, in steps: those that are least full have
  /// their turn until others are a step behind, so that in the end all are as full, and what is used together
  /// keeps to the same slices.
  int64_t turn(int64_t first, int64_t width, const BufferPlace &place, int64_t bank) {
    int64_t all = 0, banks = width * int64_t(place.hemispheres.size());
    for (int64_t hemisphere : place.hemispheres)
      for (int64_t i = first; i < first + width; ++i)
        all += words(hemisphere, i % int64_t(target.slicesPerHemisphere), bank);
    return all * stepsABank / (banks * int64_t(target.wordsPerBank));
  }

  /// Words taken at once in the life of `buffer`, in the fullest bank of a place for it.
  int64_t mostAlive(mlir::Value buffer, const BufferPlace &place, int64_t first, int64_t width,
                    int64_t bank) const {
    int64_t most = 0;
    for (int64_t hemisphere : place.hemispheres)
      for (int64_t slice = first; slice < first + width; ++slice)
        most = std::max(
            most, alive.mostDuring({hemisphere, slice % int64_t(target.slicesPerHemisphere), bank}, buffer));
    return most;
  }

  /// Whether offsets in slices `first` to `last` come by their tables, or a table there is reached by its
  /// offsets. The first stop is left to offsets, and the outer half to tables, whichever has its place before
  /// the other.
  bool reachesTables(const Wishes &wish, int64_t first, int64_t last) const {
    auto stopsOf = [&](mlir::Value buffer) -> std::optional<std::pair<int64_t, int64_t>> {
      auto found = placement.buffers.find(buffer);
      if (found == placement.buffers.end() || found->second.slices.empty())
        return std::nullopt;
      return std::pair(target.sliceStop(found->second.slices.front()),
                       target.sliceStop(found->second.slices.back()));
    };
    int64_t nearest = target.sliceStop(first), furthest = target.sliceStop(last);
    if (!wish.offsets.empty() && nearest == int64_t(target.sliceStop(0)))
      return false;
    if (!wish.tables.empty() && 2 * last >= int64_t(target.slicesPerHemisphere))
      return false;
    return llvm::all_of(wish.offsets,
                        [&](mlir::Value offsets) {
                          auto stops = stopsOf(offsets);
                          return !stops || stops->second < nearest;
                        }) &&
           llvm::all_of(wish.tables, [&](mlir::Value table) {
             auto stops = stopsOf(table);
             return !stops || furthest < stops->first;
           });
  }

  llvm::SmallVector<PlacedNeighbour> placedNeighbours(const Wishes &wish, const BufferPlace &place) const {
    llvm::SmallVector<PlacedNeighbour> placed;
    for (const auto &[buffer, neighbour] : wish.neighbours) {
      auto found = placement.buffers.find(buffer);
      if (found == placement.buffers.end() || found->second.slices.empty())
        continue;
      const BufferPlace &other = found->second;
      if (llvm::any_of(place.hemispheres,
                       [&](int64_t side) { return llvm::is_contained(other.hemispheres, side); }))
        placed.push_back({neighbour, other.slices.front(), int64_t(other.slices.size()), other.bank});
    }
    return placed;
  }

  /// Whether two share slices, which follow one another, the first after the last.
  bool overlaps(const PlacedNeighbour &other, int64_t first, int64_t width) const {
    const int64_t slices = target.slicesPerHemisphere;
    auto isBehind = [&](int64_t from, int64_t to, int64_t less) {
      return (to - from + slices) % slices < less;
    };
    return isBehind(first % slices, other.firstSlice, width) ||
           isBehind(other.firstSlice, first % slices, other.width);
  }

  int64_t clashCount(llvm::ArrayRef<PlacedNeighbour> neighbours, int64_t first, int64_t width,
                     int64_t bank) const {
    int64_t clashes = 0;
    for (const PlacedNeighbour &other : neighbours)
      if (overlaps(other, first, width))
        clashes += other.uses + (other.bank == bank ? other.turns : 0);
    return clashes;
  }

  int64_t sharedWait(llvm::ArrayRef<PlacedNeighbour> neighbours, int64_t first, int64_t width) const {
    int64_t wait = 0;
    for (const PlacedNeighbour &other : neighbours)
      if (overlaps(other, first, width))
        wait += other.waits;
    return wait;
  }

  const target::Target &target;
  /// Cycles that the program takes, about; 0 if it has no passes.
  int64_t horizon;
  Placement &placement;
  llvm::DenseMap<mlir::Value, Wishes> wishes;
  /// By hemisphere and plane, the last unit that works there so far.
  std::map<std::pair<int64_t, int64_t>, ContractOp> unitBefore;
  /// See mustTurnStripes; in how many steps a bank fills then.
  bool turnsStripes = false;
  /// Whether all buffers together exceed the memory: then words count for more than waiting.
  bool isScarce = false;
  static constexpr int64_t stepsABank = 32;
  /// Slices of the widest striped buffer.
  int64_t widest = 0;
  /// Equal periods of the program, by what its passes take: those of different periods hardly wait for one
  /// another.
  static constexpr int64_t periods = 32;
  /// How many before a period and after it belong to its neighbourhood.
  static constexpr int64_t nearPeriods = 1;
  /// That of the pass at hand.
  int64_t period = 0;
  /// Words by hemisphere, slice and bank; accesses by these and the period in whose neighbourhood they are.
  std::vector<int64_t> load, constants;
  std::vector<Period> busy;
  Occupancy alive;
};

} // namespace

void tile::placeBuffers(mlir::Block &body, const target::Target &target, int64_t horizon,
                        Placement &placement) {
  const scheduling::PassGraph graph(body, target);
  const scheduling::MemoryPlan plan = scheduling::planForMemory(
      graph, target.memoryBytes(), [&](mlir::Value buffer) { return bytesOf(buffer, target, placement); });
  BufferPlacer(target, horizon, plan, placement).run(body);
}
