//===- Reducer.h - Passes of one reduction ----------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_REDUCER_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_REDUCER_H

#include "Lowering.h"

namespace sluice::tiling {

/// Passes of one reduction over vectors of its element type.
class Lowering::Reducer {
public:
  Reducer(Emitter &emitter, stensor::ReduceOp reduce)
      : emitter(emitter), loc(reduce.getLoc()), kind(reduce.getKind()),
        type(reduce.getType().getElementType()) {}

  /// One result for each list of operands, which all have the same length: the first half
  /// of a list combined with the second, element by element, until one is left (`isTree`), or from left to
  /// right.
  Refs combineLists(llvm::ArrayRef<llvm::SmallVector<Ref, 8>> lists, bool isTree);
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
  /// Levels of the tree in one pass, and its operands.
  static constexpr int64_t levelsAPass = 3, operandsAPass = 8;
  /// Levels that a round does side by side: four vectors are chosen from and made at once.
  static constexpr int64_t levelsAGroup = 2;

  mlir::Value combine(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value a, mlir::Value b) const;
  /// Whether any order of the elements gives the same bits: of integers, and of the greatest and least.
  bool isOrderFree() const {
    return !type.isF32() || kind == stensor::ReduceKind::max || kind == stensor::ReduceKind::min;
  }
  /// The chunks of n elements combined lane by lane.
  Refs combineChunks(std::vector<Refs> chunks, int64_t n);

  //===--- Vectors side by side (PackedReductions.cpp) ---===//
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
  std::vector<Refs> choose(llvm::ArrayRef<llvm::SmallVector<Ref, 4>> lists, int64_t lanes,
                           llvm::ArrayRef<int64_t> bits);

  Emitter &emitter;
  mlir::Location loc;
  stensor::ReduceKind kind;
  mlir::Type type;
};

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_REDUCER_H
