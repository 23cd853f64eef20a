//===- NodeGraphs.cpp - Graphs that a node holds --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace mlir;

namespace sluice::conversion {

/// How often nodes within graphs may be converted in one model. A loop is unrolled, so this bounds its trips
/// times its nodes.
static constexpr size_t kMaxGraphNodes = size_t{1} << 16;

bool Node::hasGraph(llvm::StringRef name) {
  asked.insert(name);
  return op.getGraph(name) != nullptr;
}

size_t Node::numGraphOutputs(llvm::StringRef name) {
  return hasGraph(name) ? op.getGraph(name)->back().getNumOperands() : 0;
}

static std::string ranTooOften() {
  return "its graph runs too often: loops are unrolled to at most " + std::to_string(kMaxGraphNodes) +
         " nodes in a model";
}

bool Node::canApply(llvm::StringRef name, int64_t times) {
  const size_t each = hasGraph(name) ? op.getGraph(name)->getOperations().size() : 0;
  if (times <= 0 || each == 0 || static_cast<uint64_t>(times) <= kMaxGraphNodes / each)
    return true;
  (void)refuse(ranTooOften());
  return false;
}

Results Node::applyGraph(llvm::StringRef name, llvm::ArrayRef<Tensor> graphInputs,
                         const std::optional<Guard> &guard) {
  if (!hasGraph(name))
    return refuse("it has no graph '" + name + "'");
  Block &graph = *op.getGraph(name);
  if (graph.getNumArguments() != graphInputs.size())
    return refuse("graph '" + name + "' has " + llvm::Twine(graph.getNumArguments()) + " inputs, not " +
                  llvm::Twine(graphInputs.size()));
  state.graphNodes += graph.getOperations().size();
  if (state.graphNodes > kMaxGraphNodes)
    return refuse(ranTooOften());
  const bool isGuard = guard && !guard->condition.constant;
  if (isGuard)
    state.guards.push_back(*guard);
  Results outputs = convertGraph(graph, graphInputs);
  if (isGuard)
    state.guards.pop_back();
  if (failed(outputs)) {
    refusedWithin = true;
    return failure();
  }
  for (const Tensor &output : *outputs) {
    if (!output.unsupported.empty())
      return refuse("graph '" + name + "': " + output.unsupported);
    // What a refused node around the graph was to compute.
    refusedWithin |= output.poisoned;
  }
  if (refusedWithin)
    return failure();
  return outputs;
}

Tensor Node::emptyStack(llvm::StringRef name, size_t index, int64_t axis) {
  auto type = llvm::dyn_cast<RankedTensorType>(op.getGraph(name)->back().getOperand(index).getType());
  Type element = type ? type.getElementType() : Type();
  if (element && element.isF64() && options().demoteF64)
    element = builder.getF32Type();
  if (!element || (!storageType(element) && !isDouble(element))) {
    (void)refuse("graph '" + name + "' never runs, and its output " + llvm::Twine(index) +
                 " declares no element type and rank that are supported");
    return splat(builder.getF32Type(), {0}, 0);
  }
  Shape shape;
  for (int64_t size : type.getShape())
    shape.push_back(ShapedType::isDynamic(size) ? 0 : size);
  axis = normaliseAxis(axis, type.getRank() + 1);
  shape.insert(shape.begin() + axis, 0);
  return splat(element, shape, 0);
}

Tensor stack(Node &node, llvm::ArrayRef<Tensor> tensors, int64_t axis, llvm::StringRef graph, size_t output) {
  if (tensors.empty())
    return node.emptyStack(graph, output, axis);
  const Tensor &first = tensors.front();
  axis = node.normaliseAxis(axis, first.rank() + 1);
  llvm::SmallVector<Tensor> parts;
  for (const Tensor &tensor : tensors) {
    if (!tensor || tensor.element != first.element || tensor.shape != first.shape) {
      (void)node.refuse("output " + llvm::Twine(output) + " of graph '" + graph +
                        "' is no tensor of one type and shape for all iterations");
      return first;
    }
    Shape shape = tensor.shape;
    shape.insert(shape.begin() + axis, 1);
    parts.push_back(node.reshape(tensor, shape));
  }
  return node.concat(parts, axis);
}

} // namespace sluice::conversion
