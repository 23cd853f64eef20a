//===- RecurrentCells.cpp - One step of RNN, GRU and LSTM ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RecurrentCells.h"

#include "Families.h"

using namespace mlir;

namespace sluice::conversion {

static Value apply(Scalars &s, const RecurrentLayer &layer, size_t index, Value x) {
  const ActivationFunction &f = layer.functions[index];
  if (layer.clip != 0)
    x = s.max(s.real(-layer.clip), s.min(s.real(layer.clip), x));
  Value zero = s.real(0), alpha = s.real(f.alpha), beta = s.real(f.beta);
  if (f.name == "Sigmoid")
    return sigmoid(s, x);
  if (f.name == "Tanh")
    return s.tanh(x);
  if (f.name == "Relu")
    return s.max(x, zero);
  if (f.name == "Affine")
    return s.fma(alpha, x, beta);
  if (f.name == "LeakyRelu")
    return s.select(s.less(x, zero), s.mul(alpha, x), x);
  if (f.name == "ThresholdedRelu")
    return s.select(s.less(alpha, x), x, zero);
  if (f.name == "ScaledTanh")
    return s.mul(alpha, s.tanh(s.mul(beta, x)));
  if (f.name == "HardSigmoid")
    return s.max(zero, s.min(s.real(1), s.fma(alpha, x, beta)));
  if (f.name == "Elu")
    return s.select(s.less(x, zero), s.mul(alpha, s.sub(s.exp(x), s.real(1))), x);
  if (f.name == "Softsign")
    return s.div(x, s.add(s.real(1), s.absolute(x)));
  return softplus(s, x);
}

/// Function `index` of the layer of the sum of tensors.
static Tensor activate(Node &node, const RecurrentLayer &layer, size_t index,
                       llvm::ArrayRef<Tensor> summands) {
  return node.map(summands, node.getBuilder().getF32Type(), [&](Scalars &s, llvm::ArrayRef<Value> x) {
    Value sum = x[0];
    for (Value next : x.drop_front())
      sum = s.add(sum, next);
    return apply(s, layer, index, sum);
  });
}

/// f32 a * b.
static Tensor multiply(Node &node, const Tensor &a, const Tensor &b) {
  return node.map({a, b}, a.element, [](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], x[1]); });
}

/// Gate `index` of [g, B, H].
static Tensor gate(Node &node, const Tensor &gates, int64_t index) {
  return node.reshape(node.slice(gates, 0, index, 1), {gates.shape[1], gates.shape[2]});
}

Tensor gateProducts(Node &node, const Tensor &rows, const Tensor &weights, int64_t first, int64_t count) {
  Tensor lhs = node.broadcast(node.reshape(rows, {1, rows.shape[0], 1, rows.shape[1]}),
                              {count, rows.shape[0], 1, rows.shape[1]});
  return contractReals(node, lhs, node.slice(weights, 0, first, count));
}

static RecurrentState stepRnn(Node &node, const RecurrentLayer &layer, const Tensor &inputs,
                              const RecurrentState &state) {
  Tensor hidden = gateProducts(node, state.hidden, layer.weights, 0, 1);
  return {activate(node, layer, 0, {gate(node, inputs, 0), gate(node, hidden, 0)}), {}};
}

/// Gates: update, reset, hidden.
static RecurrentState stepGru(Node &node, const RecurrentLayer &layer, const Tensor &inputs,
                              const RecurrentState &state) {
  Tensor hidden = gateProducts(node, state.hidden, layer.weights, 0, 2);
  Tensor update = activate(node, layer, 0, {gate(node, inputs, 0), gate(node, hidden, 0)}),
         reset = activate(node, layer, 0, {gate(node, inputs, 1), gate(node, hidden, 1)}), recurrent;
  if (layer.linearBeforeReset) {
    llvm::SmallVector<Tensor> operands = {
        reset, gate(node, gateProducts(node, state.hidden, layer.weights, 2, 1), 0)};
    if (layer.hiddenBias)
      operands.push_back(gate(node, layer.hiddenBias, 2));
    recurrent = node.map(operands, reset.element, [](Scalars &s, llvm::ArrayRef<Value> x) {
      return s.mul(x[0], x.size() == 3 ? s.add(x[1], x[2]) : x[1]);
    });
  } else {
    recurrent = gate(node, gateProducts(node, multiply(node, reset, state.hidden), layer.weights, 2, 1), 0);
  }
  Tensor candidate = activate(node, layer, 1, {gate(node, inputs, 2), recurrent});
  return {node.map({update, candidate, state.hidden}, candidate.element,
                   [](Scalars &s, llvm::ArrayRef<Value> x) {
                     return s.fma(x[0], x[2], s.mul(s.sub(s.real(1), x[0]), x[1]));
                   }),
          {}};
}

/// Gates: input, output, forget, cell.
static RecurrentState stepLstm(Node &node, const RecurrentLayer &layer, const Tensor &inputs,
                               const RecurrentState &state) {
  Tensor hidden = gateProducts(node, state.hidden, layer.weights, 0, 4);
  auto activated = [&](int64_t index, size_t function, const Tensor &cell) {
    llvm::SmallVector<Tensor> summands = {gate(node, inputs, index), gate(node, hidden, index)};
    if (layer.peepholes && cell)
      summands.push_back(multiply(node, gate(node, layer.peepholes, index), cell));
    return activate(node, layer, function, summands);
  };
  Tensor input = activated(0, 0, state.cell), candidate = activated(3, 1, Tensor()), forget;
  if (layer.inputForget)
    forget = node.map(input, input.element,
                      [](Scalars &s, llvm::ArrayRef<Value> x) { return s.sub(s.real(1), x[0]); });
  else
    forget = activated(2, 0, state.cell);
  Tensor cell =
      node.map({forget, state.cell, input, candidate}, input.element,
               [](Scalars &s, llvm::ArrayRef<Value> x) { return s.fma(x[0], x[1], s.mul(x[2], x[3])); });
  Tensor output = activated(1, 0, cell);
  return {
      node.map({output, cell}, cell.element,
               [&](Scalars &s, llvm::ArrayRef<Value> x) { return s.mul(x[0], apply(s, layer, 2, x[1])); }),
      cell};
}

RecurrentCell rnnCell() { return {1, {"Tanh"}, stepRnn}; }
RecurrentCell gruCell() { return {3, {"Sigmoid", "Tanh"}, stepGru}; }
RecurrentCell lstmCell() { return {4, {"Sigmoid", "Tanh", "Tanh"}, stepLstm}; }

} // namespace sluice::conversion
