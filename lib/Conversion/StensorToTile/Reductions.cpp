//===- Reductions.cpp - The stated tree, over vectors or lanes ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace sluice::tiling {

/// Levels of the tree in one pass, and its operands.
constexpr int64_t levelsAPass = 3, operandsAPass = 8;
/// Levels that a round does side by side: four vectors are chosen from and made at once.
constexpr int64_t levelsAGroup = 2;

static Value combine(OpBuilder &builder, Location loc, stensor::ReduceKind kind, Value a, Value b) {
  bool isFloat = a.getType().isF32();
  switch (kind) {
  case stensor::ReduceKind::add:
    return isFloat ? arith::AddFOp::create(builder, loc, a, b).getResult()
                   : arith::AddIOp::create(builder, loc, a, b).getResult();
  case stensor::ReduceKind::mul:
    return isFloat ? arith::MulFOp::create(builder, loc, a, b).getResult()
                   : arith::MulIOp::create(builder, loc, a, b).getResult();
  case stensor::ReduceKind::max:
    return isFloat ? arith::MaximumFOp::create(builder, loc, a, b).getResult()
                   : arith::MaxSIOp::create(builder, loc, a, b).getResult();
  case stensor::ReduceKind::min:
    return isFloat ? arith::MinimumFOp::create(builder, loc, a, b).getResult()
                   : arith::MinSIOp::create(builder, loc, a, b).getResult();
  }
  llvm_unreachable("all kinds are above");
}

/// Passes of one reduction over vectors of its element type.
class Lowering::Reducer {
public:
  Reducer(Emitter &emitter, stensor::ReduceOp reduce)
      : emitter(emitter), loc(reduce.getLoc()), kind(reduce.getKind()),
        type(reduce.getType().getElementType()) {}

  /// One result for each list of operands, which all have the same length: the first half
  /// of a list combined with the second, element by element, until one is left (`isTree`), or from left to
  /// right.
  Refs combineLists(ArrayRef<SmallVector<Ref, 8>> lists, bool isTree);
  /// x op y in the lanes below `lanes`, x in the others.
  Refs combineLanes(const Refs &x, const Refs &y, int64_t lanes);
  /// x[source(l)] in the lanes l below `lanes`.
  Refs moved(const Refs &x, int64_t lanes, llvm::function_ref<int64_t(int64_t)> source);

  /// `x` has n vectors for each result; the result is the tree over them.
  Refs reduceVectors(std::vector<Refs> x);
  /// `x` has a vector for each chunk of each result; the result is valid in as many lanes as `replicas` then
  /// says.
  Refs reduceLanes(const std::vector<Refs> &x, int64_t n, int64_t &replicas);

private:
  /// Whether any order of the elements gives the same bits: of integers, and of the greatest and least.
  bool isOrderFree() const {
    return !type.isF32() || kind == stensor::ReduceKind::max || kind == stensor::ReduceKind::min;
  }
  /// The chunks of n elements combined lane by lane.
  Refs combineChunks(std::vector<Refs> chunks, int64_t n);

  /// Levels of the tree over `lanes` lanes of so many vectors that are best done side by side (see
  /// packGroups).
  int64_t packedLevels(int64_t vectors, int64_t lanes) const;
  /// `levels` levels of the tree, from that over `lanes` lanes on, in rounds of one or two, each on half or a
  /// quarter as many vectors: one that has of each of a group's vectors the result in some lanes.
  Refs packGroups(Refs x, int64_t lanes, int64_t levels);
  /// The reverse: `count` vectors, of which each has its result in all of `lanes` lanes.
  Refs unpackGroups(Refs x, int64_t count, int64_t lanes, int64_t levels);
  /// For each of the lists of two or four vectors as many vectors: lane l of number m is that of vector m xor
  /// c(l), where c(l) has the bits that l has of `bits`, the greatest first.
  std::vector<Refs> choose(ArrayRef<SmallVector<Ref, 4>> lists, int64_t lanes, ArrayRef<int64_t> bits);

  Emitter &emitter;
  Location loc;
  stensor::ReduceKind kind;
  Type type;
};

