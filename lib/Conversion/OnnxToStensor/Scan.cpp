//===- Scan.cpp - Scan, unrolled ------------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"

using namespace mlir;

namespace sluice::conversion {
namespace {

/// The axis of a sequence and whether it runs from the end to the beginning.
struct Way {
  int64_t axis = 0;
  bool isReverse = false;
};

/// A Scan: states that each iteration hands on, inputs cut along their axes, outputs stacked along theirs.
struct ScanPlan {
  llvm::SmallVector<Way> inputs, outputs;
  int64_t steps = 0;
};

} // namespace

/// `tensor` at position `index` of an axis, which goes.
static Tensor takeAt(Node &node, const Tensor &tensor, int64_t axis, int64_t index) {
  Shape shape = tensor.shape;
  shape.erase(shape.begin() + axis);
  return node.reshape(node.slice(tensor, axis, index, 1), shape);
}

/// One way each from lists of axes and directions, which may be left out; refuses lists of another length.
static llvm::SmallVector<Way> readWays(Node &node, size_t count, llvm::StringRef axesName,
                                       llvm::StringRef directionsName) {
  Shape zeros(count, 0);
  Shape axes = axesName.empty() ? zeros : node.integersAttr(axesName).value_or(zeros);
  Shape directions = node.integersAttr(directionsName).value_or(zeros);
  if (axes.size() != count || directions.size() != count) {
    (void)node.refuse("'" + axesName + "' or '" + directionsName + "' has not one number for each of the " +
                      llvm::Twine(count));
    return llvm::SmallVector<Way>(count);
  }
  llvm::SmallVector<Way> ways;
  for (auto [axis, direction] : llvm::zip_equal(axes, directions))
    ways.push_back({axis, direction != 0});
  return ways;
}

/// Makes the axes count from the front and finds the common length of the inputs.
static void fitInputs(Node &node, llvm::ArrayRef<Tensor> inputs, ScanPlan &plan) {
  for (auto [index, input] : llvm::enumerate(inputs)) {
    Way &way = plan.inputs[index];
    way.axis = node.normaliseAxis(way.axis, input.rank());
    if (node.refused())
      return;
    int64_t steps = input.shape[way.axis];
    if (index > 0 && steps != plan.steps)
      (void)node.refuseAt("the scan inputs have " + llvm::Twine(plan.steps) + " and " + llvm::Twine(steps) +
                          " elements along their axes");
    plan.steps = steps;
  }
}

/// The final states and the stacked outputs.
static Results runScan(Node &node, const ScanPlan &plan, llvm::SmallVector<Tensor> states,
                       llvm::ArrayRef<Tensor> inputs) {
  llvm::SmallVector<llvm::SmallVector<Tensor>> scanned(plan.outputs.size());
  for (int64_t step = 0; step < plan.steps; ++step) {
    llvm::SmallVector<Tensor> operands = states;
    for (auto [input, way] : llvm::zip_equal(inputs, plan.inputs))
      operands.push_back(takeAt(node, input, way.axis, way.isReverse ? plan.steps - 1 - step : step));
    Results outputs = node.applyGraph("body", operands);
    if (failed(outputs))
      return failure();
    llvm::copy(llvm::ArrayRef(*outputs).take_front(states.size()), states.begin());
    for (auto [index, values] : llvm::enumerate(scanned))
      values.push_back((*outputs)[states.size() + index]);
  }
  llvm::SmallVector<Tensor> results = states;
  for (auto [index, values] : llvm::enumerate(scanned)) {
    if (plan.outputs[index].isReverse)
      std::reverse(values.begin(), values.end());
    results.push_back(stack(node, values, plan.outputs[index].axis, "body", states.size() + index));
  }
  return results;
}

/// How many scan inputs and states there are; refuses numbers that do not fit.
static bool countParts(Node &node, size_t numInputs, size_t &scanInputs, size_t &states) {
  int64_t given = node.integerAttr("num_scan_inputs", 0);
  if (given < 1 || static_cast<size_t>(given) > numInputs) {
    (void)node.refuse("num_scan_inputs = " + llvm::Twine(given) + " of " + llvm::Twine(numInputs) +
                      " inputs");
    return false;
  }
  scanInputs = given;
  states = numInputs - scanInputs;
  if (node.numGraphOutputs("body") >= states)
    return true;
  (void)node.refuse("graph 'body' has fewer outputs than the " + llvm::Twine(states) + " states");
  return false;
}

static Results convertScan(Node &node) {
  size_t scanInputs = 0, states = 0;
  if (!countParts(node, node.numInputs(), scanInputs, states))
    return failure();
  ScanPlan plan;
  plan.inputs = readWays(node, scanInputs, "scan_input_axes", "scan_input_directions");
  plan.outputs =
      readWays(node, node.numGraphOutputs("body") - states, "scan_output_axes", "scan_output_directions");
  llvm::ArrayRef<Tensor> operands = node.operands();
  fitInputs(node, operands.drop_front(states), plan);
  if (node.refused())
    return failure();
  return runScan(node, plan, llvm::SmallVector<Tensor>(operands.take_front(states)),
                 operands.drop_front(states));
}

/// Version 8: every operand has a batch in front, and each sequence of it is scanned apart.
static Results convertBatchedScan(Node &node) {
  const Tensor &lengths = node.input(0);
  size_t scanInputs = 0, states = 0;
  if (!countParts(node, std::max<size_t>(1, node.numInputs()) - 1, scanInputs, states))
    return failure();
  ScanPlan plan;
  plan.inputs = readWays(node, scanInputs, "", "directions");
  plan.outputs.resize(node.numGraphOutputs("body") - states);
  llvm::ArrayRef<Tensor> operands = node.operands().drop_front();
  int64_t batch = operands.back().rank() ? operands.back().shape[0] : 0;
  constexpr int64_t mostElements = 1 << 16;
  if (batch < 1 || batch > mostElements || llvm::any_of(operands, [&](const Tensor &operand) {
        return operand.rank() < 1 || operand.shape[0] != batch;
      }))
    return node.refuseAt("the inputs have no common batch in their first axis");
  llvm::SmallVector<llvm::SmallVector<Tensor>> results(states + plan.outputs.size());
  for (int64_t element = 0; element < batch; ++element) {
    llvm::SmallVector<Tensor> parts;
    for (const Tensor &operand : operands)
      parts.push_back(takeAt(node, operand, 0, element));
    fitInputs(node, llvm::ArrayRef(parts).drop_front(states), plan);
    bool isWhole = !lengths || (lengths.constant && !lengths.isReal() && lengths.count() == batch &&
                                readIntegers(lengths.constant)[element] == plan.steps);
    if (!isWhole && !lengths.constant)
      return node.refuse("sequence_lens other than the length of the inputs is not supported, and " +
                         node.unknownInput(0, "sequence_lens"));
    if (!isWhole)
      return node.refuse("sequence_lens other than the length of the inputs is not supported");
    if (node.refused())
      return failure();
    Results one = runScan(node, plan, llvm::SmallVector<Tensor>(llvm::ArrayRef(parts).take_front(states)),
                          llvm::ArrayRef(parts).drop_front(states));
    if (failed(one))
      return failure();
    for (auto [values, value] : llvm::zip_equal(results, *one))
      values.push_back(value);
  }
  llvm::SmallVector<Tensor> stacked;
  for (auto [index, values] : llvm::enumerate(results))
    stacked.push_back(stack(node, values, 0, "body", index));
  return stacked;
}

void addScan(OperatorTable &table) {
  table.add("Scan", 8, "sequence_lens?:integer initial_state_and_scan_inputs+", convertBatchedScan);
  table.add("Scan", 9, "initial_state_and_scan_inputs+", convertScan);
}

} // namespace sluice::conversion
