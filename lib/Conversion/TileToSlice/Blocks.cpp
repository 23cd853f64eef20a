//===- Blocks.cpp - Buffers that several passes write at once -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A slice takes one write a cycle, and gives no vector of a bank while it takes another: passes that write
// blocks of one buffer follow one another, however many units there are for them, and a reader of the first
// block waits for the last. In blocks of several slices they run at once. So do the reads of a map that
// combines blocks of one buffer.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numeric>
#include <optional>

using namespace sluice;
using namespace sluice::tile;

namespace {
/// Vectors first ... first + count - 1 of a buffer, which a pass streams one after the other or, if it is
/// one, again and again.
struct Range {
  int64_t first, count;
};
} // namespace

/// Whether the buffer is to lie in one slice for `use`: exchanges, tables and offsets must, and a table,
/// which lies where its offsets reach it, leaves little choice to what is gathered from it.
static bool needsOneSlice(mlir::OpOperand &use) { return llvm::isa<ExchangeOp, GatherOp>(use.getOwner()); }

static bool isWrite(mlir::OpOperand &use) {
  auto pass = llvm::dyn_cast<PassOpInterface>(use.getOwner());
  return pass && use.getOperandNumber() >= pass->getNumOperands() - pass.getWritten().size();
}

/// What a pass takes or gives at `use`, if that is a range.
static std::optional<Range> rangeOf(mlir::OpOperand &use) {
  auto pass = llvm::dyn_cast<PassOpInterface>(use.getOwner());
  const std::optional<VectorRange> vectors = pass ? pass.getStreamed(use.getOperandNumber()) : std::nullopt;
  if (!vectors || (vectors->step > 1 && vectors->count != 1))
    return std::nullopt;
  return Range{vectors->start, vectors->step == 0 ? 1 : vectors->count};
}

/// Bytes that a pass streams at once, to and from memory.
static int64_t streamedBytes(mlir::Operation *op) {
  llvm::DenseSet<mlir::Value> seen;
  int64_t bytes = 0;
  for (mlir::OpOperand &use : op->getOpOperands())
    if (auto contract = llvm::dyn_cast<ContractOp>(op);
        (!contract || use.getOperandNumber() >= contract.getWeights().size()) &&
        seen.insert(use.get()).second)
      bytes += llvm::cast<BufferType>(use.get().getType()).getBytes();
  return bytes;
}

/// Vectors a block, in which each of `writes` stays; 0 if there is no such block.
static int64_t blockOf(llvm::ArrayRef<Range> writes) {
  int64_t block = 0;
  for (const Range &range : writes)
    block = std::max(block, range.count);
  const bool stay = llvm::all_of(writes, [&](const Range &range) {
    return range.first / block == (range.first + range.count - 1) / block;
  });
  return stay ? block : 0;
}

namespace {
/// Vectors that one plane of a contraction reads while another one reads as many from `other` on.
struct ReadsAtOnce {
  int64_t first, firstStep, other, otherStep, count;
};
} // namespace

/// What planes apart read of a buffer at once.
static std::vector<ReadsAtOnce> readsApart(mlir::Value buffer) {
  struct Segment {
    int64_t chunk, plane, row, first, step, count;
  };
  std::vector<ReadsAtOnce> reads;
  llvm::DenseSet<mlir::Operation *> seen;
  for (mlir::Operation *user : buffer.getUsers()) {
    auto contract = llvm::dyn_cast<ContractOp>(user);
    if (!contract || !contract.getApart() || !seen.insert(user).second)
      continue;
    llvm::SmallVector<Segment> segments;
    llvm::ArrayRef<int64_t> numbers = contract.getRowSegments();
    int64_t chunk = -1, row = 0;
    for (auto [operand, rows] : llvm::enumerate(contract.getRows())) {
      llvm::ArrayRef<int64_t> segment = numbers.slice(4 * operand, 4);
      row = segment[0] == chunk ? row : 0;
      chunk = segment[0];
      if (rows == buffer)
        segments.push_back({chunk, row / int64_t(contract.getCount()), row % int64_t(contract.getCount()),
                            segment[1], segment[2], segment[3]});
      row += segment[3];
    }
    for (const Segment &a : segments)
      for (const Segment &b : segments) {
        const int64_t begin = std::max(a.row, b.row), end = std::min(a.row + a.count, b.row + b.count);
        if (a.chunk == b.chunk && a.plane < b.plane && begin < end)
          reads.push_back({a.first + (begin - a.row) * a.step, a.step, b.first + (begin - b.row) * b.step,
                           b.step, end - begin});
      }
  }
  return reads;
}

/// The least distance of vectors that planes read at once; 0 if they read the same ones.
static int64_t distanceOf(llvm::ArrayRef<ReadsAtOnce> reads) {
  int64_t distance = INT64_MAX;
  for (const ReadsAtOnce &read : reads)
    distance = std::min(distance, std::abs(read.other - read.first));
  return distance;
}

/// Vectors that a plane wants of a slice while another one does.
static int64_t countMeetings(llvm::ArrayRef<ReadsAtOnce> reads, int64_t block, int64_t stripes) {
  int64_t meetings = 0;
  for (const ReadsAtOnce &read : reads)
    for (int64_t i = 0; i < read.count; ++i)
      meetings += (read.first + i * read.firstStep) / block % stripes ==
                  (read.other + i * read.otherStep) / block % stripes;
  return meetings;
}

