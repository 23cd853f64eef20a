//===- Attention.cpp - Attention and rotary embedding ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"
#include "OperatorTable.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;

namespace sluice::conversion {

/// 0, 1, 2, ... along dimension `dim` of a tensor of rank 4.
static Tensor countAlong(Node &node, int64_t dim, int64_t size) {
  Shape shape(4, 1), values(size);
  shape[dim] = size;
  std::iota(values.begin(), values.end(), 0);
  return node.integers(shape, values, node.getBuilder().getI32Type());
}

/// a < b, or with `orEqual` a <= b, of integers.
static Tensor compare(Node &node, const Tensor &a, const Tensor &b, bool orEqual) {
  return node.map({a, b}, node.getBuilder().getI1Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return orEqual ? s.lessOrEqual(x[0], x[1]) : s.less(x[0], x[1]);
  });
}

/// The bias that `mask` (bool or numbers, its last dimension possibly shorter than `keys`) adds to scores.
static Tensor biasOfMask(Node &node, const Tensor &mask, int64_t keys) {
  Tensor bias = mask.isBool() ? maskBias(node, mask) : node.cast(mask, node.getBuilder().getF32Type());
  Shape low(bias.rank(), 0), high(bias.rank(), 0);
  high.back() = bias.shape.back() == 1 ? 0 : keys - bias.shape.back();
  return node.pad(bias, low, high, -std::numeric_limits<double>::infinity());
}

/// What is added to the scores: the mask, what lies in the future, what is padding. Absent if nothing is.
static Tensor attentionBias(Node &node, bool isCausal, int64_t past, int64_t queries, int64_t keys) {
  const Tensor &mask = node.input(3), &lengths = node.input(6);
  Type i32 = node.getBuilder().getI32Type();
  llvm::SmallVector<Tensor> parts;
  if (mask)
    parts.push_back(biasOfMask(node, mask, keys));
  Tensor column = countAlong(node, 3, keys), length;
  if (lengths)
    length = node.cast(node.reshape(lengths, {lengths.count(), 1, 1, 1}), i32);
  if (isCausal) {
    // The last query stands at the last key that there is.
    Tensor offset = node.integers(Shape{}, past, i32);
    if (lengths)
      offset = node.map(length, i32,
                        [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.sub(x[0], s.integer(queries)); });
    Tensor position = node.map({countAlong(node, 2, queries), offset}, i32,
                               [](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(x[0], x[1]); });
    parts.push_back(maskBias(node, compare(node, column, position, /*orEqual=*/true)));
  }
  if (lengths)
    parts.push_back(maskBias(node, compare(node, column, length, /*orEqual=*/false)));
  if (parts.size() < 2)
    return parts.empty() ? Tensor() : parts.front();
  return node.map(parts, node.getBuilder().getF32Type(), [](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = s.add(x[0], x[1]);
    return x.size() == 2 ? sum : s.add(sum, x[2]);
  });
}

/// Whether shapes of attention's operands fit each other.
static bool fits(const AttentionOperands &operands) {
  const Shape &query = operands.query.shape, &key = operands.key.shape, &value = operands.value.shape;
  return query.size() == 4 && key.size() == 4 && value.size() == 4 && query[0] == key[0] &&
         key[0] == value[0] && key[1] == value[1] && key[2] == value[2] && query[3] == key[3] && key[1] > 0 &&
         query[1] % key[1] == 0;
}

