//===- Experts.cpp - Mixtures of experts ----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <numeric>

using namespace mlir;
using sluice::stensor::ReduceKind;

namespace sluice::conversion {

namespace {
/// A mixture-of-experts node: each row of the input goes through the k experts that its router likes best.
class Experts {
public:
  explicit Experts(Node &node)
      : node(node), f32(node.getBuilder().getF32Type()), i32(node.getBuilder().getI32Type()) {}

  Results convert();

private:
  bool readAttributes();
  bool measure();
  void route();
  Tensor product(const Tensor &x, const Tensor &weights, const Tensor &bias);
  Tensor activate(const Tensor &x);
  Tensor swiGlu(const Tensor &x);
  Tensor throughAll();
  Tensor throughChosen();
  Tensor expertsOf(const Tensor &x, llvm::function_ref<Tensor(const Tensor &)> choose);

  Node &node;
  Type f32, i32, element;
  std::string activation;
  int64_t best = 1, fusion = 0;
  double alpha = 1, beta = 0, limit = 0;
  bool isNormalized = false, isLimited = false;

  int64_t rows = 0, width = 0, count = 0;
  /// Of each row, [rows, count]: the experts' shares (f32), and how many experts the router likes better
  /// (i32).
  Tensor shares, ranks;
};
} // namespace

bool Experts::readAttributes() {
  activation = node.stringAttr("activation_type", "relu").lower();
  best = node.integerAttr("k", 1);
  isNormalized = node.integerAttr("normalize_routing_weights", 0);
  fusion = node.integerAttr("swiglu_fusion", 0);
  alpha = node.realAttr("activation_alpha", 1);
  beta = node.realAttr("activation_beta", 0);
  isLimited = node.hasAttribute("swiglu_limit");
  limit = node.realAttr("swiglu_limit", 0);
  if (node.integerAttr("use_sparse_mixer", 0))
    (void)node.refuse("use_sparse_mixer is not supported");
  if (!llvm::is_contained({"relu", "gelu", "silu", "swiglu", "identity"}, activation))
    (void)node.refuse("activation_type = '" + activation + "' is not supported");
  if (activation == "swiglu" && fusion != 1 && fusion != 2)
    (void)node.refuse("swiglu_fusion = " + llvm::Twine(fusion) + " is not supported");
  return !node.refused();
}

/// The operands: input, the router's scores, and for both layers weights and biases [count, columns].
bool Experts::measure() {
  const Tensor &input = node.input(0), &scores = node.input(1), &up = node.input(2), &down = node.input(4);
  element = input.element;
  if (node.has(6) || node.has(7)) {
    (void)node.refuse("a third layer is not supported");
    return false;
  }
  if (input.rank() < 1 || scores.rank() != 2 || up.rank() != 3 || down.rank() != 3)
    return false;
  width = input.shape.back();
  rows = input.count() / std::max<int64_t>(width, 1);
  count = scores.shape[1];
  int64_t inner = up.shape[1] / (activation == "swiglu" ? 2 : 1);
  return scores.shape[0] == rows && best >= 1 && best <= count && rows > 0 && up.shape[0] == count &&
         up.shape[2] == width && down.shape == Shape{count, width, inner};
}

/// Softmax over the experts. Of equal experts the later one is liked better.
void Experts::route() {
  Tensor scores = node.cast(node.input(1), f32);
  Tensor greatest = node.reduce(ReduceKind::max, scores, 1);
  Tensor powers = node.map({scores, greatest}, f32,
                           [](Scalars &s, llvm::ArrayRef<Value> x) { return s.exp(s.sub(x[0], x[1])); });
  auto divideBy = [&](const Tensor &x, const Tensor &sum) {
    return node.map({x, sum}, f32, [](Scalars &s, llvm::ArrayRef<Value> v) { return s.div(v[0], v[1]); });
  };
  shares = divideBy(powers, node.reduce(ReduceKind::add, powers, 1));
  Shape order(count);
  std::iota(order.begin(), order.end(), 0);
  Tensor mine = node.reshape(shares, {rows, count, 1}), other = node.reshape(shares, {rows, 1, count}),
         myPlace = node.integers({count, 1}, order, i32), otherPlace = node.integers({1, count}, order, i32);
  Tensor isBetter =
      node.map({other, mine, otherPlace, myPlace}, i32, [](Scalars &s, llvm::ArrayRef<Value> x) {
        Value isLater = s.bitAnd(s.equal(x[0], x[1]), s.greater(x[2], x[3]));
        return s.toNumber(s.bitOr(s.greater(x[0], x[1]), isLater));
      });
  ranks = node.reshape(node.reduce(ReduceKind::add, isBetter, 2), {rows, count});
  if (!isNormalized)
    return;
  Tensor chosen = node.map({shares, ranks}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.less(x[1], s.integer(best)), x[0], s.real(0));
  });
  shares = divideBy(shares, node.reduce(ReduceKind::add, chosen, 1));
}

