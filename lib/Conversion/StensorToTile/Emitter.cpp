//===- Emitter.cpp - Passes over runs of vectors --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "dialects/tile/InputLoops.h"

#include "sluice/Golden/TensorValue.h"

using namespace mlir;

namespace sluice::tiling {

/// Most vectors of one pass: what an instruction's count can hold.
constexpr int64_t maxCount = 65535;
Type carrier(MLIRContext *context, int64_t bytes) { return IntegerType::get(context, 8 * bytes); }

static bool continues(const Job &first, const Job &second, const Job &last, const Job &next) {
  for (size_t i = 0; i < first.size(); ++i)
    if (next[i].buffer != first[i].buffer || next[i].card != first[i].card ||
        next[i].index - last[i].index != second[i].index - first[i].index)
      return false;
  return true;
}

void forEachRun(ArrayRef<Job> jobs, function_ref<void(int64_t, int64_t)> visit) {
  int64_t size = jobs.size();
  for (int64_t first = 0; first < size;) {
    int64_t count = 1;
    while (first + count < size && count < maxCount &&
           continues(jobs[first], jobs[first + 1], jobs[first + count - 1], jobs[first + count]))
      ++count;
    visit(first, count);
    first += count;
  }
}

void forEachRun(ArrayRef<Ref> refs, function_ref<void(int64_t, int64_t, int64_t)> visit) {
  std::vector<Job> jobs;
  for (const Ref &ref : refs)
    jobs.push_back({ref});
  forEachRun(jobs, [&](int64_t first, int64_t count) {
    visit(first, count > 1 ? refs[first + 1].index - refs[first].index : 0, count);
  });
}

int64_t countRuns(ArrayRef<Job> jobs) {
  int64_t runs = 0;
  forEachRun(jobs, [&](int64_t, int64_t) { ++runs; });
  return runs;
}

int64_t countRuns(ArrayRef<Ref> refs) {
  int64_t runs = 0;
  forEachRun(refs, [&](int64_t, int64_t, int64_t) { ++runs; });
  return runs;
}

SmallVector<int64_t> viewsOf(ArrayRef<Job> run) {
  SmallVector<int64_t> views;
  for (auto [i, ref] : llvm::enumerate(run.front()))
    views.append({ref.index, run.size() > 1 ? run[1][i].index - ref.index : 0});
  return views;
}

std::optional<Progression> progressionOf(ArrayRef<Ref> refs) {
  Progression result{refs[0].buffer, refs[0].index, refs.size() > 1 ? refs[1].index - refs[0].index : 0};
  for (auto [i, ref] : llvm::enumerate(refs))
    if (ref.buffer != result.buffer || ref.index != result.start + static_cast<int64_t>(i) * result.step)
      return std::nullopt;
  return result;
}

Emitter::Emitter(Block &block, const target::Target &target)
    : target(target), builder(block.getTerminator()), head(&block, block.begin()) {}

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

template <typename Op, typename... Args>
Value Emitter::createHead(Args &&...args) {
  if (buffers.empty())
    head.setInsertionPointToStart(builder.getInsertionBlock());
  auto op = Op::create(head, std::forward<Args>(args)...);
  head.setInsertionPointAfter(op);
  return op;
}

int32_t Emitter::addBuffer(Value value) {
  buffers.push_back(value);
  return static_cast<int32_t>(buffers.size()) - 1;
}

int32_t Emitter::createBuffer(Location loc, int64_t vectors, int64_t bytes, int64_t stripes) {
  auto type = tile::BufferType::get(builder.getContext(), vectors, bytes);
  return addBuffer(tile::BufferOp::create(builder, loc, type, stripes));
}

int64_t Emitter::blockOf(int64_t count) const {
  // Many vectors lie in several buffers, of which several fit a bank.
  constexpr int64_t splitFrom = 128, splitInto = 4;
  int64_t most = std::max<int64_t>(1, target.wordsPerBank / splitInto);
  return count < splitFrom ? count : std::min((count + splitInto - 1) / splitInto, most);
}

Refs Emitter::allocate(Location loc, int64_t count, int64_t bytes) {
  int64_t block = blockOf(count);
  Refs refs;
  refs.reserve(count);
  for (int64_t start = 0; start < count; start += block) {
    int64_t size = std::min(block, count - start);
    int32_t buffer = createBuffer(loc, size, bytes);
    for (int64_t i = 0; i < size; ++i)
      refs.push_back({buffer, -1, i});
  }
  return refs;
}

int32_t Emitter::createConstant(Location loc, ArrayRef<std::string> vectors, int64_t bytes, int64_t stripes,
                                int64_t cards) {
  int64_t lanes = target.lanes(), count = vectors.size();
  SmallVector<int64_t> shape{count / cards, bytes, lanes};
  if (cards > 1)
    shape.insert(shape.begin(), cards);
  golden::TensorValue data(RankedTensorType::get(shape, builder.getI8Type()));
  char *out = data.mutableBytes().data();
  for (const std::string &vector : vectors)
    for (int64_t plane = 0; plane < bytes; ++plane)
      for (int64_t lane = 0; lane < lanes; ++lane)
        *out++ = vector[lane * bytes + plane];
  return createConstant(loc, data.toAttribute(), stripes);
}

int32_t Emitter::createConstant(Location loc, ElementsAttr data, int64_t stripes) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(data.getType()).getShape().take_back(3);
  auto type = tile::BufferType::get(builder.getContext(), shape[0], shape[1]);
  return addBuffer(createHead<tile::ConstantOp>(loc, type, data, stripes));
}

