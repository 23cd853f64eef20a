//===- Placement.cpp - Slices and banks for buffers -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Clashes.h"
#include "Occupancy.h"
#include "Wishes.h"

#include "sluice/Support/Cancellation.h"

#include "dialects/tile/Striping.h"

#include "llvm/ADT/BitVector.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

using namespace sluice;
using namespace sluice::tile;

namespace {

/// A neighbour that has a place in a hemisphere of this buffer's.
struct PlacedNeighbour : Neighbour {
  llvm::BitVector slices;
  int64_t bank;
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
  /// The program takes about `horizon` cycles. Where tiles lie `allAround`, they begin at any stop and go on
  /// with the first slices after the last.
  BufferPlacer(const target::Target &target, int64_t horizon, bool allAround, Occupancy alive,
               Placement &placement)
      : target(target), horizon(horizon), placement(placement), allAround(allAround),
        wishes(target, placement, allAround),
        periods(
            std::clamp<int64_t>(horizon / (target.columnGroups() + target.multiplyLatency), 1, mostPeriods)),
        load(size_t(hemispheres) * target.slicesPerHemisphere * target.banksPerSlice), constants(load.size()),
        busy(load.size() * periods), alive(std::move(alive)) {}

  /// Gives all buffers of a program their place.
  void run(mlir::Block &body) {
    const std::vector<int64_t> starts = expectedStarts(body, target);
    for (auto [number, op] : llvm::enumerate(body)) {
      const int64_t period = starts[number] * periods / (starts.back() + 1);
      periodOf[&op] = period;
      wishes.add(&op, period);
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
      const bool isTable = (isLarge(buffer) || allAround) && !wishes[buffer].offsets.empty();
      order.emplace_back(!isTable, kind != Kind::Striped, !isUrgent(op), kind, number);
    }
    llvm::sort(order);
    for (const Rank &rank : order)
      if (!isCancelled())
        place(buffers[std::get<size_t>(rank)]->getResult(0));
  }

  /// Gives a copy that `op` got of an operand its place, where nothing of that pass is in its way.
  void placeCopy(const Copy &copy, mlir::Operation *op) {
    const int64_t period = periodOf.lookup(op);
    wishes.add(op, period);
    if (copy.mover)
      wishes.add(copy.mover, period);
    alive.addCopy(copy.buffer, op);
    place(copy.buffer);
  }

  /// Whether words did not suffice somewhere.
  bool overflows() const { return isOverfull; }

private:
  enum class Kind { Striped, InBlocks, Plain };
  static Kind kindOf(mlir::Value buffer) {
    const Striping striping = stripingOf(buffer);
    return striping.stripes == 1 ? Kind::Plain : striping.block == 1 ? Kind::Striped : Kind::InBlocks;
  }

  bool isLarge(mlir::Value buffer) const { return 2 * wordsOf(buffer) > int64_t(target.wordsPerBank); }

