//===- Sequences.cpp - Sequences and optionals ----------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sequences and optionals have no form on the machine. Where the compiler knows
// what they hold, they are lists of tensors while a graph is converted.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "sluice/Conversion/BeyondMachine.h"
#include "sluice/Conversion/OptionalOperators.h"

using namespace mlir;

namespace sluice::conversion {

/// Bound of a sequence: each step that changes one copies it.
static constexpr size_t kMaxLength = 4096;

static Results sequenceOf(Node &node, std::vector<Tensor> elements) {
  if (elements.size() > kMaxLength)
    return node.refuse("a sequence has more than " + llvm::Twine(kMaxLength) + " elements");
  if (!llvm::all_of(elements, [](const Tensor &element) { return bool(element); }))
    return node.refuse("an element of a sequence is no tensor");
  Tensor result;
  result.sequence = std::make_shared<const std::vector<Tensor>>(std::move(elements));
  return {{result}};
}

/// The elements of operand `index`; null, refused, if it is no sequence.
static const std::vector<Tensor> *sequenceAt(Node &node, size_t index) {
  const Tensor &tensor = node.input(index);
  if (!tensor.sequence)
    (void)node.refuse("input " + llvm::Twine(index) + " is no sequence");
  return tensor.sequence.get();
}

/// The position in a sequence, below `end`, that operand `index` says, or `otherwise` where it is left out.
/// None, refused, if it is outside or known in a run only.
static std::optional<size_t> positionAt(Node &node, size_t index, int64_t end, int64_t size,
                                        int64_t otherwise) {
  int64_t position = otherwise;
  if (const Tensor &given = node.input(index)) {
    if (!given.constant || given.isReal() || given.count() != 1) {
      (void)node.refuse(kBeyondMachine + "a position in a sequence depends on run-time data: " +
                        node.unknownInput(index, "position"));
      return std::nullopt;
    }
    position = readIntegers(given.constant).front();
    position += position < 0 ? size : 0;
  }
  if (position >= 0 && position < end)
    return position;
  if (node.isGuarded() && end > 0)
    return 0;
  (void)node.refuse("position " + llvm::Twine(position) + " is outside a sequence of " + llvm::Twine(size) +
                    " elements");
  return std::nullopt;
}

static Results convertSequenceConstruct(Node &node) {
  return sequenceOf(node, std::vector<Tensor>(node.operands().begin(), node.operands().end()));
}

static Results convertSequenceEmpty(Node &node) {
  node.ignoreAttr("dtype");
  return sequenceOf(node, {});
}

static Results convertSequenceAt(Node &node) {
  const std::vector<Tensor> *elements = sequenceAt(node, 0);
  if (!elements)
    return failure();
  int64_t size = elements->size();
  std::optional<size_t> position = positionAt(node, 1, size, size, -1);
  if (!position)
    return failure();
  return {{(*elements)[*position]}};
}

static Results convertSequenceInsert(Node &node) {
  const std::vector<Tensor> *elements = sequenceAt(node, 0);
  if (!elements)
    return failure();
  int64_t size = elements->size();
  std::optional<size_t> position = positionAt(node, 2, size + 1, size, size);
  if (!position)
    return failure();
  std::vector<Tensor> longer = *elements;
  longer.insert(longer.begin() + *position, node.input(1));
  return sequenceOf(node, std::move(longer));
}

static Results convertSequenceErase(Node &node) {
  const std::vector<Tensor> *elements = sequenceAt(node, 0);
  if (!elements)
    return failure();
  int64_t size = elements->size();
  std::optional<size_t> position = positionAt(node, 1, size, size, size - 1);
  if (!position)
    return failure();
  std::vector<Tensor> shorter = *elements;
  shorter.erase(shorter.begin() + *position);
  return sequenceOf(node, std::move(shorter));
}

static Results convertSequenceLength(Node &node) {
  const std::vector<Tensor> *elements = sequenceAt(node, 0);
  if (!elements)
    return failure();
  return {{node.integers({}, static_cast<int64_t>(elements->size()), node.getBuilder().getI64Type())}};
}

static Results convertConcatFromSequence(Node &node) {
  int64_t axis = node.integerAttr("axis", 0);
  bool isNewAxis = node.integerAttr("new_axis", 0);
  const std::vector<Tensor> *elements = sequenceAt(node, 0);
  if (!elements)
    return failure();
  if (elements->empty())
    return node.refuse("the sequence is empty");
  int64_t rank = elements->front().rank() + isNewAxis;
  axis = node.normaliseAxis(axis, rank);
  if (node.refused())
    return failure();
  llvm::SmallVector<Tensor> parts;
  for (const Tensor &element : *elements) {
    Shape shape = element.shape, expected = elements->front().shape;
    if (!isNewAxis && shape.size() == expected.size())
      expected[axis] = shape[axis];
    if (shape != expected || element.element != elements->front().element)
      return node.refuse("the elements differ in type, or in shape beside axis " + llvm::Twine(axis));
    if (isNewAxis)
      shape.insert(shape.begin() + axis, 1);
    parts.push_back(node.reshape(element, shape));
  }
  return {{node.concat(parts, axis)}};
}

/// The sizes of the parts that operand 1 asks for; none, refused, if they do not fit `size` elements.
static std::optional<Shape> partSizes(Node &node, int64_t size) {
  auto tooMany = [&]() -> std::optional<Shape> {
    (void)node.refuse("a sequence has more than " + llvm::Twine(kMaxLength) + " elements");
    return std::nullopt;
  };
  if (!node.has(1) && size > static_cast<int64_t>(kMaxLength))
    return tooMany();
  if (!node.has(1))
    return Shape(size, 1);
  std::optional<Shape> split = node.knownIntegers(1, "split");
  if (!split)
    return std::nullopt;
  Shape sizes = *split;
  if (node.input(1).rank() == 0 && split->front() > 0) {
    int64_t each = split->front();
    if (size / each > static_cast<int64_t>(kMaxLength))
      return tooMany();
    sizes.assign(size / each, each);
    if (size % each)
      sizes.push_back(size % each);
  }
  int64_t rest = size;
  for (int64_t part : sizes)
    rest = part < 0 || part > rest ? -1 : rest - part;
  if (rest == 0)
    return sizes;
  (void)node.refuseAt("'split' does not divide the " + llvm::Twine(size) + " elements");
  return std::nullopt;
}

static Results convertSplitToSequence(Node &node) {
  int64_t axis = node.integerAttr("axis", 0);
  bool keeps = node.integerAttr("keepdims", 1) || node.has(1);
  const Tensor &input = node.input(0);
  int64_t dim = node.normaliseAxis(axis, input.rank());
  if (node.refused())
    return failure();
  std::optional<Shape> sizes = partSizes(node, input.shape[dim]);
  if (!sizes)
    return failure();
  if (sizes->size() > kMaxLength)
    return node.refuse("a sequence has more than " + llvm::Twine(kMaxLength) + " elements");
  std::vector<Tensor> parts;
  int64_t offset = 0;
  for (int64_t size : *sizes) {
    Tensor part = node.slice(input, dim, offset, size);
    offset += size;
    Shape shape = part.shape;
    if (!keeps)
      shape.erase(shape.begin() + dim);
    parts.push_back(node.reshape(part, shape));
  }
  return sequenceOf(node, std::move(parts));
}

static Results convertSequenceMap(Node &node) {
  size_t numOutputs = node.numGraphOutputs("body");
  const std::vector<Tensor> *elements = sequenceAt(node, 0);
  if (!elements)
    return failure();
  std::vector<std::vector<Tensor>> mapped(numOutputs);
  for (size_t position = 0; position < elements->size(); ++position) {
    llvm::SmallVector<Tensor> inputs;
    for (const Tensor &operand : node.operands()) {
      if (operand.sequence && operand.sequence->size() != elements->size())
        return node.refuse("the sequences differ in length");
      inputs.push_back(operand.sequence ? (*operand.sequence)[position] : operand);
    }
    Results outputs = node.applyGraph("body", inputs);
    if (failed(outputs))
      return failure();
    for (auto [values, value] : llvm::zip_equal(mapped, *outputs))
      values.push_back(value);
  }
  llvm::SmallVector<Tensor> results;
  for (std::vector<Tensor> &values : mapped) {
    Results one = sequenceOf(node, std::move(values));
    if (failed(one))
      return failure();
    results.push_back(one->front());
  }
  return results;
}

/// Whether operand 0 holds something.
static bool hasElement(Node &node) {
  const Tensor &input = node.input(0);
  return input || input.sequence;
}

/// An optional that holds something is that.
static Results convertOptional(Node &node) {
  node.ignoreAttr("type");
  Tensor nothing;
  nothing.isEmptyOptional = true;
  return {{hasElement(node) ? node.input(0) : nothing}};
}

static Results convertOptionalHasElement(Node &node) {
  return {{node.splat(node.getBuilder().getI1Type(), {}, hasElement(node))}};
}

static Results convertOptionalGetElement(Node &node) {
  if (!hasElement(node))
    return node.refuse("the optional holds nothing");
  return {{node.input(0)}};
}

static void addSequences(OperatorTable &table) {
  table.add("SequenceConstruct", 11, "inputs+", convertSequenceConstruct);
  table.add("SequenceEmpty", 11, "", convertSequenceEmpty);
  table.add("SequenceAt", 11, "input_sequence:any position:integer!", convertSequenceAt);
  table.add("SequenceInsert", 11, "input_sequence:any tensor position?:integer!", convertSequenceInsert);
  table.add("SequenceErase", 11, "input_sequence:any position?:integer!", convertSequenceErase);
  table.add("SequenceLength", 11, "input_sequence:any", convertSequenceLength);
  table.add("ConcatFromSequence", 11, "input_sequence:any", convertConcatFromSequence);
  table.add("SplitToSequence", 11, "input[1..] split?:integer", convertSplitToSequence);
  table.add("SequenceMap", 17, "input_sequence:any additional_inputs*:any", convertSequenceMap);
  table.add("Optional", 15, "input?:any", convertOptional);
  table.add("OptionalHasElement", 15, "input?:any", convertOptionalHasElement);
  table.add("OptionalGetElement", 15, "input:any", convertOptionalGetElement);
}

} // namespace sluice::conversion

void sluice::registerSequenceOperators() { conversion::OperatorTable::extend(conversion::addSequences); }
