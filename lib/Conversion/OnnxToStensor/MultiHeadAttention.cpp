//===- MultiHeadAttention.cpp - ONNX Runtime's attention with padding -----===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"
#include "Families.h"
#include "OperatorTable.h"

#include <cmath>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// The attributes that MultiHeadAttention and Attention share.
struct MaskedAttention {
  explicit MaskedAttention(Node &node)
      : heads(node.integerAttr("num_heads", 0)), isCausal(node.integerAttr("unidirectional", 0)),
        scale(node.realAttr("scale", 0)), filter(node.realAttr("mask_filter_value", -10000)) {}

  int64_t heads;
  bool isCausal;
  double scale;  ///< 0: 1 / sqrt(head size)
  double filter; ///< added to the scores of masked keys
};
} // namespace

/// What a padding mask adds to the scores [B, H, S, T]. A mask is [B], how many keys there are; [2 * B],
/// those and then where they begin; or [B, T] or [B, S, T], not 0 where a key may be attended to. None,
/// refused, for others.
static std::optional<Tensor> paddingBias(Node &node, const Tensor &mask, double filter, int64_t batch,
                                         int64_t steps, int64_t keys) {
  OpBuilder &builder = node.getBuilder();
  Tensor given = node.cast(mask, builder.getI32Type()), place = countAlong(node, 3, keys), allowed;
  auto perBatch = [&](int64_t first) {
    return node.reshape(node.slice(given, 0, first, batch), {batch, 1, 1, 1});
  };
  if (mask.shape == Shape{batch}) {
    allowed = compare(node, place, perBatch(0), /*orEqual=*/false);
  } else if (mask.shape == Shape{2 * batch}) {
    allowed = node.map({perBatch(batch), place, perBatch(0)}, builder.getI1Type(),
                       [](Scalars &s, llvm::ArrayRef<Value> x) {
                         return s.bitAnd(s.lessOrEqual(x[0], x[1]), s.less(x[1], x[2]));
                       });
  } else if (mask.shape == Shape{batch, keys} || mask.shape == Shape{batch, steps, keys}) {
    Tensor set = node.reshape(given, {batch, 1, mask.rank() == 3 ? steps : 1, keys});
    allowed = compare(node, node.splat(set.element, {}, 0), set, /*orEqual=*/false);
  } else if (mask.rank() == 2 && mask.shape[1] == 1 && (mask.shape[0] == 1 || mask.shape[0] == batch)) {
    return Tensor(); // stands for no mask
  } else {
    (void)node.refuseShapes("num_heads");
    return std::nullopt;
  }
  return node.map(allowed, builder.getF32Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(x[0], s.real(0), s.real(filter));
  });
}

/// Attention of operands whose keys follow `past` ones; outputs [B, S, H * E] and the biased scores, of
/// `element`. Refuses what does not fit.
static std::optional<std::pair<Tensor, Tensor>> attendMasked(Node &node, const MaskedAttention &attributes,
                                                             AttentionOperands operands, int64_t past,
                                                             const Tensor &mask, const Tensor &bias) {
  if (!fitTogether(operands)) {
    (void)node.refuseShapes("num_heads");
    return std::nullopt;
  }
  const Shape &query = operands.query.shape;
  int64_t steps = query[2], keys = operands.key.shape[2];
  operands.scale = attributes.scale == 0 ? 1 / std::sqrt(static_cast<double>(query[3])) : attributes.scale;
  llvm::SmallVector<Tensor> parts;
  if (mask) {
    std::optional<Tensor> padding = paddingBias(node, mask, attributes.filter, query[0], steps, keys);
    if (!padding)
      return std::nullopt;
    if (*padding)
      parts.push_back(*padding);
  }
  if (bias)
    parts.push_back(node.cast(bias, node.getBuilder().getF32Type()));
  if (attributes.isCausal && steps > 1) {
    Tensor limit = addIntegers(node, countAlong(node, 2, steps),
                               node.integers(Shape{}, past, node.getBuilder().getI32Type()));
    parts.push_back(maskBias(node, compare(node, countAlong(node, 3, keys), limit, /*orEqual=*/true)));
  }
  operands.bias = sumOfBiases(node, parts);
  AttentionSteps result = attend(node, operands);
  Type element = operands.query.element;
  return std::pair(joinHeads(node, node.cast(result.output, element)), node.cast(result.biased, element));
}

static Tensor addBias(Node &node, const Tensor &x, const Tensor &bias, int64_t offset) {
  if (!bias)
    return x;
  Tensor part = node.slice(bias, 0, offset, x.shape.back());
  return node.map({x, part}, x.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], v[1]); });
}

