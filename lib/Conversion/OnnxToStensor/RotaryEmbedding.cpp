//===- RotaryEmbedding.cpp - Positions as turned pairs --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"
#include "Indexing.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {

/// For both numbers of each pair of a vector the angle's, of the last dimension of `angles`; the first of a
/// pair has it with the other sign if `isOdd`.
static Tensor forBothOfPairs(Node &node, const Tensor &angles, bool interleaved, bool isOdd) {
  Tensor first = isOdd ? node.map(angles, angles.element,
                                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.negate(v[0]); })
                       : angles;
  const int64_t last = angles.rank() - 1;
  return interleaved ? interleaveAlong(node, {first, angles}, last) : node.concat({first, angles}, last);
}

static Tensor angles(Node &node, const Tensor &table, const Tensor &positions, int64_t width,
                     bool interleaved, bool isOdd) {
  // Pairs are made of a constant table at compile time, of another one in the rows that are taken.
  const bool isKnown = bool(table.constant);
  Tensor rows = node.slice(table, table.rank() - 1, 0, width);
  if (isKnown)
    rows = forBothOfPairs(node, rows, interleaved, isOdd);
  if (positions)
    rows = node.reshape(node.gather(rows, node.reshape(positions, {positions.count()})),
                        {positions.shape[0], positions.shape[1], rows.shape[1]});
  if (!isKnown)
    rows = forBothOfPairs(node, rows, interleaved, isOdd);
  return node.reshape(rows, {rows.shape[0], rows.shape[1], 1, 2 * width});
}

Rotation rotation(Node &node, const Tensor &cosines, const Tensor &sines, const Tensor &positions,
                  int64_t width, bool interleaved) {
  return {angles(node, cosines, positions, width, interleaved, /*isOdd=*/false),
          angles(node, sines, positions, width, interleaved, /*isOdd=*/true), interleaved};
}

/// The numbers of each pair in each other's place.
static Tensor exchangePairs(Node &node, const Tensor &x, bool interleaved) {
  const int64_t width = x.shape[3];
  if (!interleaved)
    return node.concat({node.slice(x, 3, width / 2, width / 2), node.slice(x, 3, 0, width / 2)}, 3);
  Shape paired = {x.shape[0], x.shape[1], x.shape[2], width / 2, 2};
  Tensor pairs = node.reshape(x, paired);
  return node.reshape(node.concat({node.slice(pairs, 4, 1, 1), node.slice(pairs, 4, 0, 1)}, 4), x.shape);
}

Tensor rotate(Node &node, const Tensor &x, const Rotation &rotation) {
  const int64_t turned = rotation.cosine.shape.back();
  Tensor pairs = node.slice(x, 3, 0, turned);
  Tensor result = node.map(
      {pairs, exchangePairs(node, pairs, rotation.interleaved), rotation.cosine, rotation.sine}, x.element,
      [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(s.mul(v[2], v[0]), s.mul(v[3], v[1])); });
  return turned == x.shape[3] ? result
                              : node.concat({result, node.slice(x, 3, turned, x.shape[3] - turned)}, 3);
}

/// Of a node with the input [B, S, H * D] or [B, H, S, D] as operand 0: the input turned by what the tables
/// say of the positions, of which there may be none.
static Results convertRotary(Node &node, const Tensor &positions, const Tensor &cosines, const Tensor &sines,
                             int64_t heads, int64_t turned, bool interleaved) {
  const Tensor &input = node.input(0);
  bool isFlat = input.rank() == 3;
  if ((!isFlat && input.rank() != 4) || (isFlat && (heads < 1 || input.shape[2] % heads != 0)))
    return node.refuseShapes("num_heads");
  Tensor x = isFlat ? node.reshape(input, {input.shape[0], input.shape[1], heads, input.shape[2] / heads})
                    : node.transpose(input, {0, 2, 1, 3});
  turned = turned == 0 ? x.shape[3] : turned;
  int64_t half = turned / 2;
  if (turned % 2 != 0 || turned > x.shape[3] || cosines.rank() != (positions ? 2 : 3) ||
      cosines.shape.back() < half)
    return node.refuseShapes("rotary_embedding_dim");
  Tensor result = rotate(node, x, rotation(node, cosines, sines, positions, half, interleaved));
  return {{node.reshape(isFlat ? result : node.transpose(result, {0, 2, 1, 3}), input.shape)}};
}

static Results convertRotaryEmbedding(Node &node) {
  bool interleaved = node.integerAttr("interleaved", 0);
  int64_t heads = node.integerAttr("num_heads", 0), turned = node.integerAttr("rotary_embedding_dim", 0);
  const Shape &input = node.input(0).shape;
  int64_t batch = input[0], steps = input[input.size() == 3 ? 1 : 2];
  Shape cache = {batch, steps, Node::kAny};
  if (failed(node.needShape(3, {batch, steps})) ||
      failed(node.needShape(1, node.has(3) ? Shape{Node::kAny, Node::kAny} : cache)) ||
      failed(node.needShape(2, node.input(1).shape)))
    return failure();
  return convertRotary(node, node.input(3), node.input(1), node.input(2), heads, turned, interleaved);
}

/// ONNX Runtime's form: positions come second and may be one number, where the sequence starts.
static Results convertMicrosoftRotaryEmbedding(Node &node) {
  bool interleaved = node.integerAttr("interleaved", 0);
  int64_t heads = node.integerAttr("num_heads", 0), turned = node.integerAttr("rotary_embedding_dim", 0);
  node.ignoreAttr("scale");              // ONNX Runtime computes nothing with it
  node.ignoreAttr("is_packed_batching"); // the same positions in another order
  const Tensor &input = node.input(0), &cosines = node.input(2);
  if (failed(node.needShape(3, cosines.shape)))
    return failure();
  if (cosines.shape[1] == 0)
    return node.refuseAt("the caches are empty");
  // Without a size of its own, a head is as wide as what the tables turn.
  if (input.rank() == 3 && (turned == 0 || heads == 0))
    heads = input.shape[2] / (2 * cosines.shape[1]);
  int64_t steps = input.shape[input.rank() == 3 ? 1 : 2];
  Type i32 = node.getBuilder().getI32Type();
  Tensor positions = node.cast(node.input(1), i32);
  if (positions.count() == 1)
    positions = addIntegers(node, node.reshape(countAlong(node, 1, steps), {1, steps}),
                            node.reshape(positions, {1, 1}));
  else if (positions.shape != Shape{input.shape[0], steps})
    return node.needOneOrShape(1, {input.shape[0], steps});
  return convertRotary(node, positions, cosines, node.input(3), heads, turned, interleaved);
}

void addRotaryEmbedding(OperatorTable &table) {
  table.add("RotaryEmbedding", 23,
            "X:real[3..4] cos_cache:real[2..3] sin_cache:real[2..3] position_ids?:integer[2]",
            convertRotaryEmbedding);
  table.add("RotaryEmbedding", 1, "input:real[3..4] position_ids:integer cos_cache:real[2] sin_cache:real[2]",
            convertMicrosoftRotaryEmbedding, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
