//===- BlockQuantized.cpp - Weights of few bits, quantized by block -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ONNX Runtime packs numbers of 2 or 4 bits into bytes, the first number in the lowest bits.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {

/// Numbers of `bits` in the bytes of the last dimension, which becomes 8 / bits times as long, as i32.
static Tensor unpack(Node &node, const Tensor &packed, int64_t bits) {
  Type i32 = node.getBuilder().getI32Type();
  Shape apart = packed.shape, whole = packed.shape;
  apart.push_back(1);
  whole.back() *= 8 / bits;
  llvm::SmallVector<Tensor> parts;
  for (int64_t shift = 0; shift < 8; shift += bits)
    parts.push_back(node.map(node.reshape(packed, apart), i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.bitAnd(s.shiftRightUnsigned(x[0], s.integer(shift)), s.integer((1 << bits) - 1));
    }));
  return node.reshape(parts.size() == 1 ? parts.front() : node.concat(parts, packed.rank()), whole);
}

/// Repeats each element of the last dimension `block` times and keeps `count` of them.
static Tensor spread(Node &node, const Tensor &parameter, int64_t block, int64_t count) {
  Shape shape = parameter.shape, whole = parameter.shape;
  shape.push_back(1);
  Tensor apart = node.reshape(parameter, shape);
  shape.back() = block;
  whole.back() *= block;
  Tensor all = node.reshape(node.broadcast(apart, shape), whole);
  return node.slice(all, all.rank() - 1, 0, count);
}

/// (numbers - zeros) * scales in f32; they broadcast.
static Tensor dequantize(Node &node, const Tensor &numbers, const Tensor &zeros, const Tensor &scales) {
  return node.map({numbers, zeros, scales}, node.getBuilder().getF32Type(),
                  [&](Scalars &s, llvm::ArrayRef<Value> x) {
                    Value less = zeros.isReal() ? s.sub(s.toReal(x[0]), x[1]) : s.toReal(s.sub(x[0], x[1]));
                    return s.mul(less, x[2]);
                  });
}

/// Operands a [..., K], b [N, blocks, bytes of a block], scales, zero points, g_idx, bias.
static Results convertMatMulNBits(Node &node) {
  int64_t depth = node.integerAttr("K", 0), columns = node.integerAttr("N", 0),
          bits = node.integerAttr("bits", 4);
  int64_t block = node.integerAttr("block_size", 0);
  // How exact a product has to be at least; all are exact up to the operands' rounding.
  node.ignoreAttr("accuracy_level");
  node.ignoreAttr("weight_prepacked");
  const Tensor &a = node.input(0), &b = node.input(1), &groups = node.input(4), &bias = node.input(5);
  Tensor scales = node.input(2), zeros = node.input(3);
  if (bits != 2 && bits != 4 && bits != 8)
    return node.refuse("weights of " + llvm::Twine(bits) + " bits are not supported");
  if (depth < 1 || columns < 1 || block < 1 || block * bits % 8 != 0)
    return node.refuse("'K', 'N' and 'block_size' do not say the weights' shape");
  int64_t blocks = (depth + block - 1) / block;
  if (!b.element.isInteger(8) || b.count() != columns * blocks * (block * bits / 8) ||
      scales.count() != columns * blocks || a.rank() < 1 || a.shape.back() != depth)
    return node.refuse("the operands' shapes do not fit 'K', 'N' and 'block_size'");
  int64_t packedBlocks = (blocks * bits + 7) / 8;
  Tensor weights = unpack(node, node.reshape(b, {columns, blocks * block * bits / 8}), bits);
  weights = node.slice(weights, 1, 0, depth);
  scales = node.reshape(scales, {columns, blocks});
  OpBuilder &builder = node.getBuilder();
  if (!zeros)
    zeros =
        node.splat(builder.getI32Type(), {columns, blocks}, static_cast<double>(int64_t{1} << (bits - 1)));
  else if (zeros.isReal() && zeros.count() == columns * blocks)
    zeros = node.reshape(zeros, {columns, blocks});
  else if (!zeros.isReal() && zeros.count() == columns * packedBlocks)
    zeros = node.slice(unpack(node, node.reshape(zeros, {columns, packedBlocks}), bits), 1, 0, blocks);
  else
    return node.refuse("the zero points fit neither the blocks nor their bytes");
  if (groups) {
    std::optional<Shape> indices = node.knownIntegers(4, "g_idx");
    if (!indices)
      return failure();
    if (static_cast<int64_t>(indices->size()) < depth ||
        llvm::any_of(*indices, [&](int64_t index) { return index < 0 || index >= blocks; }))
      return node.refuse("'g_idx' does not name a block for each of 'K' weights");
    indices->resize(depth);
    scales = takeKnown(node, scales, 1, *indices);
    zeros = takeKnown(node, zeros, 1, *indices);
  } else {
    scales = spread(node, scales, block, depth);
    zeros = spread(node, zeros, block, depth);
  }
  Tensor matrix = dequantize(node, weights, zeros, scales);
  int64_t rows = a.count() / depth;
  Tensor product =
      contractReals(node, node.reshape(a, {1, rows, 1, depth}), node.reshape(matrix, {1, columns, 1, depth}));
  Shape shape = a.shape;
  shape.back() = columns;
  product = node.reshape(product, shape);
  if (!bias)
    return {{node.cast(product, a.element)}};
  return {{node.map({product, bias}, a.element,
                    [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); })}};
}

