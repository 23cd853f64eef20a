//===- Emitter.h - Passes over runs of vectors ------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes `tile` operations. Callers say what happens to single vectors; jobs whose
// vectors step regularly through the same buffers become one pass.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_EMITTER_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_EMITTER_H

#include "sluice/Target/Target.h"

#include "dialects/tile/TileDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::tiling {

/// One vector: which buffer, which vector of it, and the only card where it is meant (-1: all cards hold it).
struct Ref {
  int32_t buffer = -1;
  int32_t card = -1;
  int64_t index = 0;
  auto operator<=>(const Ref &) const = default;
};
using Refs = std::vector<Ref>;

/// One vector through a pass: the operands in the order of the operation, results last.
using Job = llvm::SmallVector<Ref, 4>;

using BodyBuilder =
    llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// A view of a buffer: vectors start, start + step, ...
struct Progression {
  int32_t buffer;
  int64_t start, step;
};

/// Calls `visit` with the first job and the length of each run: jobs that follow one another, whose vectors
/// all step regularly through their buffers, and no more than a pass can hold.
void forEachRun(llvm::ArrayRef<Job> jobs, llvm::function_ref<void(int64_t first, int64_t count)> visit);
/// The same for single vectors, with the step; 0 of one alone.
void forEachRun(llvm::ArrayRef<Ref> refs,
                llvm::function_ref<void(int64_t first, int64_t step, int64_t count)> visit);
int64_t countRuns(llvm::ArrayRef<Job> jobs);
int64_t countRuns(llvm::ArrayRef<Ref> refs);
/// The views of a run's vectors, as passes have them: (start, step) of each.
llvm::SmallVector<int64_t> viewsOf(llvm::ArrayRef<Job> run);
/// The progression that `refs` are, if they are one.
std::optional<Progression> progressionOf(llvm::ArrayRef<Ref> refs);

/// Loops that lay out an input, as `tile.input` has them; without offsets there are none.
struct InputLoops {
  llvm::SmallVector<int64_t> rows, lanes; ///< (dimension, count, step) triples
  llvm::SmallVector<int64_t> offsets;
  llvm::SmallVector<int64_t> part; ///< dimension and step of cards, where each has its own
};

/// Lane l of the result is lane map[l] of the source.
using LaneMap = std::vector<uint16_t>;
inline constexpr uint16_t kNoLane = 0xffff;

class Emitter {
public:
  /// Writes into `block`.
  Emitter(mlir::Block &block, const target::Target &target);

  const target::Target &target;

  //===--- Storage ---===//

  /// Enters a buffer's value.
  int32_t addBuffer(mlir::Value value);
  mlir::Value valueOf(int32_t buffer) const { return buffers[buffer]; }
  int32_t createBuffer(mlir::Location loc, int64_t vectors, int64_t bytes, int64_t stripes = 1);
  /// Vectors of one buffer where `count` are stored: all, or so many that passes over them can run side by
  /// side and banks have room.
  int64_t blockOf(int64_t count) const;
  /// `count` vectors, many of them in several buffers so that passes over them can run side by side.
  Refs allocate(mlir::Location loc, int64_t count, int64_t bytes);
  /// Vectors of which the elements are given, lane by lane (lanes() * bytes in each
  /// string). Equal vectors are stored once.
  Refs constants(mlir::Location loc, llvm::ArrayRef<std::string> vectors, int64_t bytes);
  /// A buffer of the given vectors, not shared. `cards` > 1: that many times as many vectors, card by card.
  int32_t createConstant(mlir::Location loc, llvm::ArrayRef<std::string> vectors, int64_t bytes,
                         int64_t stripes = 1, int64_t cards = 1);
  /// A buffer of `data`, int8 of shape [(cards,) vectors, bytes, lanes].
  int32_t createConstant(mlir::Location loc, mlir::ElementsAttr data, int64_t stripes);
  /// Laid out by permutation and lane dimensions, or by `loops` if there are any. On card c it is the vectors
  /// from first + c * cardStep on.
  int32_t createInput(mlir::Location loc, mlir::StringRef name, mlir::Type machineType, mlir::Type userType,
                      llvm::ArrayRef<int64_t> permutation, int64_t laneDims, int64_t first, int64_t count,
                      int64_t bytes, int64_t stripes, const InputLoops &loops = {}, int64_t cardStep = 0);

  /// A number for a lane map; equal maps have equal numbers.
  int32_t laneMap(const LaneMap &map);
  const LaneMap &laneMapOf(int32_t number) const { return laneMaps[number]; }

  //===--- Passes ---===//

  /// `types` are those of the body's arguments; the remaining refs of a job are results.
  void map(mlir::Location loc, mlir::TypeRange types, llvm::ArrayRef<Job> jobs, BodyBuilder body);
  /// A map that moves `bytes` wide elements unchanged.
  void copy(mlir::Location loc, int64_t bytes, llvm::ArrayRef<Job> jobs);
  /// A buffer of copies of `refs`, one after the other.
  int32_t copyToBuffer(mlir::Location loc, llvm::ArrayRef<Ref> refs, int64_t bytes, int64_t stripes = 1);
  struct PermuteJob {
    Ref input;
    int32_t laneMap;
    Ref output;
  };
  void permute(mlir::Location loc, std::vector<PermuteJob> jobs);

  /// Fills the region of a pass with a block whose terminator yields what `body` gives.
  void fillBody(mlir::Region &region, mlir::Location loc, mlir::TypeRange types, BodyBuilder body);

  /// Where passes go.
  mlir::OpBuilder builder;

private:
  /// Before the passes: constants and inputs, in the order in which they are made.
  mlir::OpBuilder head;
  template <typename Op, typename... Args>
  mlir::Value createHead(Args &&...args);

  std::vector<mlir::Value> buffers;
  std::map<std::pair<int64_t, std::string>, Ref> pool;
  std::map<LaneMap, int32_t> laneMapNumbers;
  std::vector<LaneMap> laneMaps;
};

/// Integer type that elements of `bytes` are moved as.
mlir::Type carrier(mlir::MLIRContext *context, int64_t bytes);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_EMITTER_H