  /// Cycles that are waited on average for an access of `wish` in a bank: by it for the others of about its
  /// time to end, and by them for it. Reads meet reads of the slice and writes of the bank, writes the
  /// reverse.
  int64_t expectedWait(const Wishes &wish, int64_t hemisphere, int64_t slice, int64_t bank) const {
    if (horizon == 0)
      return 0;
    // In parts of a cycle.
    const int64_t scale = 16, cycles = std::max<int64_t>((2 * nearPeriods + 1) * horizon / periods, 1);
    int64_t wait = 0;
    // Who comes at any time while others have the slice waits for half of their cycles, and the longer for
    // those that wait already the less time is left between them; but for all of them at most.
    auto waitFor = [&](const Load &others) {
      const int64_t left = std::max<int64_t>({cycles - others.cycles, cycles / 4, 1});
      return std::min(scale * others.held / left, scale * others.cycles) / 2;
    };
    auto meet = [&](const Load &own, const Load &others) {
      wait += own.accesses * waitFor(others) + (isScarce ? 0 : others.accesses * waitFor(own));
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
    return wait / (std::max<int64_t>(wish.accesses, 1) * scale);
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

  /// What a place costs, first what counts most.
  using Cost = std::array<int64_t, 5>;

  /// That of the `width` slices from `first` on, which begin again after the last.
  Cost costOf(mlir::Value buffer, const Wishes &wish, llvm::ArrayRef<PlacedNeighbour> neighbours,
              const BufferPlace &place, int64_t first, int64_t width, int64_t bank) {
    const int64_t needed = wordsOf(buffer), wordsPerBank = target.wordsPerBank;
    int64_t fill = 0, kept = 0, wait = 0;
    for (int64_t hemisphere : place.hemispheres)
      for (int64_t i = first; i < first + width; ++i) {
        const int64_t slice = i % int64_t(target.slicesPerHemisphere);
        fill = std::max(fill, words(hemisphere, slice, bank));
        kept = std::max(kept, keptWords(hemisphere, slice, bank));
        wait = std::max(wait, expectedWait(wish, hemisphere, slice, bank));
      }
    int64_t clashes = clashCount(neighbours, first, width, bank);
    if (wish.plane && width == int64_t(target.installStreams))
      clashes += first / width != *wish.plane;
    if (fill + needed > wordsPerBank)
      fill = mostAlive(buffer, place, first, width, bank);
    bool overflows = fill + needed > wordsPerBank;
    wait += sharedWait(neighbours, first, width) / std::max<int64_t>(wish.accesses, 1);
    if (goesAround(buffer)) {
      // Installs keep out of each other's way as far as slices are equally full.
      fill = turn(first, width, place, bank);
      wait = 0;
    }
    const int64_t stop = target.sliceStop(first);
    int64_t detours = detour(wish, stop);
    if (!wish.offsets.empty())
      detours += 2 * (int64_t(target.slicesPerHemisphere) - first);
    if (!wish.tables.empty())
      detours += 2 * stop;
    // What fills a bank of slices that wide buffers need leaves them the others.
    overflows |= !wish.offsets.empty() && isLarge(buffer) && first < widest &&
                 bank + 1 < int64_t(target.banksPerSlice);
    // Words may suffice after all, unless constants take them; a copy has no other place to go.
    const bool isTaken = kept + needed > wordsPerBank, isCopy = placement.copies.contains(buffer);
    return {2 * !reachesTables(wish, first, first + width - 1) + isTaken, isCopy ? clashes : overflows,
            isCopy ? overflows : clashes, (detours + wait) * 8 + fill, first * 2 + bank};
  }

  /// Whether the buffer begins at any stop and goes on with the first slices after the last.
  bool goesAround(mlir::Value buffer) const {
    return allAround && kindOf(buffer) == Kind::Striped && llvm::isa<ConstantOp>(buffer.getDefiningOp());
  }

  void place(mlir::Value buffer) {
    const int64_t bytes = llvm::cast<BufferType>(buffer.getType()).getBytes(), needed = wordsOf(buffer);
    const int64_t slices = target.slicesPerHemisphere;
    const Wishes &wish = wishes[buffer];
    BufferPlace &place = placement.buffers[buffer];
    const llvm::SmallVector<PlacedNeighbour> neighbours = placedNeighbours(wish, place);
    // Parts of several vectors lie each where there is room, those of one side by side: within a stop if they
    // are narrow, from a multiple of their width on else.
    const int64_t parts = kindOf(buffer) == Kind::InBlocks ? stripingOf(buffer).stripes : 1,
                  width = widthOf(buffer) / parts;
    int64_t grain = kindOf(buffer) == Kind::Striped ? std::min<int64_t>(width, target.installStreams) : bytes;
    if (goesAround(buffer))
      grain = std::gcd(width, slices);
    std::optional<Cost> least;
    for (int64_t bank = 0; bank < int64_t(target.banksPerSlice); ++bank) {
      Cost all{};
      llvm::SmallVector<int64_t> taken;
      for (int64_t part = 0; part < parts; ++part) {
        std::optional<std::pair<Cost, int64_t>> best;
        for (int64_t first = 0; first + (goesAround(buffer) ? 1 : width) <= slices; first += grain)
          if (!llvm::is_contained(taken, first)) {
            const std::pair<Cost, int64_t> candidate{
                costOf(buffer, wish, neighbours, place, first, width, bank), first};
            if (!best || candidate < *best)
              best = candidate;
          }
        for (auto [sum, cost] : llvm::zip_equal(all, best->first))
          sum += cost;
        for (int64_t slice = best->second; slice < best->second + width; ++slice)
          taken.push_back(slice % slices);
      }
      if (!least || all < *least) {
        least = all;
        place.bank = bank;
        place.slices = std::move(taken);
      }
    }
    for (int64_t hemisphere : place.hemispheres)
      for (int64_t slice : place.slices)
        isOverfull |=
            alive.mostDuring({hemisphere, slice, place.bank}, buffer) + needed > int64_t(target.wordsPerBank);
    for (int64_t hemisphere : place.hemispheres)
      for (int64_t slice : place.slices) {
        words(hemisphere, slice, place.bank) += needed;
        if (llvm::isa<ConstantOp>(buffer.getDefiningOp()))
          keptWords(hemisphere, slice, place.bank) += needed;
        alive.add({hemisphere, slice, place.bank}, buffer, needed);
        for (const Period &of : wish.periods)
          for (int64_t number = std::max<int64_t>(of.number - nearPeriods, 0);
               number <= std::min(of.number + nearPeriods, periods - 1); ++number) {
            Period &all = busy[bankNumber(hemisphere, slice, place.bank) * periods + number];
            all.reads.add(of.reads, parts);
            all.writes.add(of.writes, parts);
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
                       [&](int64_t side) { return llvm::is_contained(other.hemispheres, side); })) {
        placed.push_back({neighbour, llvm::BitVector(target.slicesPerHemisphere), other.bank});
        for (int64_t slice : other.slices)
          placed.back().slices.set(slice);
      }
    }
    return placed;
  }

  bool overlaps(const PlacedNeighbour &other, int64_t first, int64_t width) const {
    for (int64_t slice = first; slice < first + width; ++slice)
      if (other.slices[slice % int64_t(target.slicesPerHemisphere)])
        return true;
    return false;
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
  bool allAround;
  WishList wishes;
  llvm::DenseMap<mlir::Operation *, int64_t> periodOf;
  /// Whether all buffers together exceed the memory: then words count for more than waiting.
  bool isScarce = false;
  bool isOverfull = false;
  /// In how many steps a bank fills where tiles lie all around.
  static constexpr int64_t stepsABank = 32;
  /// Slices of the widest striped buffer.
  int64_t widest = 0;
  static constexpr int64_t mostPeriods = 128;
  /// Equal periods of the program, by what its passes take: those of different periods hardly wait for one
  /// another, if a tile is installed and its product comes out within one.
  const int64_t periods;
  /// How many before a period and after it belong to its neighbourhood.
  static constexpr int64_t nearPeriods = 1;
  /// Words by hemisphere, slice and bank; accesses by these and the period in whose neighbourhood they are.
  std::vector<int64_t> load, constants;
  std::vector<Period> busy;
  Occupancy alive;
};

} // namespace

/// Whether too few slices are left for a wide buffer beside another, so that striped constants need them.
static bool needsAllSlices(mlir::Block &body, const target::Target &target, const Placement &placement) {
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
  return words > 0 && words + others * side / slices > hemispheres * side * int64_t(target.wordsPerSlice());
}

/// How buffers are placed.
struct Manner {
  /// How far passes may run ahead (see planForMemory): the less, the more buffers share words.
  int64_t headroom;
  /// Whether striped constants begin at any stop.
  bool allAround;
};

/// Places units and buffers, and gives passes copies until no two operands are in each other's way. False if
/// words or slices were too few, and another manner may do.
static bool tryPlacing(mlir::Block &body, const target::Target &target, int64_t horizon, Manner &manner,
                       Placement &placement) {
  placement.buffers.clear();
  placement.units.clear();
  const scheduling::PassGraph graph(body, target);
  placeUnits(body, graph, target, placement);
  manner.allAround |= needsAllSlices(body, target, placement);
  auto bytes = [&](mlir::Value buffer) { return bytesOf(buffer, target, placement); };
  Occupancy alive(graph, scheduling::planForMemory(graph, target.memoryBytes(), bytes, manner.headroom));
  BufferPlacer placer(target, horizon, manner.allAround, std::move(alive), placement);
  placer.run(body);
  placement.lacksRoom = placer.overflows();
  if (placement.lacksRoom && manner.headroom > 0) {
    --manner.headroom;
    return false;
  }
  bool isFree = true;
  for (mlir::Operation &op : llvm::make_early_inc_range(body)) {
    if (isCancelled())
      return true;
    while (std::optional<Copy> copy = separateClash(&op, placement))
      placer.placeCopy(*copy, &op);
    isFree &= !hasClash(&op, placement);
  }
  placement.lacksRoom |= !isFree;
  if (isFree || manner.allAround)
    return true;
  manner.allAround = true;
  return false;
}

void tile::placePasses(mlir::Block &body, const target::Target &target, Placement &placement) {
  const int64_t horizon = expectedCycles(body, target);
  Manner manner{2, false};
  while (!tryPlacing(body, target, horizon, manner, placement))
    ;
}