/// x [B, M, K] times weights [B, N, K], plus bias [B, 1, N] unless that is absent; of the input's type.
Tensor Experts::product(const Tensor &x, const Tensor &weights, const Tensor &bias) {
  auto withDepth = [&](const Tensor &tensor) {
    return node.reshape(tensor, {tensor.shape[0], tensor.shape[1], 1, tensor.shape[2]});
  };
  Tensor result = contractReals(node, withDepth(x), withDepth(weights));
  if (!bias)
    return node.cast(result, element);
  return node.map({result, bias}, element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], v[1]); });
}

/// Gate times sigmoid of alpha gate times (linear + beta). Gates and linear numbers alternate, or the halves
/// follow each other.
Tensor Experts::swiGlu(const Tensor &x) {
  int64_t inner = x.shape[2] / 2;
  bool alternate = fusion == 1;
  Tensor gate = node.slice(x, 2, 0, inner, alternate ? 2 : 1),
         linear = node.slice(x, 2, alternate ? 1 : inner, inner, alternate ? 2 : 1);
  return node.map({gate, linear}, element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    Value g = v[0], l = v[1];
    if (isLimited) {
      g = s.min(g, s.real(limit));
      l = s.max(s.real(-limit), s.min(l, s.real(limit)));
    }
    return s.mul(s.mul(g, sigmoid(s, s.mul(g, s.real(alpha)))), s.add(l, s.real(beta)));
  });
}

Tensor Experts::activate(const Tensor &x) {
  if (activation == "swiglu")
    return swiGlu(x);
  return node.map(x, element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    if (activation == "relu")
      return s.max(v[0], s.real(0));
    if (activation == "gelu")
      return gelu(s, v[0], /*byTanh=*/true);
    return activation == "silu" ? s.mul(v[0], sigmoid(s, v[0])) : v[0];
  });
}

/// Rows x [B, M, width] through the experts that `choose` takes, B of them, out of a tensor [count, ...].
Tensor Experts::expertsOf(const Tensor &x, llvm::function_ref<Tensor(const Tensor &)> choose) {
  auto layer = [&](const Tensor &rowsOf, size_t index) {
    const Tensor &bias = node.input(index + 1);
    Tensor chosen = bias ? choose(node.reshape(bias, {count, 1, bias.shape[1]})) : Tensor();
    return product(rowsOf, choose(node.input(index)), chosen);
  };
  return node.cast(layer(activate(layer(x, 2)), 4), f32);
}

/// All rows through all experts; those that were not chosen count nothing, whatever they gave.
Tensor Experts::throughAll() {
  Tensor input = node.broadcast(node.reshape(node.input(0), {1, rows, width}), {count, rows, width});
  Tensor outputs = expertsOf(input, [](const Tensor &all) { return all; });
  auto perExpert = [&](const Tensor &x) { return node.reshape(node.transpose(x, {1, 0}), {count, rows, 1}); };
  Tensor parts =
      node.map({outputs, perExpert(shares), perExpert(ranks)}, f32, [&](Scalars &s, llvm::ArrayRef<Value> x) {
        return s.select(s.less(x[2], s.integer(best)), s.mul(x[0], x[1]), s.real(0));
      });
  return node.reduce(ReduceKind::add, parts, 0);
}

/// Each row through its own experts, whose weights are fetched.
Tensor Experts::throughChosen() {
  Shape slots(best), experts(count);
  std::iota(slots.begin(), slots.end(), 0);
  std::iota(experts.begin(), experts.end(), 0);
  Tensor slot = node.integers({best, 1}, slots, i32), expert = node.integers({1, count}, experts, i32);
  // One number of each expert where it takes the slot, and 0 elsewhere, adds up to that of the slot's expert.
  auto atSlots = [&](const Tensor &numbers, Type type) {
    Tensor rank = node.reshape(ranks, {rows, 1, count});
    Tensor taken = node.map({rank, slot, numbers}, type, [](Scalars &s, llvm::ArrayRef<Value> x) {
      Value zero = llvm::isa<FloatType>(x[2].getType()) ? s.real(0) : s.integer(0);
      return s.select(s.equal(x[0], x[1]), x[2], zero);
    });
    return node.reshape(node.reduce(ReduceKind::add, taken, 2), {rows * best, 1});
  };
  Tensor chosen = atSlots(expert, i32), share = atSlots(node.reshape(shares, {rows, 1, count}), f32);
  Tensor input = node.broadcast(node.reshape(node.input(0), {rows, 1, width}), {rows, best, width});
  Tensor outputs = expertsOf(node.reshape(input, {rows * best, 1, width}), [&](const Tensor &all) {
    int64_t vectors = all.shape[1], size = all.shape[2];
    Shape order(vectors);
    std::iota(order.begin(), order.end(), 0);
    Tensor places = node.map(
        {chosen, node.integers({1, vectors}, order, i32)}, i32,
        [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.add(s.mul(x[0], s.integer(vectors)), x[1]); });
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
  if (!measure())
    return node.refuse("k and the operands' shapes do not fit");
  route();
  // Fetching pays where it fetches less than there is.
  Tensor sum = rows * best < count ? throughChosen() : throughAll();
  return {{node.cast(node.reshape(sum, node.input(0).shape), element)}};
}

void addExperts(OperatorTable &table) {
  table.add("MoE", 1, [](Node &node) { return Experts(node).convert(); }, onnx::kMicrosoftDomain);
}

} // namespace sluice::conversion
