//===- Ports.cpp - One read of a slice a cycle ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A pass that streams several vectors of one buffer at once reads them from the
// buffer's copies in both hemispheres; what goes beyond that is copied to a buffer of its own.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "mlir/IR/Builders.h"

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

void tile::separateReads(mlir::Block &body) {
  for (mlir::Operation &op : llvm::make_early_inc_range(body)) {
    auto map = llvm::dyn_cast<MapOp>(op);
    if (!map)
      continue;
    llvm::DenseMap<mlir::Value, unsigned> uses;
    llvm::SmallVector<int64_t> views(map.getInputViews());
    for (unsigned i = 0; i < map.getInputs().size(); ++i) {
      mlir::Value buffer = map.getInputs()[i];
      if (uses[buffer]++ < hemispheres)
        continue;
      mlir::Value copy = copyVectors(map, buffer, views[2 * i], views[2 * i + 1], map.getCount(),
                                     map.getBody().getArgument(i).getType());
      map.getInputsMutable()[i].set(copy);
      views[2 * i] = 0;
      views[2 * i + 1] = 1;
    }
    map.setInputViews(views);
  }
}
