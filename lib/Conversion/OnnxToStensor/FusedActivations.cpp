//===- FusedActivations.cpp - Operators that end with an activation -------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

#include <limits>

using namespace mlir;

namespace sluice::conversion {

namespace {
/// A function by name, its parameters by default, and how it is computed.
struct FusedActivation {
  const char *name;
  std::array<double, 2> otherwise;
  Value (*function)(Scalars &, Value x, Value a, Value b);
};
} // namespace

static constexpr double greatest = std::numeric_limits<float>::max();

static const FusedActivation activations[] = {
    {"Relu", {}, [](Scalars &s, Value x, Value, Value) { return s.max(x, s.real(0)); }},
    {"Tanh", {}, [](Scalars &s, Value x, Value, Value) { return s.tanh(x); }},
    {"Sigmoid", {}, [](Scalars &s, Value x, Value, Value) { return sigmoid(s, x); }},
    {"LeakyRelu",
     {0.01},
     [](Scalars &s, Value x, Value a, Value) { return s.select(s.less(x, s.real(0)), s.mul(a, x), x); }},
    {"Clip",
     {-greatest, greatest},
     [](Scalars &s, Value x, Value a, Value b) { return s.min(s.max(x, a), b); }},
    {"HardSigmoid", {0.2, 0.5}, [](Scalars &s, Value x, Value a, Value b) {
       return s.max(s.real(0), s.min(s.real(1), s.fma(a, x, b)));
     }}};

Results convertFused(Node &node, Results (*plain)(Node &), size_t summand) {
  llvm::StringRef name = node.stringAttr("activation", "");
  llvm::SmallVector<double> given = node.realsAttr("activation_params").value_or(llvm::SmallVector<double>());
  for (llvm::StringRef parameter : {"activation_alpha", "activation_beta", "activation_gamma"})
    if (node.hasAttribute(parameter))
      given.push_back(node.realAttr(parameter, 0));
  const auto *activation = llvm::find_if(activations, [&](const auto &entry) { return name == entry.name; });
  if (!name.empty() && activation == std::end(activations))
    return node.refuse("activation = '" + name + "' is not supported");
  Results results = plain(node);
  if (failed(results) || node.refused())
    return failure();
  if (failed(node.needBroadcast(summand, results->front().shape)))
    return failure();
  llvm::SmallVector<Tensor> operands = {results->front()};
  if (node.has(summand))
    operands.push_back(node.input(summand));
  Tensor result = node.map(operands, operands[0].element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = x.size() == 2 ? s.add(x[0], x[1]) : x[0];
    if (name.empty())
      return sum;
    auto parameter = [&](size_t index) {
      return s.real(index < given.size() ? given[index] : activation->otherwise[index]);
    };
    return activation->function(s, sum, parameter(0), parameter(1));
  });
  return {{result}};
}

} // namespace sluice::conversion