static void cutInBlocks(BufferOp buffer, const target::Target &target) {
  // What passes write or read, and how many such passes run at once.
  struct Ranges {
    llvm::SmallVector<Range> ranges;
    int64_t atOnce = 0;
  } writes, reads;
  const int64_t vectors = buffer.getBuffer().getType().getVectors();
  int64_t streamed = 0, cyclesRead = 0;
  for (mlir::OpOperand &use : buffer.getBuffer().getUses()) {
    mlir::Operation *pass = use.getOwner();
    if (needsOneSlice(use))
      return;
    if (!llvm::isa<OutputOp>(pass))
      streamed = std::max(streamed, streamedBytes(pass));
    std::optional<Range> range = rangeOf(use);
    if (!range && isWrite(use))
      return;
    if (!range)
      continue;
    Ranges &of = isWrite(use) ? writes : reads;
    of.ranges.push_back(*range);
    of.atOnce = std::max(of.atOnce, passesAtOnce(pass, target));
    if (auto map = llvm::dyn_cast<MapOp>(pass); map && !isWrite(use))
      cyclesRead += map.getCount();
  }
  // Vectors that are read once hold their slice no longer than it takes to write them.
  const Ranges &cut = writes.ranges.size() > 1 || cyclesRead <= vectors ? writes : reads;
  const std::vector<ReadsAtOnce> apart = readsApart(buffer.getBuffer());
  // What one pass writes may still be cut for planes that read it.
  const bool isForPlanes = cut.ranges.size() < 2;
  if (isForPlanes && apart.empty())
    return;
  const int64_t block = isForPlanes ? distanceOf(apart) : blockOf(cut.ranges);
  if (block == 0 || (&cut == &writes && block == 1))
    return;
  // Whatever a pass takes and gives at once must find slices of its own.
  const int64_t widest = target.slicesPerHemisphere / streamed;
  const int64_t most = std::min(llvm::divideCeilSigned(vectors, block), widest);
  if (most <= 1)
    return;
  int64_t stripes = std::min(most, cut.atOnce);
  // As many more as it takes for planes apart not to want the same one.
  int64_t least = countMeetings(apart, block, stripes);
  for (int64_t more = stripes + 1; least > 0 && more <= most; ++more)
    if (const int64_t meetings = countMeetings(apart, block, more); meetings < least)
      least = meetings, stripes = more;
  if (stripes <= 1)
    return;
  buffer.setStripes(stripes);
  buffer.setBlock(block);
}

/// Cuts `buffer` so that of the ranges that a map reads at once as many lie in a slice as it has copies, one
/// in each hemisphere.
static bool cutByReads(BufferOp buffer, const target::Target &target) {
  const int64_t bytes = buffer.getBuffer().getType().getBytes();
  llvm::SetVector<MapOp> readers;
  Striping striping{1, 0};
  for (mlir::OpOperand &use : buffer.getBuffer().getUses()) {
    if (needsOneSlice(use))
      return false;
    auto map = llvm::dyn_cast<MapOp>(use.getOwner());
    const int64_t reads = map ? llvm::count(map.getInputs(), buffer.getBuffer()) : 0;
    if (reads <= 1 || !readers.insert(map))
      continue;
    const int64_t stripes = llvm::divideCeilSigned(reads, hemispheres);
    // Whatever a pass takes and gives at once must find slices of its own.
    if (stripes * bytes + streamedBytes(map) - bytes > int64_t(target.slicesPerHemisphere))
      return false;
    striping.stripes = std::max(striping.stripes, stripes);
    for (auto [i, input] : llvm::enumerate(map.getInputs()))
      if (input == buffer.getBuffer())
        striping.block = std::gcd(striping.block, std::gcd(map.getInputViews()[2 * i], map.getCount()));
  }
  if (striping.stripes == 1)
    return false;
  const bool areApart = llvm::all_of(readers, [&](MapOp map) {
    llvm::SmallVector<unsigned> readsOf(striping.stripes, 0);
    for (auto [i, input] : llvm::enumerate(map.getInputs()))
      if (input == buffer.getBuffer()) {
        const uint64_t parts =
            striping.partsOf(map.getInputViews()[2 * i], map.getInputViews()[2 * i + 1], map.getCount());
        if (!llvm::isPowerOf2_64(parts) || ++readsOf[llvm::Log2_64(parts)] > hemispheres)
          return false;
      }
    return true;
  });
  if (!areApart)
    return false;
  buffer.setStripes(striping.stripes);
  buffer.setBlock(striping.block);
  return true;
}

bool tile::cutBuffersByReads(mlir::Block &body, const target::Target &target) {
  bool areAny = false;
  for (BufferOp buffer : body.getOps<BufferOp>())
    areAny |= buffer.getStripes() == 1 && cutByReads(buffer, target);
  return areAny;
}

void tile::cutBuffersInBlocks(mlir::Block &body, const target::Target &target) {
  for (BufferOp buffer : body.getOps<BufferOp>())
    if (buffer.getStripes() == 1)
      cutInBlocks(buffer, target);
}
