//===- Experts.cpp - Mixtures of experts ----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Experts.h"

#include "Families.h"
#include "OperatorTable.h"

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

namespace {
/// A mixture-of-experts node: each row of the input goes through the k experts that its router likes best.
class Experts {
public:
  Experts(Node &node, bool isQuantized)
      : node(node), f32(node.getBuilder().getF32Type()), i32(node.getBuilder().getI32Type()) {
    format.isQuantized = isQuantized;
  }

  Results convert();

private:
  bool readAttributes();
  void readOperands();
  bool measure();
  Tensor apply(const ExpertLayer &layer, const Tensor &x, ChooseExperts choose);
  Tensor activate(const Tensor &x, const Tensor &factor);
  Tensor swiGlu(const Tensor &gate, const Tensor &linear);
  Tensor throughAll();
  Tensor throughChosen();
  Tensor expertsOf(const Tensor &x, ChooseExperts choose);

  Node &node;
  Type f32, i32, element;
  /// Of numbers between layers: quantized experts compute in f32, as ONNX Runtime's do.
  Type between;
  std::string activation;
  int64_t fusion = 0;
  ExpertFormat format;
  double alpha = 1, beta = 0, limit = 0;
  bool isLimited = false;

  ExpertLayer up, down, third;
  int64_t rows = 0, width = 0, count = 0;
  Routing routing;
  Routed routed;
};
} // namespace

bool Experts::readAttributes() {
  activation = node.stringAttr("activation_type", "relu").lower();
  routing.best = node.integerAttr("k", 1);
  routing.isNormalized = node.integerAttr("normalize_routing_weights", 0);
  routing.isSparse = node.integerAttr("use_sparse_mixer", 0);
  fusion = node.integerAttr("swiglu_fusion", 0);
  alpha = node.realAttr("activation_alpha", 1);
  beta = node.realAttr("activation_beta", 0);
  isLimited = node.hasAttribute("swiglu_limit");
  limit = node.realAttr("swiglu_limit", 0);
  if (format.isQuantized && !format.read(node))
    return false;
  if (routing.isSparse && routing.best != 2)
    (void)node.refuse("use_sparse_mixer takes two experts, but k = " + llvm::Twine(routing.best));
  if (!llvm::is_contained({"relu", "gelu", "silu", "swiglu", "identity"}, activation))
    (void)node.refuse("activation_type = '" + activation + "' is not supported");
  if (activation == "swiglu" && (fusion < 0 || fusion > 2))
    (void)node.refuse("swiglu_fusion = " + llvm::Twine(fusion) + " is not supported");
  return !node.refused();
}

void Experts::readOperands() {
  auto scores = [&](size_t index) { return node.cast(node.input(index), f32); };
  routing.scores = scores(1);
  if (!format.isQuantized) {
    up = {node.input(2), node.input(3)};
    down = {node.input(4), node.input(5)};
    third = {node.input(6), node.input(7)};
    return;
  }
  up = {node.input(2), node.input(4), node.input(3), node.input(11)};
  down = {node.input(5), node.input(7), node.input(6), node.input(12)};
  third = {node.input(8), node.input(10), node.input(9), node.input(13)};
  if (node.has(14)) {
    routing.shares = scores(14);
    return;
  }
  // As ONNX Runtime's CPU provider, which takes the softmax over the chosen experts in any case.
  routing.isNormalized = true;
}