Refs Lowering::Reducer::combineLists(ArrayRef<SmallVector<Ref, 8>> lists, bool isTree) {
  Refs results = emitter.allocate(loc, lists.size(), bytesOf(type));
  std::vector<Job> jobs;
  for (auto [list, result] : llvm::zip_equal(lists, results)) {
    jobs.emplace_back(list.begin(), list.end());
    jobs.back().push_back(result);
  }
  SmallVector<Type> types(lists.front().size(), type);
  emitter.map(loc, types, jobs, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    SmallVector<Value> values(arguments);
    while (isTree && values.size() > 1) {
      size_t half = values.size() / 2;
      for (size_t i = 0; i < half; ++i)
        values[i] = combine(builder, loc, kind, values[i], values[half + i]);
      values.resize(half);
    }
    for (Value value : ArrayRef(values).drop_front())
      values[0] = combine(builder, loc, kind, values[0], value);
    return SmallVector<Value>{values[0]};
  });
  return results;
}

Refs Lowering::Reducer::combineLanes(const Refs &x, const Refs &y, int64_t lanes) {
  std::string content(emitter.target.lanes(), 0);
  std::fill_n(content.begin(), lanes, 1);
  Ref mask = emitter.constants(loc, content, 1).front();
  Refs results = emitter.allocate(loc, x.size(), bytesOf(type));
  std::vector<Job> jobs;
  for (auto [a, b, result] : llvm::zip_equal(x, y, results))
    jobs.push_back({a, b, mask, result});
  emitter.map(loc, {type, type, emitter.builder.getI1Type()}, jobs,
              [&](OpBuilder &builder, Location loc, ValueRange arguments) {
                Value both = combine(builder, loc, kind, arguments[0], arguments[1]);
                return SmallVector<Value>{
                    arith::SelectOp::create(builder, loc, arguments[2], both, arguments[0])};
              });
  return results;
}

Refs Lowering::Reducer::moved(const Refs &x, int64_t lanes, llvm::function_ref<int64_t(int64_t)> source) {
  LaneMap map(emitter.target.lanes(), kNoLane);
  for (int64_t lane = 0; lane < lanes; ++lane)
    map[lane] = static_cast<uint16_t>(source(lane));
  int32_t number = emitter.laneMap(map);
  Refs results = emitter.allocate(loc, x.size(), bytesOf(type));
  std::vector<Emitter::PermuteJob> jobs;
  for (auto [ref, result] : llvm::zip_equal(x, results))
    jobs.push_back({ref, number, result});
  emitter.permute(loc, std::move(jobs));
  return results;
}

Refs Lowering::Reducer::reduceVectors(std::vector<Refs> x) {
  // Lists for the i-th elements of all results, i < count.
  auto step = [&](int64_t count, bool isTree, auto partners) {
    std::vector<SmallVector<Ref, 8>> lists;
    for (const Refs &row : x)
      for (int64_t i = 0; i < count; ++i) {
        SmallVector<Ref, 8> &list = lists.emplace_back();
        for (int64_t j : partners)
          list.push_back(row[i + j]);
      }
    Refs made = combineLists(lists, isTree);
    for (auto [r, row] : llvm::enumerate(x))
      std::copy_n(made.begin() + r * count, count, row.begin());
  };
  int64_t n = x.front().size(), m = std::min(n, stensor::kContractionChunk);
  for (int64_t start = m; start < n;) {
    // As many whole chunks as fit in a pass, or what is left of the last one.
    SmallVector<int64_t> partners{0};
    int64_t count = std::min(m, n - start);
    while (n - start >= count && static_cast<int64_t>(partners.size()) < operandsAPass &&
           (count == m || partners.size() == 1)) {
      partners.push_back(start);
      start += count;
    }
    step(count, false, partners);
  }
  int64_t p = static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(m)));
  if (m > p)
    step(m - p, false, SmallVector<int64_t>{0, p});
  while (p > 1) {
    int64_t levels = std::min<int64_t>(levelsAPass, llvm::Log2_64(p));
    SmallVector<int64_t> partners;
    for (int64_t j = 0; j < int64_t{1} << levels; ++j)
      partners.push_back(j * (p >> levels));
    p >>= levels;
    step(p, true, partners);
  }
  Refs results;
  for (const Refs &row : x)
    results.push_back(row.front());
  return results;
}

