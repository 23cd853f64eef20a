//===- Ports.cpp - One read of a slice a cycle ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass that streams several vectors of one buffer at once reads them from parts of it that lie in slices of
// their own, or from the buffer's copies in both hemispheres; what goes beyond that is copied to a buffer of
// its own.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "mlir/IR/Builders.h"

#include <optional>

using namespace sluice;
using namespace sluice::tile;

/// A copy of vectors start, start + step, ... (count of them) of `source`, made before `op`.
static mlir::Value copyVectors(mlir::Operation *op, mlir::Value source, int64_t start, int64_t step,
                               int64_t count, mlir::Type element) {
  mlir::OpBuilder builder(op);
  int64_t bytes = llvm::cast<BufferType>(source.getType()).getBytes();
  auto copy = BufferOp::create(builder, op->getLoc(), BufferType::get(op->getContext(), count, bytes), 1);
  auto map =
      MapOp::create(builder, op->getLoc(), mlir::ValueRange{source}, mlir::ValueRange{copy},
                    builder.getDenseI64ArrayAttr({start, step}), builder.getDenseI64ArrayAttr({0, 1}), count);
  mlir::Block &body = map.getBody().emplaceBlock();
  body.addArgument(element, op->getLoc());
  builder.setInsertionPointToEnd(&body);
  YieldOp::create(builder, op->getLoc(), body.getArguments());
  return copy;
}

uint64_t tile::partsRead(MapOp map, size_t number) {
  llvm::ArrayRef<int64_t> view = map.getInputViews().slice(2 * number, 2);
  return llvm::cast<BufferOpInterface>(map.getInputs()[number].getDefiningOp())
      .getStriping()
      .partsOf(view[0], view[1], map.getCount());
}

/// How many inputs before number `input` come from the same parts of the same buffer.
static unsigned readsBefore(MapOp map, unsigned input) {
  unsigned before = 0;
  for (unsigned other = 0; other < input; ++other)
    before += map.getInputs()[other] == map.getInputs()[input] &&
              (partsRead(map, other) & partsRead(map, input)) != 0;
  return before;
}

/// Vectors of each buffer that maps read beyond what its ports give, by the number of the read in its map.
using FurtherReads = llvm::DenseMap<std::pair<mlir::Value, unsigned>, int64_t>;

static FurtherReads countFurtherReads(mlir::Block &body) {
  FurtherReads further;
  for (auto map : body.getOps<MapOp>()) {
    for (auto [i, buffer] : llvm::enumerate(map.getInputs()))
      if (unsigned use = readsBefore(map, i); use >= hemispheres)
        further[{buffer, use / hemispheres}] += map.getCount();
  }
  return further;
}

namespace {
/// Whether maps have written all vectors of a buffer, asked in the order of the program: each buffer's users
/// are gone through once.
class FullBuffers {
public:
  /// Whether maps before `reader` write all vectors of `buffer`, or they are there from the start.
  bool isFullBefore(mlir::Value buffer, mlir::Operation *reader) {
    auto [entry, isNew] = lastWriters.try_emplace(buffer, std::nullopt);
    if (isNew)
      entry->second = findLastWriter(buffer);
    return entry->second && (!*entry->second || (*entry->second)->isBeforeInBlock(reader));
  }

private:
  /// The last of the maps that write the buffer, null if it is there from the start; nothing if not all is
  /// written, or not by maps.
  static std::optional<mlir::Operation *> findLastWriter(mlir::Value buffer) {
    if (!buffer.getDefiningOp<BufferOp>())
      return nullptr;
    int64_t written = 0;
    mlir::Operation *last = nullptr;
    for (mlir::OpOperand &use : buffer.getUses()) {
      auto map = llvm::dyn_cast<MapOp>(use.getOwner());
      bool reads = map ? use.getOperandNumber() < map.getInputs().size() : use.getOperandNumber() == 0;
      if (reads)
        continue;
      if (!map)
        return std::nullopt;
      written += map.getCount();
      if (!last || last->isBeforeInBlock(map))
        last = map;
    }
    if (written != llvm::cast<BufferType>(buffer.getType()).getVectors())
      return std::nullopt;
    return last;
  }

  llvm::DenseMap<mlir::Value, std::optional<mlir::Operation *>> lastWriters;
};
} // namespace

void tile::separateReads(mlir::Block &body) {
  const FurtherReads further = countFurtherReads(body);
  FullBuffers full;
  // Whole copies, each for as many reads of a map as there are hemispheres, where the maps together want as
  // much.
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, mlir::Value> wholes;
  for (mlir::Operation &op : llvm::make_early_inc_range(body)) {
    auto map = llvm::dyn_cast<MapOp>(op);
    if (!map)
      continue;
    llvm::SmallVector<unsigned> uses;
    for (unsigned i = 0; i < map.getInputs().size(); ++i)
      uses.push_back(readsBefore(map, i));
    llvm::SmallVector<int64_t> views(map.getInputViews());
    for (unsigned i = 0; i < map.getInputs().size(); ++i) {
      mlir::Value buffer = map.getInputs()[i];
      const unsigned use = uses[i];
      if (use < hemispheres)
        continue;
      std::pair<mlir::Value, unsigned> which{buffer, use / hemispheres};
      int64_t vectors = llvm::cast<BufferType>(buffer.getType()).getVectors();
      mlir::Type element = map.getBody().getArgument(i).getType();
      if (auto whole = wholes.find(which);
          whole != wholes.end() || (further.lookup(which) >= vectors && full.isFullBefore(buffer, map))) {
        mlir::Value copy =
            whole != wholes.end() ? whole->second : copyVectors(map, buffer, 0, 1, vectors, element);
        wholes[which] = copy;
        map.getInputsMutable()[i].set(copy);
        continue;
      }
      mlir::Value copy = copyVectors(map, buffer, views[2 * i], views[2 * i + 1], map.getCount(), element);
      map.getInputsMutable()[i].set(copy);
      views[2 * i] = 0;
      views[2 * i + 1] = 1;
    }
    map.setInputViews(views);
  }
}