/// Part `index` of vectors packed as [B, S, H, count, D], as [B, S, H * D].
static Tensor unpack(Node &node, const Tensor &packed, int64_t index) {
  const Shape &shape = packed.shape;
  return node.reshape(node.slice(packed, 3, index, 1), {shape[0], shape[1], shape[2] * shape[4]});
}

static Results convertMultiHeadAttention(Node &node) {
  MaskedAttention attributes(node);
  const Tensor &first = node.input(0), &bias = node.input(3);
  Tensor query = first, key = node.input(1), value = node.input(2);
  int64_t heads = attributes.heads;
  if (node.has(8) || node.has(9))
    return node.refuse("past_sequence_length and cache_indirection are not supported");
  if (first.rank() == 5 && !key && !value && first.shape[3] == 3) {
    query = unpack(node, first, 0);
    key = unpack(node, first, 1);
    value = unpack(node, first, 2);
  } else if (key && key.rank() == 5 && !value && key.shape[3] == 2) {
    value = unpack(node, key, 1);
    key = unpack(node, node.input(1), 0);
  }
  bool areSplit = key && value && key.rank() == 4 && value.rank() == 4;
  bool areFlat = key && value && key.rank() == 3 && value.rank() == 3;
  if (query.rank() != 3 || heads < 1 || query.shape[2] % heads != 0 || (!areSplit && !areFlat) ||
      (areFlat && (key.shape[2] != query.shape[2] || value.shape[2] % heads != 0)))
    return node.refuseShapes("num_heads");
  int64_t width = query.shape[2];
  if (bias && (bias.rank() != 1 || bias.shape[0] < 2 * width + (areFlat ? value.shape[2] : 0)))
    return node.refuseInput(3, llvm::Twine(2 * width + (areFlat ? value.shape[2] : 0)));
  AttentionOperands operands;
  operands.query = splitHeads(node, addBias(node, query, bias, 0), heads);
  operands.key = areSplit ? key : splitHeads(node, addBias(node, key, bias, width), heads);
  operands.value = areSplit ? value : splitHeads(node, addBias(node, value, bias, 2 * width), heads);
  int64_t past = 0;
  if (node.has(6) && node.has(7)) {
    Shape before = operands.key.shape, valuesBefore = operands.value.shape;
    before[2] = Node::kAny;
    valuesBefore[2] = node.input(6).shape[2];
    if (failed(node.needShape(6, before)) || failed(node.needShape(7, valuesBefore)))
      return failure();
    past = node.input(6).shape[2];
    operands.key = node.concat({node.input(6), operands.key}, 2);
    operands.value = node.concat({node.input(7), operands.value}, 2);
  }
  auto result = attendMasked(node, attributes, operands, past, node.input(4), node.input(5));
  if (!result)
    return failure();
  return {{result->first, operands.key, operands.value, result->second}};
}

/// One new position of a cache with room for it, [B, H, positions, D]; how many positions come before it is
/// known when it runs.
static Results convertDecoderMasked(Node &node) {
  MaskedAttention attributes(node);
  node.ignoreAttr("past_present_share_buffer"); // the cache's shape says it
  const Tensor &query = node.input(0), &key = node.input(1), &value = node.input(2), &mask = node.input(3),
               &extra = node.input(4), &pastKey = node.input(5), &pastValue = node.input(6),
               &bias = node.input(10);
  int64_t heads = attributes.heads;
  if (node.has(9) || !pastKey || !pastValue || !node.has(7))
    return node.refuse(
        "only self-attention with past_sequence_length and without cache_indirection is supported");
  if (query.rank() != 3 || query.shape[1] != 1 || key.shape != query.shape || value.rank() != 3 ||
      value.shape[1] != 1 || heads < 1 || query.shape[2] % heads != 0 || value.shape[2] % heads != 0 ||
      pastKey.rank() != 4 || pastValue.rank() != 4 || node.input(7).count() != 1)
    return node.refuseShapes("num_heads");
  int64_t width = query.shape[2], present = pastKey.shape[2];
  Type i32 = node.getBuilder().getI32Type(), f32 = node.getBuilder().getF32Type();
  Tensor start = node.cast(node.reshape(node.input(7), {1, 1, 1, 1}), i32);
  AttentionOperands operands;
  operands.query = splitHeads(node, addBias(node, query, bias, 0), heads);
  operands.key =
      extendCache(node, pastKey, splitHeads(node, addBias(node, key, bias, width), heads), start, present);
  operands.value = extendCache(
      node, pastValue, splitHeads(node, addBias(node, value, bias, 2 * width), heads), start, present);
  auto lengthen = [&](const Tensor &part) {
    Shape none(part.rank(), 0), high(part.rank(), 0);
    high.back() = part.shape.back() == 1 ? 0 : present - part.shape.back();
    return node.pad(part, none, high, 0);
  };
  Tensor known = maskBias(node, compare(node, countAlong(node, 3, present), start, /*orEqual=*/true));
  llvm::SmallVector<Tensor> parts = {known};
  if (mask) {
    std::optional<Tensor> padding =
        paddingBias(node, mask, attributes.filter, query.shape[0], 1, mask.shape.back());
    if (!padding)
      return failure();
    if (*padding)
      parts.push_back(lengthen(*padding));
  }
  if (extra)
    parts.push_back(lengthen(node.cast(extra, f32)));
  auto result = attendMasked(node, attributes, operands, 0, Tensor(), sumOfBiases(node, parts));
  if (!result)
    return failure();
  return {{result->first, operands.key, operands.value}};
}

