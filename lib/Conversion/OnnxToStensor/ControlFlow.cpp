//===- ControlFlow.cpp - If and Loop --------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "OperatorTable.h"
#include "sluice/Conversion/BeyondMachine.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice::conversion {

/// "float32 2x3", "a sequence" ...
static std::string describe(const Tensor &tensor) {
  if (!tensor)
    return tensor.sequence ? "a sequence" : "an optional that holds nothing";
  std::string text = elementName(tensor.element) + " ";
  if (tensor.shape.empty())
    return text + "scalar";
  return text +
         llvm::join(llvm::map_range(tensor.shape, [](int64_t size) { return llvm::itostr(size); }), "x");
}

Tensor selectTensor(Node &node, const Tensor &condition, const Tensor &first, const Tensor &second,
                    const llvm::Twine &what) {
  if (!first || !second) {
    (void)node.refuse(kBeyondMachine + what + " is a sequence or an optional that depends on run-time data");
    return first;
  }
  if (first.element != second.element || first.shape != second.shape) {
    bool isFinal = first.element == second.element;
    (void)node.refuse(llvm::Twine(isFinal ? kBeyondMachine : "") + what + " is " + describe(first) + " or " +
                      describe(second) + ", which depends on run-time data");
    return first;
  }
  if (first.value == second.value && first.constant == second.constant)
    return first;
  return node.map({node.reshape(condition, {}), first, second}, first.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.select(x[0], x[1], x[2]); });
}

/// The one truth that a constant holds.
static bool isSet(const Tensor &condition) { return readIntegers(condition.constant).front() != 0; }

/// Whether the tensor is one truth; refuses another.
static bool checkCondition(Node &node, const Tensor &condition) {
  if (condition && condition.isBool() && condition.count() == 1)
    return true;
  (void)node.refuse("the condition is " + describe(condition) + ", not one bool");
  return false;
}

static Results convertIf(Node &node) {
  const Tensor &condition = node.input(0);
  (void)node.hasGraph("then_branch");
  (void)node.hasGraph("else_branch");
  if (!checkCondition(node, condition))
    return failure();
  if (condition.constant)
    return node.applyGraph(isSet(condition) ? "then_branch" : "else_branch", {});
  Results first = node.applyGraph("then_branch", {}), second = node.applyGraph("else_branch", {});
  if (failed(first) || failed(second))
    return failure();
  if (first->size() != second->size())
    return node.refuse("its branches have " + llvm::Twine(first->size()) + " and " +
                       llvm::Twine(second->size()) + " outputs");
  llvm::SmallVector<Tensor> results;
  for (size_t index = 0; index < first->size(); ++index)
    results.push_back(
        selectTensor(node, condition, (*first)[index], (*second)[index], "output " + llvm::Twine(index)));
  return results;
}

/// Whether the next iteration, of which the last one says `next`, runs.
static Tensor conjunction(Node &node, const Tensor &active, const Tensor &next) {
  if (active.constant)
    return isSet(active) ? next : active;
  return node.map({node.reshape(active, {}), node.reshape(next, {})}, active.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.bitAnd(x[0], x[1]); });
}

/// Refuses a loop that ends by run-time data where that cannot be: there is no bound, or each iteration adds
/// to an output.
static bool checkEnd(Node &node, const Tensor &active, bool isBounded, bool hasScans) {
  if (active.constant || (isBounded && !hasScans))
    return true;
  llvm::StringRef what = hasScans ? "output shape depends on run-time data: "
                                  : "the number of iterations depends on run-time data, without a bound: ";
  (void)node.refuse(kBeyondMachine + what +
                    (node.input(1) && !node.input(1).constant ? node.unknownInput(1, "cond")
                                                              : "the condition that the body computes"));
  return false;
}

/// Unrolls the loop. Iterations after one whose condition, known in a run only, is not met are computed and
/// dropped.
static Results convertLoop(Node &node) {
  const Tensor &trips = node.input(0), &condition = node.input(1);
  Type i64 = node.getBuilder().getI64Type();
  (void)node.hasGraph("body");
  if (trips && !trips.constant)
    return node.refuse(kBeyondMachine +
                       "the number of iterations depends on run-time data: " + node.unknownInput(0, "M"));
  if (trips && (trips.isReal() || trips.count() != 1))
    return node.refuse("M is " + describe(trips) + ", not one integer");
  llvm::SmallVector<Tensor> carried(node.operands().drop_front(std::min<size_t>(2, node.numInputs())));
  // What is left out can only be an optional here.
  for (Tensor &tensor : carried)
    tensor.isEmptyOptional |= !tensor && !tensor.sequence;
  size_t numOutputs = node.numGraphOutputs("body");
  if (numOutputs < 1 + carried.size())
    return node.refuse("graph 'body' has " + llvm::Twine(numOutputs) + " outputs for a condition and " +
                       llvm::Twine(carried.size()) + " values that it hands on");
  llvm::SmallVector<llvm::SmallVector<Tensor>> scanned(numOutputs - 1 - carried.size());

  Tensor next = condition ? condition : node.splat(node.getBuilder().getI1Type(), {}, 1), active = next;
  std::optional<int64_t> most;
  if (trips)
    most = readIntegers(trips.constant).front();
  for (int64_t trip = 0; !most || trip < *most; ++trip) {
    if (!checkCondition(node, next) || !checkEnd(node, active, most.has_value(), !scanned.empty()))
      return failure();
    if (active.constant && !isSet(active))
      break;
    llvm::SmallVector<Tensor> inputs = {node.integers({}, trip, i64), next};
    inputs.append(carried);
    Results outputs = node.applyGraph("body", inputs);
    if (failed(outputs))
      return failure();
    next = outputs->front();
    for (auto [index, value] : llvm::enumerate(carried)) {
      const Tensor &computed = (*outputs)[1 + index];
      value = active.constant ? computed
                              : selectTensor(node, active, computed, value, "output " + llvm::Twine(index));
    }
    for (auto [index, values] : llvm::enumerate(scanned))
      values.push_back((*outputs)[1 + carried.size() + index]);
    if (node.refused() || !checkCondition(node, next))
      return failure();
    active = conjunction(node, active, next);
  }
  llvm::SmallVector<Tensor> results(carried);
  for (auto [index, values] : llvm::enumerate(scanned))
    results.push_back(stack(node, values, 0, "body", 1 + carried.size() + index));
  return results;
}

void addControlFlow(OperatorTable &table) {
  table.add("If", 1, "cond:bool!", convertIf);
  table.add("Loop", 1, "M?:integer! cond?:bool! v_initial*?:any", convertLoop);
}

} // namespace sluice::conversion