/// Operands data, indices, scales, zero points: rows of a table that is quantized by block along its last
/// dimension.
static Results convertGatherBlockQuantized(Node &node) {
  int64_t gatherAxis = node.integerAttr("gather_axis", 0), axis = node.integerAttr("quantize_axis", 1);
  int64_t block = node.integerAttr("block_size", 128), bits = node.integerAttr("bits", 4);
  Tensor data = node.input(0), scales = node.input(2), zeros = node.input(3);
  const Tensor &indices = node.input(1);
  bool isPacked = data.element.isInteger(8);
  if (bits != 4 && bits != 8)
    return node.refuse("tables of " + llvm::Twine(bits) + " bits are not supported");
  axis = node.normaliseAxis(axis, data.rank());
  gatherAxis = node.normaliseAxis(gatherAxis, data.rank());
  if (node.refused())
    return failure();
  if (gatherAxis != 0 || axis != data.rank() - 1 || axis == 0)
    return node.refuse("only rows of tables that are quantized along their last axis are supported");
  Shape expected = data.shape;
  int64_t width = data.shape.back() * (isPacked ? 8 / bits : 1);
  expected.back() = (width + block - 1) / block;
  if (block < 1 || scales.shape != expected)
    return node.refuse("the scales have not one element for each block");
  Type i32 = node.getBuilder().getI32Type();
  int64_t rows = data.shape[0];
  Tensor flat = node.reshape(indices, {indices.count()});
  flat = node.map(flat, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.less(x[0], s.integer(0)), s.add(x[0], s.integer(rows)), x[0]);
  });
  auto take = [&](const Tensor &table) { return node.gather(table, flat); };
  Tensor numbers = take(data);
  numbers = isPacked ? unpack(node, numbers, bits) : node.cast(numbers, i32);
  if (zeros) {
    zeros = take(zeros);
    zeros = isPacked ? unpack(node, zeros, bits) : node.cast(zeros, i32);
    if (zeros.shape.back() < expected.back())
      return node.refuse("the zero points have not one element for each block");
    zeros = spread(node, node.slice(zeros, zeros.rank() - 1, 0, expected.back()), block, width);
  } else {
    zeros = node.splat(i32, {}, isPacked ? static_cast<double>(1 << (bits - 1)) : 0);
  }
  Tensor result = dequantize(node, numbers, zeros, spread(node, take(scales), block, width));
  Shape shape = indices.shape;
  shape.append(result.shape.begin() + 1, result.shape.end());
  return {{node.cast(node.reshape(result, shape), scales.element)}};
}

void addBlockQuantized(OperatorTable &table) {
  table.add("MatMulNBits", 1, convertMatMulNBits, onnx::kMicrosoftDomain);
  table.add("GatherBlockQuantized", 1, convertGatherBlockQuantized, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
