//===- ContractUnit.h - Rows through a column of weight tiles ---*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_CONVERSION_STENSORTOTILE_CONTRACTUNIT_H
#define SLUICE_LIB_CONVERSION_STENSORTOTILE_CONTRACTUNIT_H

#include "Emitter.h"

namespace sluice::tiling {

/// The operands of a tile.contract, chunk by chunk and plane by plane.
class ContractUnit {
public:
  /// `count` rows that all planes see, or, if they are `apart`, as many for each.
  ContractUnit(Emitter &emitter, int64_t planes, int64_t count, bool apart = false)
      : emitter(emitter), planes(planes), count(count), apart(apart) {}

  /// The next chunk: a buffer of weights for each plane, `depth` lanes of `rows`, those of planes apart plane
  /// by plane.
  void addChunk(llvm::ArrayRef<int32_t> weights, int64_t depth, llvm::ArrayRef<Ref> rows);
  /// The next plane has `columns`; its extras and outputs follow.
  void addPlane(int64_t columns) { widths.push_back(columns); }
  void addExtra(const Progression &extra) { add(extra, extras, extraViews); }
  void addOutput(const Progression &output) { add(output, outputs, outputViews); }
  /// `types` are those of the body's arguments.
  void create(mlir::Location loc, mlir::Location bodyLoc, mlir::TypeRange types, BodyBuilder body);

private:
  void add(const Progression &progression, llvm::SmallVectorImpl<mlir::Value> &operands,
           llvm::SmallVectorImpl<int64_t> &views) {
    operands.push_back(emitter.valueOf(progression.buffer));
    views.append({progression.start, progression.step});
  }

  Emitter &emitter;
  int64_t planes, count;
  bool apart;
  llvm::SmallVector<mlir::Value> weights, rows, extras, outputs;
  llvm::SmallVector<int64_t> segments, depths, widths, extraViews, outputViews;
};

/// Rows of a group, for `rows` rows of each of `units` columns of tiles that keep `planes` planes of a
/// hemisphere busy: as many groups as it takes to occupy all planes evenly, no more.
int64_t rowsOfGroup(int64_t rows, int64_t units, int64_t planes, int64_t bytes, const target::Target &target);

} // namespace sluice::tiling

#endif // SLUICE_LIB_CONVERSION_STENSORTOTILE_CONTRACTUNIT_H
