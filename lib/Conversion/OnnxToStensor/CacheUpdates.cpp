//===- CacheUpdates.cpp - Rows of a cache replaced ------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "Sampling.h"

#include <numeric>

using namespace mlir;

namespace sluice::conversion {

/// The cache with the update's rows along an axis from a place on that each batch element has of its own:
/// every row of the result is chosen from the rows of both.
static Results convertTensorScatter(Node &node) {
  int64_t axis = node.integerAttr("axis", -2);
  llvm::StringRef mode = node.stringAttr("mode", "linear");
  const Tensor &cache = node.input(0), &update = node.input(1), &starts = node.input(2);
  int64_t dim = node.normaliseAxis(axis, cache.rank());
  Shape expected = cache.shape;
  if (node.refused())
    return failure();
  if (update.rank() == cache.rank())
    expected[dim] = update.shape[dim];
  if (dim == 0 || update.shape != expected || update.shape[dim] > cache.shape[dim])
    return node.refuseShapes("axis = " + std::to_string(dim));
  if (mode != "linear" && mode != "circular")
    return node.refuse("mode = '" + mode + "' is not supported");
  if (cache.count() == 0 || update.count() == 0)
    return {{cache}};
  bool circular = mode == "circular";
  llvm::ArrayRef<int64_t> shape = cache.shape;
  int64_t batch = shape[0], outer = countElements(shape.slice(1, dim - 1)), size = shape[dim],
          inner = countElements(shape.drop_front(dim + 1)), added = update.shape[dim];
  if (starts && starts.count() != batch)
    return node.refuseAt("write_indices does not have one place for each of " + llvm::Twine(batch) +
                         " batch elements");
  Type i32 = node.getBuilder().getI32Type();
  Tensor places =
      starts ? node.reshape(node.cast(starts, i32), {batch, 1, 1}) : node.splat(i32, {batch, 1, 1}, 0);
  Tensor block = node.reshape(iota(node, batch * outer), {batch, outer, 1}),
         row = node.reshape(iota(node, size), {1, 1, size});
  Tensor source = node.map({places, block, row}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value distance = s.sub(x[2], x[0]);
    if (circular)
      distance = s.select(s.less(distance, s.integer(0)), s.add(distance, s.integer(size)), distance);
    Value isNew = s.bitAnd(s.lessOrEqual(s.integer(0), distance), s.less(distance, s.integer(added)));
    Value newRow = s.add(s.add(s.mul(x[1], s.integer(added)), distance), s.integer(batch * outer * size));
    return s.select(isNew, newRow, s.add(s.mul(x[1], s.integer(size)), x[2]));
  });
  Tensor rows = node.concat({node.reshape(cache, {batch * outer * size, inner}),
                             node.reshape(update, {batch * outer * added, inner})},
                            0);
  source = node.reshape(source, {source.count()});
  Tensor result =
      source.constant ? takeKnown(node, rows, 0, readIntegers(source.constant)) : node.gather(rows, source);
  return {{node.reshape(result, cache.shape)}};
}

void addCacheUpdates(OperatorTable &table) {
  table.add("TensorScatter", 24, "past_cache[2..] update[2..] write_indices?:integer", convertTensorScatter);
}

} // namespace sluice::conversion
