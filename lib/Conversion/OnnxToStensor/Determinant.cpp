//===- Determinant.cpp - Determinants -------------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "Sampling.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

namespace {
/// A step of the elimination.
struct Eliminated {
  Tensor rest;  ///< [R, m - 1, m - 1]
  Tensor pivot; ///< [R, 1, 1], with the sign of the exchange
};
} // namespace

/// Brings the row with the greatest first element to the top and takes it off the others: matrices [R, m, m].
static Eliminated eliminate(Node &node, const Tensor &matrices) {
  OpBuilder &builder = node.getBuilder();
  Type f32 = builder.getF32Type(), i32 = builder.getI32Type();
  int64_t size = matrices.shape[1];
  Tensor places = node.reshape(iota(node, size), {1, size, 1});
  Tensor column = node.slice(matrices, 2, 0, 1);
  Tensor magnitudes =
      node.map(column, f32, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.absolute(x[0]); });
  Tensor greatest = node.reduce(ReduceKind::max, magnitudes, 1);
  Tensor candidates = node.map({magnitudes, greatest, places}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.equal(x[0], x[1]), x[2], s.integer(size));
  });
  Tensor place = node.reduce(ReduceKind::min, candidates, 1);
  Tensor only = node.map({places, place, matrices}, f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.equal(x[0], x[1]), x[2], s.real(0));
  });
  Tensor top = node.reduce(ReduceKind::add, only, 1), head = node.slice(top, 2, 0, 1);
  // The first row takes the place of the one that was brought up.
  Tensor others = node.map(
      {node.slice(places, 1, 1, size - 1), place, node.slice(matrices, 1, 0, 1),
       node.slice(matrices, 1, 1, size - 1)},
      f32, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(s.equal(x[0], x[1]), x[2], x[3]); });
  Tensor rest = node.map({node.slice(others, 2, 1, size - 1), node.slice(others, 2, 0, 1), head,
                          node.slice(top, 2, 1, size - 1)},
                         f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
                           Value zero = s.real(0);
                           Value factor = s.select(s.equal(x[2], zero), zero, s.div(x[1], x[2]));
                           return s.fma(s.negate(factor), x[3], x[0]);
                         });
  Tensor pivot = node.map({head, greatest, place}, f32, [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value signedHead = s.select(s.equal(x[2], s.integer(0)), x[0], s.negate(x[0]));
    return s.select(s.equal(x[1], x[1]), signedHead, x[1]); // a NaN stays one
  });
  return {rest, pivot};
}

/// By Gaussian elimination with partial pivoting: the product of the pivots in order.
static Results convertDet(Node &node) {
  const Tensor &input = node.input(0);
  if (input.rank() < 2 || input.shape.back() != input.shape[input.rank() - 2] || input.shape.back() == 0)
    return node.refuseInput(0, "square matrices");
  Type f32 = node.getBuilder().getF32Type();
  int64_t size = input.shape.back();
  Shape shape(input.shape.begin(), input.shape.end() - 2);
  Tensor rest = node.reshape(node.cast(input, f32), {countElements(shape), size, size}), product;
  for (; size > 0; --size) {
    Eliminated step = size == 1 ? Eliminated{{}, rest} : eliminate(node, rest);
    product = !product ? step.pivot
                       : node.map({product, step.pivot}, f32,
                                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
    rest = step.rest;
  }
  return {{node.cast(node.reshape(product, shape), input.element)}};
}

void addDeterminant(OperatorTable &table) { table.add("Det", 11, "X:real[2..]", convertDet); }

} // namespace sluice::conversion