/// Query, key and value are products of the input with parts of one matrix; past and present hold keys, then
/// values, [2, B, H, positions, D].
static Results convertAttention(Node &node) {
  MaskedAttention attributes(node);
  const Tensor &input = node.input(0), &weights = node.input(1), &bias = node.input(2), &past = node.input(4);
  int64_t heads = attributes.heads;
  if (node.integerAttr("do_rotary", 0) || node.integerAttr("past_present_share_buffer", 0) || node.has(6))
    return node.refuse("do_rotary, past_present_share_buffer and past_sequence_length are not supported");
  node.ignoreAttr("rotary_embedding_dim"); // of do_rotary
  Shape third(3, weights.rank() == 2 ? weights.shape[1] / 3 : 0);
  Shape widths = node.integersAttr("qkv_hidden_sizes").value_or(third);
  if (input.rank() != 3 || weights.rank() != 2 || weights.shape[0] != input.shape[2] || widths.size() != 3 ||
      heads < 1 || widths[0] + widths[1] + widths[2] != weights.shape[1] || widths[0] != widths[1] ||
      llvm::any_of(widths, [&](int64_t width) { return width % heads != 0; }))
    return node.refuseShapes("num_heads and qkv_hidden_sizes");
  int64_t batch = input.shape[0], steps = input.shape[1], depth = input.shape[2], columns = weights.shape[1];
  Tensor product = contractReals(node, node.reshape(input, {1, batch * steps, 1, depth}),
                                 node.reshape(node.transpose(weights, {1, 0}), {1, columns, 1, depth}));
  product = addBias(node, node.reshape(product, {batch, steps, columns}), bias, 0);
  product = node.cast(product, input.element);
  AttentionOperands operands;
  Tensor *parts[] = {&operands.query, &operands.key, &operands.value};
  int64_t offset = 0;
  for (auto [part, width] : llvm::zip(parts, widths)) {
    *part = splitHeads(node, node.slice(product, 2, offset, width), heads);
    offset += width;
  }
  int64_t before = 0;
  if (past) {
    Shape expected = operands.key.shape;
    if (operands.key.shape != operands.value.shape)
      return node.refuse("past with keys and values of different sizes is not supported");
    if (failed(node.needShape(4, {2, expected[0], expected[1], Node::kAny, expected[3]})))
      return failure();
    before = expected[2] = past.shape[3];
    operands.key = node.concat({node.reshape(node.slice(past, 0, 0, 1), expected), operands.key}, 2);
    operands.value = node.concat({node.reshape(node.slice(past, 0, 1, 1), expected), operands.value}, 2);
  }
  auto result = attendMasked(node, attributes, operands, before, node.input(3), node.input(5));
  if (!result)
    return failure();
  Tensor present;
  if (operands.key.shape == operands.value.shape) {
    Shape one = operands.key.shape;
    one.insert(one.begin(), 1);
    present = node.concat({node.reshape(operands.key, one), node.reshape(operands.value, one)}, 0);
  }
  return {{result->first, present}};
}

void addMultiHeadAttention(OperatorTable &table) {
  table.add("MultiHeadAttention", 1,
            "query:real[3..5] key?:real[3..5] value?:real[3..5] bias?:real[1] key_padding_mask?:integer "
            "attention_bias?:real past_key?:real[4] past_value?:real[4] past_sequence_length?:integer "
            "cache_indirection?:integer",
            convertMultiHeadAttention, onnx::kMicrosoftDomain);
  table.add("DecoderMaskedMultiHeadAttention", 1,
            "query:real[3] key:real[3] value:real[3] mask_index?:integer[1..] attention_bias?:real[1..] "
            "past_key?:real[4] past_value?:real[4] past_sequence_length?:integer! beam_width?:integer "
            "cache_indirection?:integer bias?:real[1]",
            convertDecoderMasked, onnx::kMicrosoftDomain);
  table.add("Attention", 1,
            "input:real[3] weights:real[2] bias?:real[1] mask_index?:integer past?:real[5] "
            "attention_bias?:real past_sequence_length?:integer",
            convertAttention, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
