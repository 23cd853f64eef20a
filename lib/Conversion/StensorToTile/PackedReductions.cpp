//===- PackedReductions.cpp - The tree over lanes of vectors side by side -===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Adding the halves of a vector leaves half of its lanes idle, and all of them hold the sum only if both
// halves are moved. Of two vectors, one is given its sum in the lanes where its other half is added, the
// other one in the others: one vector then has both sums, and the next level moves half as many. A round does
// two levels so.
//
//===----------------------------------------------------------------------===//

#include "Reducer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace sluice::tiling {

int64_t Lowering::Reducer::packedLevels(int64_t vectors, int64_t lanes) const {
  const target::Target &target = emitter.target;
  // A pass waits for the one before: from memory through its unit and back.
  const int64_t permutation = 2 * int64_t(target.sxmStop) + target.permuteLatency,
                map = int64_t(target.vxmEntryLatency) + levelsAPass * target.simpleLatency;
  const int64_t levels = llvm::Log2_64(lanes);
  int64_t best = 0, bestCycles = INT64_MAX, permutations = 0, rows = vectors;
  for (int64_t packed = 0; packed <= levels; ++packed) {
    // Of a packed round two maps and a permutation on the way there, and one of each on the way back; what is
    // left is done in rounds of three levels, of one each.
    const int64_t left = levels - packed, rounds = (packed + levelsAGroup - 1) / levelsAGroup,
                  whole = left / levelsAPass, rest = (int64_t{1} << left % levelsAPass) - 1;
    const int64_t plain = rows * (whole * (operandsAPass - 1) + rest);
    const int64_t cycles = rounds * (2 * permutation + 3 * map) + (whole + (rest > 0)) * (permutation + map) +
                           2 * permutations + plain / (2 * int64_t(target.permutors));
    if (cycles < bestCycles)
      best = packed, bestCycles = cycles;
    if (rows == 1)
      break;
    rows = (rows + 1) / 2;
    permutations += rows;
  }
  return best;
}

std::vector<Refs> Lowering::Reducer::choose(ArrayRef<SmallVector<Ref, 4>> lists, int64_t lanes,
                                            ArrayRef<int64_t> bits) {
  SmallVector<Ref> masks;
  for (int64_t bit : bits) {
    std::string content(emitter.target.lanes(), 0);
    for (int64_t lane = 0; lane < lanes; ++lane)
      content[lane] = (lane & bit) != 0;
    masks.push_back(emitter.constants(loc, content, 1).front());
  }
  const size_t group = size_t{1} << bits.size();
  std::vector<Refs> chosen;
  for (size_t m = 0; m < group; ++m)
    chosen.push_back(emitter.allocate(loc, lists.size(), bytesOf(type)));
  std::vector<Job> jobs;
  for (auto [i, list] : llvm::enumerate(lists)) {
    Job &job = jobs.emplace_back(list.begin(), list.end());
    job.append(masks.begin(), masks.end());
    for (const Refs &refs : chosen)
      job.push_back(refs[i]);
  }
  SmallVector<Type> types(group, type);
  types.append(masks.size(), emitter.builder.getI1Type());
  emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    SmallVector<Value> values(arguments.take_front(group));
    // Bit by bit: where a lane has it, numbers with and without it change places.
    for (auto [i, bit] : llvm::enumerate(arguments.drop_front(group))) {
      const size_t other = group >> (i + 1);
      SmallVector<Value> swapped;
      for (size_t m = 0; m < group; ++m)
        swapped.push_back(arith::SelectOp::create(builder, loc, bit, values[m ^ other], values[m]));
      values = std::move(swapped);
    }
    return values;
  });
  return chosen;
}

/// The bits of lanes that `levels` levels of the tree over `lanes` lanes tell apart.
static SmallVector<int64_t> levelBits(int64_t lanes, int64_t levels) {
  SmallVector<int64_t> bits;
  for (int64_t level = 1; level <= levels; ++level)
    bits.push_back(lanes >> level);
  return bits;
}

/// What lanes of a group's vectors change places by, for number `m`.
static int64_t reachOf(ArrayRef<int64_t> bits, size_t m) {
  int64_t reach = 0;
  for (auto [i, bit] : llvm::enumerate(bits))
    reach |= m >> (bits.size() - 1 - i) & 1 ? bit : 0;
  return reach;
}

Refs Lowering::Reducer::packGroups(Refs x, int64_t lanes, int64_t levels) {
  for (int64_t reach = lanes; levels > 0;) {
    const SmallVector<int64_t> bits = levelBits(reach, std::min(levels, levelsAGroup));
    const int64_t group = int64_t{1} << bits.size(), count = x.size(),
                  groups = llvm::divideCeilSigned(count, group);
    std::vector<SmallVector<Ref, 4>> lists(groups);
    for (auto [i, list] : llvm::enumerate(lists))
      for (int64_t m = 0; m < group; ++m)
        list.push_back(x[std::min(int64_t(i) + m * groups, count - 1)]);
    const std::vector<Refs> chosen = choose(lists, lanes, bits);
    std::vector<SmallVector<Ref, 8>> sums(groups);
    for (int64_t m = 0; m < group; ++m) {
      const int64_t by = reachOf(bits, m);
      const Refs partner =
          m == 0 ? chosen[m] : moved(chosen[m], lanes, [&](int64_t lane) { return lane ^ by; });
      for (auto [list, ref] : llvm::zip_equal(sums, partner))
        list.push_back(ref);
    }
    x = combineLists(sums, true);
    reach >>= bits.size();
    levels -= bits.size();
  }
  return x;
}

Refs Lowering::Reducer::unpackGroups(Refs x, int64_t count, int64_t lanes, int64_t levels) {
  // How many vectors there were before each round, and which bits it took.
  SmallVector<std::pair<int64_t, SmallVector<int64_t>>> rounds;
  for (int64_t reach = lanes; levels > 0;) {
    rounds.push_back({count, levelBits(reach, std::min(levels, levelsAGroup))});
    const size_t taken = rounds.back().second.size();
    count = llvm::divideCeilSigned(count, int64_t{1} << taken);
    reach >>= taken;
    levels -= taken;
  }
  for (const auto &[before, bits] : llvm::reverse(rounds)) {
    std::vector<SmallVector<Ref, 4>> lists(x.size());
    for (size_t m = 0; m < size_t{1} << bits.size(); ++m) {
      const int64_t by = reachOf(bits, m);
      const Refs other = m == 0 ? x : moved(x, lanes, [&](int64_t lane) { return lane ^ by; });
      for (auto [list, ref] : llvm::zip_equal(lists, other))
        list.push_back(ref);
    }
    x.clear();
    for (const Refs &refs : choose(lists, lanes, bits))
      llvm::append_range(x, refs);
    x.resize(before);
  }
  return x;
}

} // namespace sluice::tiling
