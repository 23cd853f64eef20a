//===- LinearAttention.cpp - Recurrent attention and its convolution ------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <cmath>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// Sizes of a LinearAttention node.
struct LinearSizes {
  int64_t batch, steps, queryHeads, heads, depth, columns;
};
} // namespace

/// Operand [batch, steps, heads * rest] in f32 as [steps, batch * heads, rest...].
static Tensor byStep(Node &node, const Tensor &operand, const LinearSizes &sizes,
                     llvm::ArrayRef<int64_t> rest) {
  int64_t each = countElements(rest);
  Tensor x = node.cast(operand, node.getBuilder().getF32Type());
  x = node.transpose(node.reshape(x, {sizes.batch, sizes.steps, sizes.heads, each}), {1, 0, 2, 3});
  Shape shape = {sizes.steps, sizes.batch * sizes.heads};
  shape.append(rest.begin(), rest.end());
  return node.reshape(x, shape);
}

/// Step `step` of what byStep gave, without the dimension of steps.
static Tensor takeStep(Node &node, const Tensor &x, int64_t step) {
  return node.reshape(node.slice(x, 0, step, 1), Shape(x.shape.begin() + 1, x.shape.end()));
}

/// Reads the sizes; none, refused, if the operands do not fit.
static std::optional<LinearSizes> linearSizes(Node &node) {
  int64_t queryHeads = node.integerAttr("q_num_heads", 0), heads = node.integerAttr("kv_num_heads", 0);
  const Shape &query = node.input(0).shape, &key = node.input(1).shape, &value = node.input(2).shape;
  bool fits = query.size() == 3 && key.size() == 3 && value.size() == 3 && heads > 0 &&
              queryHeads % heads == 0 && queryHeads > 0 && query[2] % queryHeads == 0 &&
              key[2] == query[2] / queryHeads * heads && value[2] % heads == 0;
  if (!fits) {
    (void)node.refuseShapes("q_num_heads and kv_num_heads");
    return std::nullopt;
  }
  return LinearSizes{query[0], query[1], queryHeads, heads, query[2] / queryHeads, value[2] / heads};
}

/// A state [depth, columns] for each head, to which every step adds the product of its key and value (or of
/// what the state lacks of that value: the delta rules) after the state decayed (the gated rules), and from
/// which its query reads.
static Results convertLinearAttention(Node &node) {
  llvm::StringRef rule = node.stringAttr("update_rule", "gated_delta");
  double scale = node.realAttr("scale", 0);
  node.ignoreAttr("chunk_size"); // how to compute, not what
  std::optional<LinearSizes> sizes = linearSizes(node);
  if (!sizes)
    return failure();
  bool isGated = rule.starts_with("gated"), isDelta = rule.ends_with("delta");
  if (rule != "linear" && rule != "gated" && !isDelta)
    return node.refuse("update_rule = '" + rule + "' is not supported");
  if ((isGated && !node.has(4)) || (isDelta && !node.has(5)))
    return node.refuse("update_rule = '" + rule + "' needs decay or beta");
  if (!checkSteps(node, sizes->steps))
    return failure();
  auto [batch, steps, queryHeads, heads, depth, columns] = *sizes;
  int64_t all = batch * heads, group = queryHeads / heads;
  Type f32 = node.getBuilder().getF32Type(), element = node.input(0).element;
  Tensor query = byStep(node, node.input(0), *sizes, {group, depth}),
         key = byStep(node, node.input(1), *sizes, {1, depth}),
         value = byStep(node, node.input(2), *sizes, {columns, 1}), decay, beta;
  if (isGated) {
    decay = byStep(node, node.input(4), *sizes, {1, node.input(4).shape[2] / heads});
    decay = node.map(decay, f32, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.exp(x[0]); });
  }
  if (isDelta)
    beta = byStep(node, node.broadcast(node.input(5), {batch, steps, heads}), *sizes, {1, 1});
  Tensor state = node.splat(f32, {all, columns, depth}, 0);
  if (node.has(3))
    state = node.reshape(node.transpose(node.cast(node.input(3), f32), {0, 1, 3, 2}), {all, columns, depth});

  auto product = [&](const Tensor &a, const Tensor &b) {
    return contractReals(node, node.reshape(a, {all, a.shape[1], 1, depth}),
                         node.reshape(b, {all, b.shape[1], 1, depth}));
  };
  llvm::SmallVector<Tensor> outputs;
  for (int64_t step = 0; step < steps; ++step) {
    Tensor k = takeStep(node, key, step), v = takeStep(node, value, step);
    if (isGated)
      state = node.map({state, takeStep(node, decay, step)}, f32,
                       [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
    if (isDelta)
      v = node.map({v, product(state, k), takeStep(node, beta, step)}, f32,
                   [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[2], s.sub(x[0], x[1])); });
    state = node.map({k, v, state}, f32,
                     [](Scalars &s, llvm::ArrayRef<Value> x) { return s.fma(x[0], x[1], x[2]); });
    outputs.push_back(product(takeStep(node, query, step), state));
  }
  Tensor output = node.reshape(node.concat(outputs, 0), {steps, batch, queryHeads, columns});
  output = node.reshape(node.transpose(output, {1, 0, 2, 3}), {batch, steps, queryHeads * columns});
  double factor = scale != 0 ? scale : 1 / std::sqrt(static_cast<double>(depth));
  output = node.map(output, element,
                    [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], s.real(factor)); });
  state = node.transpose(node.reshape(state, {batch, heads, columns, depth}), {0, 1, 3, 2});
  return {{output, node.cast(state, element)}};
}