static Results convertAttention(Node &node) {
  bool isCausal = node.integerAttr("is_causal", 0);
  int64_t queryHeads = node.integerAttr("q_num_heads", 0), keyHeads = node.integerAttr("kv_num_heads", 0),
          mode = node.integerAttr("qk_matmul_output_mode", 0);
  AttentionOperands operands;
  operands.softcap = node.realAttr("softcap", 0);
  operands.scale = node.realAttr("scale", 0);
  node.ignoreAttr("softmax_precision"); // everything is computed in float32
  bool isFlat = node.input(0).rank() == 3;
  if (isFlat && (queryHeads < 1 || keyHeads < 1))
    return node.refuse("q_num_heads and kv_num_heads are needed for operands of rank 3");
  auto heads = [&](size_t index, int64_t count) {
    return isFlat && node.input(index).rank() == 3 ? splitHeads(node, node.input(index), count)
                                                   : node.input(index);
  };
  operands.query = heads(0, queryHeads);
  operands.key = heads(1, keyHeads);
  operands.value = heads(2, keyHeads);
  int64_t past = 0;
  if (node.has(4) && node.has(5)) {
    past = node.input(4).shape[2];
    operands.key = node.concat({node.input(4), operands.key}, 2);
    operands.value = node.concat({node.input(5), operands.value}, 2);
  }
  if (!fits(operands) || mode < 0 || mode > 3)
    return node.refuse("the operands' shapes or qk_matmul_output_mode do not fit");
  if (!node.hasAttribute("scale"))
    operands.scale = 1 / std::sqrt(static_cast<double>(operands.query.shape[3]));
  operands.bias = attentionBias(node, isCausal, past, operands.query.shape[2], operands.key.shape[2]);
  AttentionSteps steps = attend(node, operands);
  Type element = node.input(0).element;
  Tensor output = node.cast(steps.output, element);
  const Tensor *shown[] = {&steps.scores, &steps.capped, &steps.biased, &steps.probabilities};
  return {{isFlat ? joinHeads(node, output) : output, operands.key, operands.value,
           node.cast(*shown[mode], element)}};
}

static Results convertFlexAttention(Node &node) {
  AttentionOperands operands;
  operands.scale = node.realAttr("scale", 0);
  node.ignoreAttr("softmax_precision"); // everything is computed in float32
  operands.query = node.input(0);
  operands.key = node.input(1);
  operands.value = node.input(2);
  if (!fits(operands))
    return node.refuse("the operands' shapes do not fit");
  if (!node.hasAttribute("scale"))
    operands.scale = 1 / std::sqrt(static_cast<double>(operands.query.shape[3]));
  return {{node.cast(attend(node, operands).output, operands.query.element)}};
}

/// The rows of a table [positions, n] of cosines or sines that `positions` [B, S] names, or the table itself
/// [B, S, n]; as [B, S, 1, n].
static Tensor rotaryAngles(Node &node, const Tensor &table, const Tensor &positions, int64_t width) {
  Tensor rows = table;
  if (positions)
    rows = node.reshape(node.gather(table, node.reshape(positions, {positions.count()})),
                        {positions.shape[0], positions.shape[1], table.shape[1]});
  rows = node.slice(rows, 2, 0, width);
  return node.reshape(rows, {rows.shape[0], rows.shape[1], 1, width});
}

/// Pairs of elements of each head turned by the angles of their position.
static Results convertRotaryEmbedding(Node &node) {
  bool interleaved = node.integerAttr("interleaved", 0);
  int64_t heads = node.integerAttr("num_heads", 0), turned = node.integerAttr("rotary_embedding_dim", 0);
  const Tensor &input = node.input(0), &positions = node.input(3);
  bool isFlat = input.rank() == 3;
  if ((!isFlat && input.rank() != 4) || (isFlat && (heads < 1 || input.shape[2] % heads != 0)))
    return node.refuse("the input's shape or num_heads do not fit");
  // [B, S, H, D]
  Tensor x = isFlat ? node.reshape(input, {input.shape[0], input.shape[1], heads, input.shape[2] / heads})
                    : node.transpose(input, {0, 2, 1, 3});
  turned = turned == 0 ? x.shape[3] : turned;
  int64_t half = turned / 2;
  if (turned % 2 != 0 || turned > x.shape[3] || node.input(1).shape.back() < half ||
      node.input(1).rank() != (positions ? 2 : 3))
    return node.refuse("rotary_embedding_dim or the caches do not fit the input");
  Tensor cosine = rotaryAngles(node, node.input(1), positions, half),
         sine = rotaryAngles(node, node.input(2), positions, half);
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
  Tensor result = node.concat({real, node.slice(x, 3, turned, x.shape[3] - turned)}, 3);
  if (!isFlat)
    result = node.transpose(result, {0, 2, 1, 3});
  return {{node.reshape(result, input.shape)}};
}

void addAttention(OperatorTable &table) {
  table.add("Attention", 23, convertAttention);
  table.add("FlexAttention", 1, convertFlexAttention, "ai.onnx.preview");
  table.add("RotaryEmbedding", 23, convertRotaryEmbedding);
}

} // namespace sluice::conversion
