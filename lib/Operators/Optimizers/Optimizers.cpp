//===- Optimizers.cpp - Steps of optimisers -------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "sluice/Conversion/OptionalOperators.h"

#include <cmath>

using namespace mlir;

namespace sluice::conversion {

static constexpr llvm::StringLiteral kTrainingDomain = "ai.onnx.preview.training";

namespace {
/// The operands of one optimised tensor: the learning rate and the number of the step, the tensor, its
/// gradient and what the optimiser keeps with it.
struct Optimised {
  Tensor rate, step;
  llvm::SmallVector<Tensor> tensors;
};
} // namespace

/// A step for each tensor. A node lists all tensors, then all gradients, and so on; its results likewise.
static Results optimiseEach(Node &node, size_t operands,
                            llvm::function_ref<llvm::SmallVector<Tensor>(const Optimised &)> step) {
  size_t count = node.numInputs() < 2 ? 0 : (node.numInputs() - 2) / operands;
  if (count == 0 || node.numInputs() != 2 + count * operands)
    return node.refuseAt("it does not have a rate, a step and " + llvm::Twine(operands) + " tensors each");
  for (size_t index = 2 + count; index < node.numInputs(); ++index)
    if (failed(node.needShape(index, node.input(2 + (index - 2) % count).shape)))
      return failure();
  Type f32 = node.getBuilder().getF32Type();
  Optimised one;
  one.rate = node.reshape(node.cast(node.input(0), f32), Shape());
  one.step = node.reshape(node.cast(node.input(1), f32), Shape());
  llvm::SmallVector<Tensor> results((operands - 1) * count);
  for (size_t i = 0; i < count; ++i) {
    one.tensors.clear();
    for (size_t kind = 0; kind < operands; ++kind)
      one.tensors.push_back(node.cast(node.input(2 + kind * count + i), f32));
    for (auto [kind, result] : llvm::enumerate(step(one)))
      results[kind * count + i] = node.cast(result, node.input(2 + i).element);
  }
  return results;
}

/// The gradient with that of the regularisation, factor / 2 * x^2.
static Tensor regularise(Node &node, const Optimised &one, double factor) {
  return node.map({one.tensors[0], one.tensors[1]}, one.rate.element,
                  [&](Scalars &s, llvm::ArrayRef<Value> v) { return s.fma(v[0], s.real(factor), v[1]); });
}

static Results convertAdagrad(Node &node) {
  double decay = node.realAttr("decay_factor", 0), epsilon = node.realAttr("epsilon", 1e-6),
         norm = node.realAttr("norm_coefficient", 0);
  return optimiseEach(node, 3, [&](const Optimised &one) -> llvm::SmallVector<Tensor> {
    Type f32 = one.rate.element;
    Tensor gradient = regularise(node, one, norm);
    Tensor rate = node.map({one.rate, one.step}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.div(v[0], s.fma(v[1], s.real(decay), s.real(1)));
    });
    Tensor squares = node.map({one.tensors[2], gradient}, f32,
                              [](Scalars &s, llvm::ArrayRef<Value> v) { return s.fma(v[1], v[1], v[0]); });
    Tensor x =
        node.map({one.tensors[0], rate, gradient, squares}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
          Value scale = s.add(s.sqrt(v[3]), s.real(epsilon));
          return s.sub(v[0], s.div(s.mul(v[1], v[2]), scale));
        });
    return {x, squares};
  });
}

static Results convertMomentum(Node &node) {
  double alpha = node.realAttr("alpha", 0), beta = node.realAttr("beta", 0),
         norm = node.realAttr("norm_coefficient", 0);
  llvm::StringRef mode = node.stringAttr("mode", "standard");
  if (mode != "standard" && mode != "nesterov")
    return node.refuse("mode = '" + mode + "' is not supported");
  return optimiseEach(node, 3, [&](const Optimised &one) -> llvm::SmallVector<Tensor> {
    Type f32 = one.rate.element;
    Tensor gradient = regularise(node, one, norm);
    Tensor velocity =
        node.map({one.tensors[2], gradient, one.step}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
          // The first gradient counts in full.
          Value share = s.select(s.less(s.real(0), v[2]), s.real(beta), s.real(1));
          return s.fma(v[0], s.real(alpha), s.mul(share, v[1]));
        });
    Tensor x = node.map({one.tensors[0], one.rate, velocity, gradient}, f32,
                        [&](Scalars &s, llvm::ArrayRef<Value> v) {
                          Value way = mode == "standard" ? v[2] : s.fma(v[2], s.real(alpha), v[3]);
                          return s.sub(v[0], s.mul(v[1], way));
                        });
    return {x, velocity};
  });
}

/// The rate with the correction for averages that began at zero: rate * sqrt(1 - beta^t) / (1 - alpha^t), the
/// rate itself at step 0.
static Tensor correctRate(Node &node, const Optimised &one, double alpha, double beta) {
  return node.map({one.rate, one.step}, one.rate.element, [&](Scalars &s, llvm::ArrayRef<Value> v) {
    auto share = [&](double base) { // 1 - base^t
      return s.sub(s.real(1), s.exp(s.mul(v[1], s.real(std::log(base)))));
    };
    Value corrected = s.div(s.mul(v[0], s.sqrt(share(beta))), share(alpha));
    return s.select(s.less(s.real(0), v[1]), corrected, v[0]);
  });
}

static Results convertAdam(Node &node) {
  double alpha = node.realAttr("alpha", 0.9), beta = node.realAttr("beta", 0.999),
         epsilon = node.realAttr("epsilon", 1e-6), norm = node.realAttr("norm_coefficient", 0),
         normPost = node.realAttr("norm_coefficient_post", 0);
  return optimiseEach(node, 4, [&](const Optimised &one) -> llvm::SmallVector<Tensor> {
    Type f32 = one.rate.element;
    Tensor gradient = regularise(node, one, norm);
    Tensor mean = node.map({one.tensors[2], gradient}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.fma(v[0], s.real(alpha), s.mul(s.real(1 - alpha), v[1]));
    });
    Tensor square = node.map({one.tensors[3], gradient}, f32, [&](Scalars &s, llvm::ArrayRef<Value> v) {
      return s.fma(v[0], s.real(beta), s.mul(s.real(1 - beta), s.mul(v[1], v[1])));
    });
    Tensor x = node.map({one.tensors[0], correctRate(node, one, alpha, beta), mean, square}, f32,
                        [&](Scalars &s, llvm::ArrayRef<Value> v) {
                          Value way = s.div(v[2], s.add(s.sqrt(v[3]), s.real(epsilon)));
                          return s.mul(s.real(1 - normPost), s.sub(v[0], s.mul(v[1], way)));
                        });
    return {x, mean, square};
  });
}

static void addOptimizers(OperatorTable &table) {
  table.add("Adagrad", 1, "R:number! T:number! inputs+:real", convertAdagrad, kTrainingDomain);
  table.add("Momentum", 1, "R:number! T:number! inputs+:real", convertMomentum, kTrainingDomain);
  table.add("Adam", 1, "R:number! T:number! inputs+:real", convertAdam, kTrainingDomain);
}

} // namespace sluice::conversion

void sluice::registerOptimizerOperators() { conversion::OperatorTable::extend(conversion::addOptimizers); }
