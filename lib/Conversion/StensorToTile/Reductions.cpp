//===- Reductions.cpp - The stated tree, over vectors or lanes ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reducer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace sluice::tiling {

Value Lowering::Reducer::combine(OpBuilder &builder, Location loc, Value a, Value b) const {
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
        values[i] = combine(builder, loc, values[i], values[half + i]);
      values.resize(half);
    }
    for (Value value : ArrayRef(values).drop_front())
      values[0] = combine(builder, loc, values[0], value);
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
                Value both = combine(builder, loc, arguments[0], arguments[1]);
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