/// Sizes, and whether they fit each other; refuses them otherwise.
bool Experts::measure() {
  const Tensor &input = node.input(0);
  element = input.element;
  between = format.isQuantized ? f32 : element;
  if (!input.isReal() || input.rank() < 1 || routing.scores.rank() != 2 || up.weights.rank() != 3) {
    (void)node.refuse("input, router_probs or fc1_experts_weights are not real or have the wrong rank");
    return false;
  }
  width = input.shape.back();
  rows = input.count() / std::max<int64_t>(width, 1);
  count = routing.scores.shape[1];
  bool isFused = activation == "swiglu" && fusion != 0;
  if (isFused ? third.weights || up.weights.shape[1] % 2 != 0 : activation == "swiglu" && !third.weights) {
    (void)node.refuse("swiglu_fusion = " + llvm::Twine(fusion) + " does not fit the layers");
    return false;
  }
  int64_t inner = up.weights.shape[1] / (isFused ? 2 : 1);
  up.columns = up.weights.shape[1];
  third.columns = down.depth = inner;
  up.depth = third.depth = down.columns = width;
  if (rows < 1 || routing.best < 1 || routing.best > count) {
    (void)node.refuseAt("k = " + llvm::Twine(routing.best) + " does not fit " + llvm::Twine(count) +
                        " experts, or there are no rows");
    return false;
  }
  expectShape(node, routing.scores, "router_probs", {rows, count});
  expectShape(node, routing.shares, "router_weights", {rows, count});
  checkLayer(node, up, format, count, "fc1");
  checkLayer(node, down, format, count, "fc2");
  if (third.weights)
    checkLayer(node, third, format, count, "fc3");
  return !node.refused();
}

/// The layer of the chosen experts on x [B, M, depth], as [B, M, columns].
Tensor Experts::apply(const ExpertLayer &layer, const Tensor &x, ChooseExperts choose) {
  Tensor result =
      contractReals(node, arrangeRows(node, x, format), chosenWeights(node, layer, format, choose));
  if (!layer.bias)
    return node.cast(result, between);
  Tensor bias = node.reshape(layer.bias, {count, 1, layer.columns});
  return node.map({result, choose(bias)}, between,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], v[1]); });
}

/// Gate times sigmoid of alpha gate times (linear + beta).
Tensor Experts::swiGlu(const Tensor &gate, const Tensor &linear) {
  return node.map({gate, linear}, between, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value g = v[0], l = v[1];
    if (isLimited) {
      g = s.min(g, s.real(limit));
      l = s.max(s.real(-limit), s.min(l, s.real(limit)));
    }
    return s.mul(s.mul(g, sigmoid(s, s.mul(g, s.real(alpha)))), s.add(l, s.real(beta)));
  });
}

/// The activation of x, the first layer's numbers, times `factor`, the third layer's unless that is absent.
Tensor Experts::activate(const Tensor &x, const Tensor &factor) {
  if (activation == "swiglu" && factor)
    return swiGlu(x, factor);
  if (activation == "swiglu") {
    // Gates and linear numbers alternate, or the halves follow each other.
    int64_t inner = x.shape[2] / 2;
    bool alternate = fusion == 1;
    return swiGlu(node.slice(x, 2, 0, inner, alternate ? 2 : 1),
                  node.slice(x, 2, alternate ? 1 : inner, inner, alternate ? 2 : 1));
  }
  llvm::SmallVector<Tensor> operands = {x};
  if (factor)
    operands.push_back(factor);
  return node.map(operands, between, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value result = v[0];
    if (activation == "relu")
      result = s.max(v[0], s.real(0));
    else if (activation == "gelu")
      result = gelu(s, v[0], /*byTanh=*/true);
    else if (activation == "silu")
      result = s.mul(v[0], sigmoid(s, v[0]));
    return v.size() == 2 ? s.mul(result, v[1]) : result;
  });
}

/// Rows x [B, M, width] through the experts that `choose` takes.
Tensor Experts::expertsOf(const Tensor &x, ChooseExperts choose) {
  Tensor factor = third.weights ? apply(third, x, choose) : Tensor();
  return node.cast(apply(down, activate(apply(up, x, choose), factor), choose), f32);
}

/// All rows through all experts; those that were not chosen count nothing, whatever they gave.
Tensor Experts::throughAll() {
  Tensor input = node.broadcast(node.reshape(node.input(0), {1, rows, width}), {count, rows, width});
  Tensor outputs = expertsOf(input, [](const Tensor &all) { return all; });
  auto perExpert = [&](const Tensor &x) { return node.reshape(node.transpose(x, {1, 0}), {count, rows, 1}); };
  Tensor parts =
      node.map({outputs, perExpert(routed.shares), perExpert(routed.ranks)}, f32,
               [&](Scalars &s, llvm::ArrayRef<Value> x) {
                 return s.select(s.less(x[2], s.integer(routing.best)), s.mul(x[0], x[1]), s.real(0));
               });
  return node.reduce(ReduceKind::add, parts, 0);
}

