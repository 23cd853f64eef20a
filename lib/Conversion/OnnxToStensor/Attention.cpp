//===- Attention.cpp - ONNX's attention -----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionCore.h"
#include "OperatorTable.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace sluice::conversion {

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
    Tensor position = addIntegers(node, countAlong(node, 2, queries), offset);
    parts.push_back(maskBias(node, compare(node, column, position, /*orEqual=*/true)));
  }
  if (lengths)
    parts.push_back(maskBias(node, compare(node, column, length, /*orEqual=*/false)));
  return sumOfBiases(node, parts);
}

namespace {
/// Heads of queries, and of keys and values.
struct HeadCounts {
  int64_t queries, keys;
};
} // namespace

/// Refuses keys and values that do not suit the queries, all of shape [B, S, H * D].
static LogicalResult needFlat(Node &node, HeadCounts heads) {
  const Shape &query = node.input(0).shape, &key = node.input(1).shape, &value = node.input(2).shape;
  auto need = [&](llvm::StringRef attribute, int64_t count) {
    return "a last axis that " + attribute.str() + " = " + std::to_string(count) + " divides";
  };
  if (query[2] % heads.queries != 0)
    return node.refuseInput(0, need("q_num_heads", heads.queries));
  if (failed(
          node.needShape(1, {query[0], Node::kAny, countElements({heads.keys, query[2] / heads.queries})})) ||
      failed(node.needShape(2, {query[0], key[1], Node::kAny})))
    return failure();
  return value[2] % heads.keys == 0 ? success() : node.refuseInput(2, need("kv_num_heads", heads.keys));
}

/// The same of shape [B, H, S, D].
static LogicalResult needSplit(Node &node) {
  const Shape &query = node.input(0).shape, &key = node.input(1).shape;
  return success(succeeded(node.needShape(1, {query[0], Node::kAny, Node::kAny, query[3]})) &&
                 succeeded(node.needShape(2, {query[0], key[1], key[2], Node::kAny})));
}

/// Refuses a mask that does not broadcast to the scores' shape; its last axis may be shorter.
static LogicalResult needMask(Node &node, llvm::ArrayRef<int64_t> scores) {
  if (!node.has(3))
    return success();
  Tensor mask, all;
  mask.shape = node.input(3).shape;
  all.shape.assign(scores.begin(), scores.end());
  if (!mask.shape.empty() && mask.shape.back() <= scores.back())
    mask.shape.back() = scores.back();
  std::optional<Shape> common = Emitter::broadcastShape({all, mask});
  if (common && *common == all.shape)
    return success();
  return node.refuseInput(3, "one that broadcasts to " + shapeText(scores));
}

/// Refuses operands whose shapes do not fit; `heads` are counted in operands of rank 4, else given.
static LogicalResult needAttention(Node &node, HeadCounts heads) {
  const Shape &query = node.input(0).shape, &key = node.input(1).shape, &value = node.input(2).shape;
  bool isFlat = query.size() == 3;
  if (failed(isFlat ? needFlat(node, heads) : needSplit(node)))
    return failure();
  if (!isFlat)
    heads = {query[1], key[1]};
  if (heads.keys < 1 || heads.queries % heads.keys != 0)
    return isFlat ? node.refuse("kv_num_heads = " + llvm::Twine(heads.keys) +
                                " does not divide q_num_heads = " + llvm::Twine(heads.queries))
                  : node.refuseInput(1, "a second axis that divides the " + llvm::Twine(heads.queries) +
                                            " heads of " + node.shapeOf(0));
  int64_t depth = isFlat ? query[2] / heads.queries : query[3],
          valueDepth = isFlat ? value[2] / heads.keys : value[3], steps = query[isFlat ? 1 : 2],
          keys = key[isFlat ? 1 : 2];
  if (node.has(4) != node.has(5))
    return node.refuse("of past_key and past_value one is missing");
  if (node.has(4)) {
    int64_t past = node.input(4).shape[2];
    if (failed(node.needShape(4, {query[0], heads.keys, past, depth})) ||
        failed(node.needShape(5, {query[0], heads.keys, past, valueDepth})))
      return failure();
    keys += past;
  }
  if (failed(needMask(node, {query[0], heads.queries, steps, keys})))
    return failure();
  return node.needShape(6, {query[0]});
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
    return node.refuseAt("q_num_heads and kv_num_heads are needed for operands of rank 3");
  if (failed(needAttention(node, {queryHeads, keyHeads})))
    return failure();
  auto heads = [&](size_t index, int64_t count) {
    return isFlat ? splitHeads(node, node.input(index), count) : node.input(index);
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
  if (mode < 0 || mode > 3)
    return node.refuse("qk_matmul_output_mode = " + llvm::Twine(mode) + " is not supported");
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

/// What the node's graph makes of scores or probabilities, in the type that the softmax is to be computed in.
static Tensor applyModifier(Node &node, llvm::StringRef graph, const Tensor &input) {
  Type precision = node.elementType(node.integerAttr("softmax_precision", 1));
  if (!precision)
    return input;
  Results outputs = node.applyGraph(graph, node.cast(input, precision));
  if (failed(outputs))
    return input;
  if (outputs->size() == 1 && outputs->front() && outputs->front().isReal() &&
      outputs->front().shape == input.shape)
    return node.cast(outputs->front(), input.element);
  (void)node.refuse("graph '" + graph + "' does not give one tensor of its input's shape");
  return input;
}

static Results convertFlexAttention(Node &node) {
  AttentionOperands operands;
  operands.scale = node.realAttr("scale", 0);
  node.ignoreAttr("softmax_precision"); // everything but the graphs is computed in float32
  operands.query = node.input(0);
  operands.key = node.input(1);
  operands.value = node.input(2);
  if (failed(needAttention(node, {})))
    return failure();
  if (!node.hasAttribute("scale"))
    operands.scale = 1 / std::sqrt(static_cast<double>(operands.query.shape[3]));
  auto changeScores = [&](const Tensor &input) { return applyModifier(node, "score_mod", input); };
  auto changeProbabilities = [&](const Tensor &input) { return applyModifier(node, "prob_mod", input); };
  if (node.hasGraph("score_mod"))
    operands.changeScores = changeScores;
  if (node.hasGraph("prob_mod"))
    operands.changeProbabilities = changeProbabilities;
  return {{node.cast(attend(node, operands).output, operands.query.element)}};
}

void addAttention(OperatorTable &table) {
  table.add("Attention", 23,
            "Q:real[3..4] K:real[3..4] V:real[3..4] attn_mask?[1..4] past_key?:real[4] past_value?:real[4] "
            "nonpad_kv_seqlen?:integer",
            convertAttention);
  table.add("FlexAttention", 1, "Q:real[4] K:real[4] V:real[4]", convertFlexAttention, "ai.onnx.preview");
}

} // namespace sluice::conversion