Refs Lowering::Reducer::reduceLanes(const std::vector<Refs> &chunks, int64_t n, int64_t &replicas) {
  int64_t lanes = emitter.target.lanes(), m = std::min(n, lanes);
  Refs x = combineChunks(chunks, n);
  int64_t p = static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(m)));
  if (m > p)
    x = combineLanes(x, moved(x, m - p, [&](int64_t lane) { return lane + p; }), m - p);
  const int64_t count = x.size(), packed = packedLevels(count, p);
  x = packGroups(std::move(x), p, packed);
  for (int64_t reach = p >> packed; reach > 1;) {
    int64_t levels = std::min<int64_t>(levelsAPass, llvm::Log2_64(reach));
    reach >>= levels;
    std::vector<SmallVector<Ref, 8>> lists(x.size());
    for (int64_t j = 0; j < int64_t{1} << levels; ++j) {
      Refs partner = j == 0 ? x : moved(x, p, [&](int64_t lane) { return lane ^ (j * reach); });
      for (auto [list, ref] : llvm::zip_equal(lists, partner))
        list.push_back(ref);
    }
    x = combineLists(lists, true);
  }
  replicas = p;
  return unpackGroups(std::move(x), count, p, packed);
}

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

Refs Lowering::Reducer::combineChunks(std::vector<Refs> chunks, int64_t n) {
  int64_t lanes = emitter.target.lanes();
  while (isOrderFree() && n >= 2 * lanes) {
    // Whole chunks, eight at a time.
    std::vector<Refs> combined;
    int64_t whole = n / lanes;
    for (int64_t first = 0; first < whole; first += operandsAPass) {
      int64_t count = std::min(operandsAPass, whole - first);
      std::vector<SmallVector<Ref, 8>> lists(chunks[first].size());
      for (int64_t chunk = first; chunk < first + count; ++chunk)
        for (auto [list, ref] : llvm::zip_equal(lists, chunks[chunk]))
          list.push_back(ref);
      combined.push_back(count == 1 ? chunks[first] : combineLists(lists, llvm::isPowerOf2_64(count)));
    }
    if (n % lanes != 0)
      combined.push_back(chunks[whole]);
    chunks = std::move(combined);
    n = (whole + operandsAPass - 1) / operandsAPass * lanes + n % lanes;
  }
  Refs x = chunks.front();
  for (size_t chunk = 1; chunk < chunks.size(); ++chunk)
    x = combineLanes(x, chunks[chunk], std::min<int64_t>(lanes, n - chunk * lanes));
  return x;
}

LogicalResult Lowering::lowerReduce(stensor::ReduceOp reduce) {
  Location loc = reduce.getLoc();
  Root &root = rootOf(reduce.getResult());
  const Layout &layout = inputLayouts.at(reduce);
  RankedTensorType inputType = reduce.getInput().getType();
  int64_t dim = reduce.getDim(), n = inputType.getDimSize(dim), lanes = emitter.target.lanes();
  Refs refs =
      materialise(loc, viewOf(reduce.getInput()), inputType.getElementType(), layout, root.replicasWanted);
  Grid input = gridOf(inputType.getShape(), layout), result = gridOf(root.type.getShape(), layout);
  Reducer reducer(emitter, reduce);

  if (input.rowElements() == n && layout.laneDims > 0 && layout.permutation.back() == dim && n > 1) {
    std::vector<Refs> chunks(input.chunks());
    for (int64_t row = 0; row < input.rows(); ++row)
      for (int64_t chunk = 0; chunk < input.chunks(); ++chunk)
        chunks[chunk].push_back(refs[input.vectorAt(row, chunk)]);
    int64_t replicas = 1;
    Refs made = reducer.reduceLanes(chunks, n, replicas);
    define(root, std::move(made), replicas);
    return success();
  }

  // The input's vectors of one result vector are `stride` rows apart: the reduced dimension is one of
  // the rows' dimensions, at the same place in input and result.
  int64_t inner = 1;
  for (int64_t d : llvm::reverse(ArrayRef<int64_t>(layout.permutation).drop_back(layout.laneDims))) {
    if (d == dim)
      break;
    inner *= inputType.getDimSize(d);
  }
  std::vector<Refs> x;
  for (int64_t vector = 0; vector < result.vectors(); ++vector) {
    int64_t row = result.rowOf(vector), chunk = result.chunkOf(vector);
    Refs &list = x.emplace_back();
    for (int64_t i = 0; i < n; ++i)
      list.push_back(refs[input.vectorAt((row / inner * n + i) * inner + row % inner, chunk)]);
  }
  define(root, reducer.reduceVectors(std::move(x)), std::min(root.replicasWanted, lanes));
  return success();
}

} // namespace sluice::tiling