/// A depthwise convolution along the last dimension that sees the past alone: the state is the elements
/// before the first.
static Results convertCausalConv(Node &node) {
  llvm::StringRef activation = node.stringAttr("activation", "none");
  const Tensor &input = node.input(0), &weight = node.input(1), &bias = node.input(2), &past = node.input(3);
  bool isSilu = activation == "silu" || activation == "swish";
  if (!isSilu && activation != "none")
    return node.refuse("activation = '" + activation + "' is not supported");
  if (weight.shape[2] < 1)
    return node.refuse("the weights have no taps");
  if (failed(node.needShape(3, {input.shape[0], input.shape[1], weight.shape[2] - 1})))
    return failure();
  int64_t taps = weight.shape[2], steps = input.shape[2], channels = input.shape[1];
  Tensor padded = past ? node.concat({past, input}, 2) : node.pad(input, {0, 0, taps - 1}, {0, 0, 0}, 0);
  llvm::SmallVector<Tensor> operands;
  for (int64_t tap = 0; tap < taps && !node.refused(); ++tap) {
    operands.push_back(node.slice(padded, 2, tap, steps));
    operands.push_back(node.reshape(node.slice(weight, 2, tap, 1), {1, channels, 1}));
  }
  if (bias)
    operands.push_back(node.reshape(bias, {1, channels, 1}));
  Tensor result = node.map(operands, input.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = s.mul(x[0], x[1]);
    for (int64_t tap = 1; tap < taps; ++tap)
      sum = s.fma(x[2 * tap], x[2 * tap + 1], sum);
    if (bias)
      sum = s.add(sum, x.back());
    return isSilu ? s.div(sum, s.add(s.real(1), s.exp(s.negate(sum)))) : sum;
  });
  return {{result, node.slice(padded, 2, steps, taps - 1)}};
}

void addLinearAttention(OperatorTable &table) {
  table.add("LinearAttention", 27,
            "query:real[3] key:real[3] value:real[3] past_state?:real[4] decay?:real[3] beta?:real[3]",
            convertLinearAttention);
  table.add("CausalConvWithState", 27,
            "input:real[B,C,_] weight:real[C,1,_] bias?:real[C] past_state?:real[B,C,_]", convertCausalConv);
  // Where both came from.
  table.add("LinearAttention", 1,
            "query:real[3] key:real[3] value:real[3] past_state?:real[4] decay?:real[3] beta?:real[3]",
            convertLinearAttention, onnx::kMicrosoftDomain);
  table.add("CausalConvWithState", 1,
            "input:real[B,C,_] weight:real[C,1,_] bias?:real[C] past_state?:real[B,C,_]", convertCausalConv,
            onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
