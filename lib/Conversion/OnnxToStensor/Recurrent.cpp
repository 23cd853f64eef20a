//===- Recurrent.cpp - RNN, GRU and LSTM, unrolled over time --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "RecurrentCells.h"

using namespace mlir;

namespace sluice::conversion {

bool checkSteps(Node &node, int64_t steps) {
  constexpr int64_t mostSteps = 512;
  if (steps > mostSteps)
    (void)node.refuse("it has " + llvm::Twine(steps) + " steps; recurrences are unrolled, at most " +
                      llvm::Twine(mostSteps) + " steps");
  return steps <= mostSteps;
}

/// The functions of all directions, each with its parameters from the node's lists or by default; none,
/// refused, if one is unknown.
static llvm::SmallVector<ActivationFunction> readFunctions(Node &node, const RecurrentCell &cell,
                                                           int64_t directions) {
  static const ActivationFunction known[] = {{"Relu", false, false, 0, 0},
                                             {"Tanh", false, false, 0, 0},
                                             {"Sigmoid", false, false, 0, 0},
                                             {"Softsign", false, false, 0, 0},
                                             {"Softplus", false, false, 0, 0},
                                             {"Affine", true, true, 1, 0},
                                             {"ScaledTanh", true, true, 1, 1},
                                             {"HardSigmoid", true, true, 0.2, 0.5},
                                             {"Elu", true, false, 1, 0},
                                             {"LeakyRelu", true, false, 0.01, 0},
                                             {"ThresholdedRelu", true, false, 1, 0}};
  auto alphas = node.realsAttr("activation_alpha").value_or(llvm::SmallVector<double>()),
       betas = node.realsAttr("activation_beta").value_or(llvm::SmallVector<double>());
  auto names = node.stringsAttr("activations").value_or(llvm::SmallVector<llvm::StringRef>());
  size_t count = cell.functions.size() * directions;
  while (names.empty() || (names.size() < count && !node.hasAttribute("activations")))
    names.append(cell.functions.begin(), cell.functions.end());
  if (names.size() != count) {
    (void)node.refuse("'activations' needs " + llvm::Twine(count) + " names");
    return {};
  }
  size_t nextAlpha = 0, nextBeta = 0;
  llvm::SmallVector<ActivationFunction> functions;
  for (llvm::StringRef name : names) {
    const ActivationFunction *function =
        llvm::find_if(known, [&](const ActivationFunction &f) { return f.name == name; });
    if (function == std::end(known)) {
      (void)node.refuse("activation function '" + name + "' is not supported");
      return {};
    }
    functions.push_back(*function);
    if (function->takesAlpha && nextAlpha < alphas.size())
      functions.back().alpha = alphas[nextAlpha++];
    if (function->takesBeta && nextBeta < betas.size())
      functions.back().beta = betas[nextBeta++];
  }
  return functions;
}

/// Direction `index` of an operand [D, ...], in f32 and without that dimension; absent if the operand is.
static Tensor ofDirection(Node &node, const Tensor &operand, int64_t index) {
  if (!operand)
    return {};
  Tensor part = node.cast(node.slice(operand, 0, index, 1), node.getBuilder().getF32Type());
  return node.reshape(part, Shape(operand.shape.begin() + 1, operand.shape.end()));
}

/// `next` where the sequence still runs at `step`, else `otherwise`.
static Tensor whereRunning(Node &node, const Tensor &lengths, int64_t step, const Tensor &next,
                           const Tensor &otherwise) {
  if (!lengths || !next)
    return next;
  return node.map({lengths, next, otherwise}, next.element, [&](Scalars &s, llvm::ArrayRef<Value> x) {
    return s.select(s.less(s.integer(step), x[0]), x[1], x[2]);
  });
}

/// The inputs' part of all gates with the biases, [g, steps * B, H]; notes the bias that belongs to a step.
static Tensor projectInputs(Node &node, const Tensor &x, int64_t direction, RecurrentLayer &layer) {
  int64_t gates = layer.weights.shape[0], width = layer.weights.shape[1], inputs = x.shape[2];
  Tensor weights = node.reshape(ofDirection(node, node.input(1), direction), {gates, width, 1, inputs});
  Tensor projected =
      gateProducts(node, node.reshape(x, {x.shape[0] * x.shape[1], inputs}), weights, 0, gates);
  if (!node.has(3))
    return projected;
  Tensor bias = node.reshape(ofDirection(node, node.input(3), direction), {2, gates, 1, width});
  Tensor ofInput = node.reshape(node.slice(bias, 0, 0, 1), {gates, 1, width});
  layer.hiddenBias = node.reshape(node.slice(bias, 0, 1, 1), {gates, 1, width});
  Tensor ofHidden = layer.hiddenBias;
  if (layer.linearBeforeReset) // the last gate's is added within the step
    ofHidden = node.pad(node.slice(ofHidden, 0, 0, 2), {0, 0, 0}, {1, 0, 0}, 0);
  return node.map({projected, ofInput, ofHidden}, projected.element,
                  [](Scalars &s, llvm::ArrayRef<Value> v) { return s.add(v[0], s.add(v[1], v[2])); });
}

/// Runs the cell over `steps` steps; the hidden states by time, [steps, 1, B, H], zero past a sequence's end.
/// `state` becomes the last one.
static Tensor unroll(Node &node, const RecurrentCell &cell, const RecurrentLayer &layer,
                     const Tensor &projected, int64_t steps, bool reverse, RecurrentState &state) {
  int64_t batch = state.hidden.shape[0], width = state.hidden.shape[1];
  Tensor lengths = node.has(4) ? node.reshape(node.input(4), {batch, 1}) : Tensor();
  Tensor zero = node.splat(projected.element, {}, 0);
  llvm::SmallVector<Tensor> outputs(steps);
  for (int64_t i = 0; i < steps; ++i) {
    int64_t time = reverse ? steps - 1 - i : i;
    RecurrentState next = cell.step(node, layer, node.slice(projected, 1, time * batch, batch), state);
    outputs[time] = node.reshape(whereRunning(node, lengths, time, next.hidden, zero), {1, 1, batch, width});
    state = {whereRunning(node, lengths, time, next.hidden, state.hidden),
             whereRunning(node, lengths, time, next.cell, state.cell)};
  }
  return node.concat(outputs, 0);
}

/// Refuses operands of shapes that those of X and R do not ask for.
static LogicalResult needShapes(Node &node, const RecurrentCell &cell, int64_t directions, bool batchFirst) {
  const Shape &input = node.input(0).shape;
  int64_t width = node.input(2).shape[2], rows = countElements({cell.gates, width}),
          batch = input[batchFirst ? 0 : 1], declared = node.integerAttr("hidden_size", width);
  if (declared != width)
    return node.refuse("hidden_size = " + llvm::Twine(declared) + " does not fit " + node.shapeOf(2));
  Shape state = batchFirst ? Shape{batch, directions, width} : Shape{directions, batch, width};
  const std::pair<size_t, Shape> needs[] = {{1, {directions, rows, input[2]}},
                                            {2, {directions, rows, width}},
                                            {3, {directions, countElements({2, rows})}},
                                            {4, {batch}},
                                            {5, state},
                                            {6, state},
                                            {7, {directions, countElements({3, width})}}};
  for (const auto &[index, shape] : needs)
    if (failed(node.needShape(index, shape)))
      return failure();
  return success();
}

/// Operands X, W, R, B, the sequences' lengths, the initial hidden state and, for LSTM, the initial cell and
/// the peepholes.
static Results convertRecurrent(Node &node, const RecurrentCell &cell) {
  llvm::StringRef direction = node.stringAttr("direction", "forward");
  bool isLstm = cell.gates == 4, batchFirst = node.integerAttr("layout", 0);
  RecurrentLayer layer;
  layer.clip = node.realAttr("clip", 0);
  layer.inputForget = isLstm && node.integerAttr("input_forget", 0);
  layer.linearBeforeReset = cell.gates == 3 && node.integerAttr("linear_before_reset", 0);
  Type f32 = node.getBuilder().getF32Type();
  int64_t directions = direction == "bidirectional" ? 2 : 1;
  const Tensor &recurrent = node.input(2);
  if (failed(needShapes(node, cell, directions, batchFirst)))
    return failure();
  auto swapBatch = [&](const Tensor &input) {
    return batchFirst && input ? node.transpose(input, {1, 0, 2}) : input;
  };
  Tensor x = node.cast(swapBatch(node.input(0)), f32), hidden = swapBatch(node.input(5)),
         memory = swapBatch(node.input(6));
  int64_t batch = x.shape[1], width = recurrent.shape[2];
  llvm::SmallVector<ActivationFunction> functions = readFunctions(node, cell, directions);
  if (node.refused() || !checkSteps(node, x.shape[0]))
    return failure();

  llvm::SmallVector<Tensor> sequences, hiddens, cells;
  for (int64_t d = 0; d < directions; ++d) {
    layer.functions = llvm::ArrayRef(functions).slice(d * cell.functions.size(), cell.functions.size());
    layer.weights = node.reshape(ofDirection(node, recurrent, d), {cell.gates, width, 1, width});
    if (isLstm && node.has(7))
      layer.peepholes = node.reshape(ofDirection(node, node.input(7), d), {3, 1, width});
    Tensor projected = projectInputs(node, x, d, layer), zeros = node.splat(f32, {batch, width}, 0);
    RecurrentState state = {hidden ? ofDirection(node, hidden, d) : zeros, {}};
    if (isLstm)
      state.cell = memory ? ofDirection(node, memory, d) : zeros;
    bool reverse = direction == "reverse" || d == 1;
    sequences.push_back(unroll(node, cell, layer, projected, x.shape[0], reverse, state));
    hiddens.push_back(node.reshape(state.hidden, {1, batch, width}));
    if (isLstm)
      cells.push_back(node.reshape(state.cell, {1, batch, width}));
  }
  auto finish = [&](const Tensor &result) { return node.cast(result, node.input(0).element); };
  Tensor sequence = node.concat(sequences, 1);
  if (batchFirst)
    sequence = node.transpose(sequence, {2, 0, 1, 3});
  llvm::SmallVector<Tensor> results = {finish(sequence), finish(swapBatch(node.concat(hiddens, 0)))};
  if (isLstm)
    results.push_back(finish(swapBatch(node.concat(cells, 0))));
  return results;
}

void addRecurrent(OperatorTable &table) {
  table.add("RNN", 7, "X:real[3] W:real[3] R:real[3] B?:real[2] sequence_lens?:integer[1] initial_h?:real[3]",
            [](Node &node) { return convertRecurrent(node, rnnCell()); });
  table.add("GRU", 7, "X:real[3] W:real[3] R:real[3] B?:real[2] sequence_lens?:integer[1] initial_h?:real[3]",
            [](Node &node) { return convertRecurrent(node, gruCell()); });
  table.add("LSTM", 7,
            "X:real[3] W:real[3] R:real[3] B?:real[2] sequence_lens?:integer[1] initial_h?:real[3] "
            "initial_c?:real[3] P?:real[2]",
            [](Node &node) { return convertRecurrent(node, lstmCell()); });
}

} // namespace sluice::conversion
