//===- RotaryEmbedding.cpp - Positions as turned pairs --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {

Tensor rotaryAngles(Node &node, const Tensor &table, const Tensor &positions, int64_t width) {
  Tensor rows = table;
  if (positions)
    rows = node.reshape(node.gather(table, node.reshape(positions, {positions.count()})),
                        {positions.shape[0], positions.shape[1], table.shape[1]});
  rows = node.slice(rows, 2, 0, width);
  return node.reshape(rows, {rows.shape[0], rows.shape[1], 1, width});
}

Tensor rotate(Node &node, const Tensor &x, const Tensor &cosine, const Tensor &sine, bool interleaved) {
  int64_t half = cosine.shape.back(), turned = 2 * half;
  Tensor first = node.slice(x, 3, 0, half, interleaved ? 2 : 1),
         second = node.slice(x, 3, interleaved ? 1 : half, half, interleaved ? 2 : 1);
  Tensor real = node.map({first, second, cosine, sine}, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) {
    return s.sub(s.mul(v[2], v[0]), s.mul(v[3], v[1]));
  });
  Tensor imaginary =
      node.map({first, second, cosine, sine}, x.element, [](Scalars &s, llvm::ArrayRef<Value> v) {
        return s.add(s.mul(v[3], v[0]), s.mul(v[2], v[1]));
      });
  if (interleaved) {
    Shape paired = real.shape, flat = real.shape;
    paired.push_back(1);
    flat.back() = turned;
    real = node.reshape(node.concat({node.reshape(real, paired), node.reshape(imaginary, paired)}, 4), flat);
  } else {
    real = node.concat({real, imaginary}, 3);
  }
  return node.concat({real, node.slice(x, 3, turned, x.shape[3] - turned)}, 3);
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
  Tensor result = rotate(node, x, rotaryAngles(node, cosines, positions, half),
                         rotaryAngles(node, sines, positions, half), interleaved);
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