/// Each row through its own experts, whose weights are fetched.
Tensor Experts::throughChosen() {
  int64_t best = routing.best;
  Tensor slot = node.countUp({best, 1}), expert = node.countUp({1, count});
  // One number of each expert where it takes the slot, and 0 elsewhere, adds up to that of the slot's expert.
  auto atSlots = [&](const Tensor &numbers, Type type) {
    Tensor rank = node.reshape(routed.ranks, {rows, 1, count});
    Tensor taken = node.map({rank, slot, numbers}, type, [](Scalars &s, llvm::ArrayRef<Value> x) {
      Value zero = llvm::isa<FloatType>(x[2].getType()) ? s.real(0) : s.integer(0);
      return s.select(s.equal(x[0], x[1]), x[2], zero);
    });
    return node.reshape(node.reduce(ReduceKind::add, taken, 2), {rows * best, 1});
  };
  Tensor chosen = atSlots(expert, i32), share = atSlots(node.reshape(routed.shares, {rows, 1, count}), f32);
  Tensor input = node.broadcast(node.reshape(node.input(0), {rows, 1, width}), {rows, best, width});
  Tensor outputs = expertsOf(node.reshape(input, {rows * best, 1, width}), [&](const Tensor &all) {
    int64_t vectors = all.shape[1], size = all.shape[2];
    Tensor places =
        node.map({chosen, node.countUp({1, vectors})}, i32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
          return s.add(s.mul(x[0], s.integer(vectors)), x[1]);
        });
    Tensor taken =
        node.gather(node.reshape(all, {count * vectors, size}), node.reshape(places, {places.count()}));
    return node.reshape(taken, {rows * best, vectors, size});
  });
  Tensor parts = node.map({node.reshape(outputs, {rows * best, width}), share}, f32,
                          [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
  return node.reduce(ReduceKind::add, node.reshape(parts, {rows, best, width}), 1);
}

Results Experts::convert() {
  if (!readAttributes())
    return failure();
  for (size_t index = 15; index < node.numInputs(); ++index)
    if (node.has(index))
      return node.refuse("input " + llvm::Twine(index) + ", of floating-point weights, is not supported");
  for (size_t index : {0, 1, 2, format.isQuantized ? 5 : 4})
    if (!node.has(index))
      return node.refuse("input " + llvm::Twine(index) + " is missing");
  readOperands();
  if (!measure())
    return failure();
  routed = route(node, routing);
  // Fetching pays where it fetches less than there is.
  Tensor sum = rows * routing.best < count ? throughChosen() : throughAll();
  return {{node.cast(node.reshape(sum, node.input(0).shape), element)}};
}

void addExperts(OperatorTable &table) {
  auto add = [&](llvm::StringRef name, bool isQuantized, llvm::StringRef operands) {
    table.add(
        name, 1, operands, [=](Node &node) { return Experts(node, isQuantized).convert(); },
        onnx::kMicrosoftDomain);
  };
  add("MoE", /*isQuantized=*/false,
      "input:real router_probs:real[2] fc1_experts_weights:real[3] fc1_experts_bias?:real[2] "
      "fc2_experts_weights:real[3] fc2_experts_bias?:real[2] fc3_experts_weights?:real[3] "
      "fc3_experts_bias?:real[2]");
  add("QMoE", /*isQuantized=*/true,
      "input:real router_probs:real[2] fc1_experts_weights:integer[3] fc1_scales:real[2..3] "
      "fc1_experts_bias?:real[2] fc2_experts_weights:integer[3] fc2_scales:real[2..3] "
      "fc2_experts_bias?:real[2] "
      "fc3_experts_weights?:integer[3] fc3_scales?:real[2..3] fc3_experts_bias?:real[2] "
      "fc1_zero_points?:integer[2..3] fc2_zero_points?:integer[2..3] fc3_zero_points?:integer[2..3] "
      "router_weights?:real[2]");
}

} // namespace sluice::conversion
