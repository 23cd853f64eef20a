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
    (void)node.refuse(kBeyondMachine + what + " is a sequence or an optional that depends on run-time data" +
                      node.wayToKnow(condition));
    return first;
  }
  if (first.element != second.element || first.shape != second.shape) {
    bool isFinal = first.element == second.element;
    (void)node.refuse(llvm::Twine(isFinal ? kBeyondMachine : "") + what + " is " + describe(first) + " or " +
                      describe(second) + ", which depends on run-time data" + node.wayToKnow(condition));
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
  Results first = node.applyGraph("then_branch", {}, Guard{condition, true}),
          second = node.applyGraph("else_branch", {}, Guard{condition, false});
  if (failed(first) || failed(second))
    return failure();
  if (first->size() != second->size())
    return node.refuse("its branches have " + llvm::Twine(first->size()) + " and " +
                       llvm::Twine(second->size()) + " outputs");
  llvm::SmallVector<Tensor> results;
  for (size_t index = 0; index < first->size(); ++index)
    results.push_back(node.isUsed(index) ? selectTensor(node, condition, (*first)[index], (*second)[index],
                                                        "output " + llvm::Twine(index))
                                         : Tensor());
  return results;
}

namespace {

/// A loop on its way to being unrolled. Iterations after one whose condition, known in a run only, is not met
/// are computed and dropped.
class Unrolling {
public:
  explicit Unrolling(Node &node) : node(node) {}

  Results run();

private:
  bool readTrips();
  bool readValues();
  bool iterate(int64_t trip);
  bool checkEnd(int64_t trip);
  Tensor conjunction(const Tensor &first, const Tensor &second);
  Results results();
  size_t scanOutput(size_t scan) const { return carried.size() + scan; }

  Node &node;
  /// M, if the loop has it.
  std::optional<int64_t> most;
  llvm::SmallVector<Tensor> carried;
  /// What the iterations so far added to the scan outputs; nothing to one that nobody reads.
  llvm::SmallVector<llvm::SmallVector<Tensor>> scanned;
  /// What the last iteration says of the next one, and whether that runs.
  Tensor next, active;
};

} // namespace

bool Unrolling::readTrips() {
  const Tensor &trips = node.input(0);
  if (!trips)
    return true;
  if (!trips.constant)
    (void)node.refuse(kBeyondMachine +
                      "the number of iterations depends on run-time data: " + node.unknownInput(0, "M"));
  else if (trips.isReal() || trips.count() != 1)
    (void)node.refuse("M is " + describe(trips) + ", not one integer");
  else
    most = readIntegers(trips.constant).front();
  return !node.refused();
}

bool Unrolling::readValues() {
  const Tensor &condition = node.input(1);
  carried.assign(node.operands().drop_front(std::min<size_t>(2, node.numInputs())));
  // What is left out can only be an optional here.
  for (Tensor &tensor : carried)
    tensor.isEmptyOptional |= !tensor && !tensor.sequence;
  const size_t numOutputs = node.numGraphOutputs("body");
  if (numOutputs < 1 + carried.size()) {
    (void)node.refuse("graph 'body' has " + llvm::Twine(numOutputs) + " outputs for a condition and " +
                      llvm::Twine(carried.size()) + " values that it hands on");
    return false;
  }
  scanned.resize(numOutputs - 1 - carried.size());
  active = next = condition ? condition : node.splat(node.getBuilder().getI1Type(), {}, 1);
  return true;
}

/// Whether both hold: known where one of them is enough.
Tensor Unrolling::conjunction(const Tensor &first, const Tensor &second) {
  if (first.constant)
    return isSet(first) ? second : first;
  if (second.constant)
    return isSet(second) ? first : second;
  if (first.value == second.value)
    return first;
  return node.map({node.reshape(first, {}), node.reshape(second, {})}, first.element,
                  [](Scalars &s, llvm::ArrayRef<Value> x) { return s.bitAnd(x[0], x[1]); });
}

/// Refuses a loop that ends by run-time data where that cannot be: an output that is read grows with each
/// iteration, or nothing bounds their number.
bool Unrolling::checkEnd(int64_t trip) {
  if (active.constant)
    return true;
  bool isRead = false;
  for (size_t scan = 0; scan < scanned.size(); ++scan)
    isRead |= node.isUsed(scanOutput(scan));
  // What the model gives as the condition may be followed by ones that the body knows.
  const bool isOpen = !next.constant && trip != 0;
  if (isRead || (isOpen && !most)) {
    (void)node.refuse(kBeyondMachine +
                      (isRead ? "output shape depends on run-time data: "
                              : "the number of iterations depends on run-time data, without a bound: ") +
                      (node.input(1) && !node.input(1).constant
                           ? node.unknownInput(1, "cond")
                           : "the condition that the body computes" + node.wayToKnow(active)));
    return false;
  }
  return !isOpen || node.canApply("body", *most - trip);
}

bool Unrolling::iterate(int64_t trip) {
  llvm::SmallVector<Tensor> inputs = {node.integers({}, trip, node.getBuilder().getI64Type()), next};
  inputs.append(carried);
  Results outputs = node.applyGraph("body", inputs, Guard{active, true});
  if (failed(outputs))
    return false;
  next = outputs->front();
  for (auto [index, value] : llvm::enumerate(carried)) {
    const Tensor &computed = (*outputs)[1 + index];
    value = active.constant ? computed
                            : selectTensor(node, active, computed, value, "output " + llvm::Twine(index));
  }
  for (auto [scan, values] : llvm::enumerate(scanned))
    if (node.isUsed(scanOutput(scan)))
      values.push_back((*outputs)[1 + scanOutput(scan)]);
  if (node.refused() || !checkCondition(node, next))
    return false;
  active = conjunction(active, next);
  return true;
}

Results Unrolling::results() {
  llvm::SmallVector<Tensor> results(carried);
  for (auto [scan, values] : llvm::enumerate(scanned))
    results.push_back(node.isUsed(scanOutput(scan)) ? stack(node, values, 0, "body", 1 + scanOutput(scan))
                                                    : Tensor());
  return results;
}

Results Unrolling::run() {
  (void)node.hasGraph("body");
  if (!readTrips() || !readValues())
    return failure();
  for (int64_t trip = 0; !most || trip < *most; ++trip) {
    if (!checkCondition(node, next) || !checkEnd(trip))
      return failure();
    if (active.constant && !isSet(active))
      break;
    if (!iterate(trip))
      return failure();
  }
  return results();
}

static Results convertLoop(Node &node) { return Unrolling(node).run(); }

void addControlFlow(OperatorTable &table) {
  table.add("If", 1, "cond:bool!", convertIf);
  table.add("Loop", 1, "M?:integer! cond?:bool! v_initial*?:any", convertLoop);
}

} // namespace sluice::conversion