Refs Emitter::constants(Location loc, ArrayRef<std::string> vectors, int64_t bytes) {
  std::vector<std::string> fresh;
  std::map<std::string, int64_t> freshNumber;
  for (const std::string &vector : vectors)
    if (!pool.contains({bytes, vector}) && freshNumber.try_emplace(vector, fresh.size()).second)
      fresh.push_back(vector);
  int64_t count = fresh.size(), block = blockOf(count);
  for (int64_t start = 0; start < count; start += block) {
    ArrayRef<std::string> part = ArrayRef(fresh).slice(start, std::min(block, count - start));
    int32_t buffer = createConstant(loc, part, bytes);
    for (auto [i, vector] : llvm::enumerate(part))
      pool[{bytes, vector}] = {buffer, -1, static_cast<int64_t>(i)};
  }
  Refs refs;
  for (const std::string &vector : vectors)
    refs.push_back(pool.at({bytes, vector}));
  return refs;
}

int32_t Emitter::createInput(Location loc, StringRef name, Type machineType, Type userType,
                             ArrayRef<int64_t> permutation, int64_t laneDims, int64_t first, int64_t count,
                             int64_t bytes, int64_t stripes, const InputLoops &loops, int64_t cardStep) {
  auto type = tile::BufferType::get(builder.getContext(), count, bytes);
  DenseI64ArrayAttr rows, lanes, offsets, part;
  if (!loops.part.empty())
    part = builder.getDenseI64ArrayAttr(loops.part);
  if (!loops.offsets.empty()) {
    permutation = {};
    laneDims = 0;
    rows = builder.getDenseI64ArrayAttr(loops.rows);
    lanes = builder.getDenseI64ArrayAttr(loops.lanes);
    offsets = builder.getDenseI64ArrayAttr(loops.offsets);
  }
  auto input = createHead<tile::InputOp>(loc, type, name, machineType, userType, permutation, laneDims, rows,
                                         lanes, offsets, part, first, stripes);
  if (cardStep != 0)
    input.getDefiningOp()->setAttr(tile::kCardStepAttr, builder.getI64IntegerAttr(cardStep));
  return addBuffer(input);
}

int32_t Emitter::laneMap(const LaneMap &map) {
  auto [entry, inserted] = laneMapNumbers.try_emplace(map, laneMaps.size());
  if (inserted)
    laneMaps.push_back(map);
  return entry->second;
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

void Emitter::fillBody(Region &region, Location loc, TypeRange types, BodyBuilder body) {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Location> locations(types.size(), loc);
  Block *block = builder.createBlock(&region, {}, types, locations);
  tile::YieldOp::create(builder, loc, body(builder, loc, block->getArguments()));
}

void Emitter::map(Location loc, TypeRange types, ArrayRef<Job> jobs, BodyBuilder body) {
  forEachRun(jobs, [&](int64_t first, int64_t count) {
    SmallVector<Value> buffersOf;
    for (const Ref &ref : jobs[first])
      buffersOf.push_back(valueOf(ref.buffer));
    const SmallVector<int64_t> views = viewsOf(jobs.slice(first, count));
    const ArrayRef<Value> operands(buffersOf);
    const ArrayRef<int64_t> all(views);
    auto pass = tile::MapOp::create(builder, loc, operands.take_front(types.size()),
                                    operands.drop_front(types.size()), all.take_front(2 * types.size()),
                                    all.drop_front(2 * types.size()), count);
    fillBody(pass.getBody(), loc, types, body);
  });
}

void Emitter::copy(Location loc, int64_t bytes, ArrayRef<Job> jobs) {
  map(loc, {carrier(builder.getContext(), bytes)}, jobs,
      [](OpBuilder &, Location, ValueRange arguments) { return SmallVector<Value>(arguments); });
}

int32_t Emitter::copyToBuffer(Location loc, ArrayRef<Ref> refs, int64_t bytes, int64_t stripes) {
  const int32_t buffer = createBuffer(loc, refs.size(), bytes, stripes);
  std::vector<Job> jobs;
  for (auto [i, ref] : llvm::enumerate(refs))
    jobs.push_back({ref, {buffer, -1, static_cast<int64_t>(i)}});
  copy(loc, bytes, jobs);
  return buffer;
}

void Emitter::permute(Location loc, std::vector<PermuteJob> jobs) {
  if (jobs.empty())
    return;
  // Few maps for many vectors: one pass a map. Otherwise the maps stream as the vectors do.
  std::map<int32_t, int64_t> uses;
  for (const PermuteJob &job : jobs)
    ++uses[job.laneMap];
  constexpr int64_t worthSorting = 4;
  if (static_cast<int64_t>(jobs.size() / uses.size()) >= worthSorting)
    llvm::sort(jobs, [](const PermuteJob &a, const PermuteJob &b) {
      return std::tie(a.laneMap, a.output) < std::tie(b.laneMap, b.output);
    });
  std::vector<std::string> contents;
  for (const PermuteJob &job : jobs) {
    const LaneMap &map = laneMaps[job.laneMap];
    std::string &content = contents.emplace_back(2 * target.lanes(), '\xff');
    for (auto [lane, source] : llvm::enumerate(map)) {
      content[2 * lane] = static_cast<char>(source & 0xff);
      content[2 * lane + 1] = static_cast<char>(source >> 8);
    }
  }
  Refs maps = constants(loc, contents, 2);
  std::vector<Job> triples;
  for (auto [job, map] : llvm::zip_equal(jobs, maps))
    triples.push_back({job.input, map, job.output});
  forEachRun(triples, [&](int64_t first, int64_t count) {
    const Job &job = triples[first];
    tile::PermuteOp::create(builder, loc, valueOf(job[0].buffer), valueOf(job[1].buffer),
                            valueOf(job[2].buffer), viewsOf(ArrayRef(triples).slice(first, count)), count);
  });
}

} // namespace sluice::tiling
