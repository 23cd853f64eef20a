//===- Interpreter.cpp - What a stensor program computes --------- -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Golden/Interpreter.h"
#include "sluice/Support/Cancellation.h"

#include "Evaluate.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice::stensor;

namespace sluice::golden {

FailureOr<TensorValues> evaluateOp(Operation *op, Operands operands) {
  auto one = [](TensorValue value) -> FailureOr<TensorValues> { return TensorValues{std::move(value)}; };
  return TypeSwitch<Operation *, FailureOr<TensorValues>>(op)
      .Case([&](ConstantOp constant) -> FailureOr<TensorValues> {
        FailureOr<TensorValue> value = TensorValue::fromAttribute(constant.getValue());
        if (failed(value))
          return constant.emitOpError() << "the constant's elements are not at hand";
        return one(std::move(*value));
      })
      .Case([&](MapOp map) -> FailureOr<TensorValues> { return evaluateMap(map, operands); })
      .Case([&](ContractOp contract) { return one(evaluateContract(contract, operands[0], operands[1])); })
      .Case([&](ConvolveOp convolve) { return one(evaluateConvolve(convolve, operands[0], operands[1])); })
      .Case([&](ReduceOp reduce) { return one(evaluateReduce(reduce, operands[0])); })
      .Case([&](ReshapeOp reshape) { return one(operands[0].reshaped(reshape.getType())); })
      .Case([&](TransposeOp transpose) { return one(evaluateTranspose(transpose, operands[0])); })
      .Case([&](SliceOp slice) { return one(evaluateSlice(slice, operands[0])); })
      .Case([&](PadOp pad) { return one(evaluatePad(pad, operands[0])); })
      .Case([&](BroadcastOp broadcast) { return one(evaluateBroadcast(broadcast, operands[0])); })
      .Case([&](WindowOp window) { return one(evaluateWindow(window, operands[0])); })
      .Case([&](ConcatOp concat) { return one(evaluateConcat(concat, operands)); })
      .Case([&](GatherOp gather) -> FailureOr<TensorValues> {
        FailureOr<TensorValue> value = evaluateGather(gather, operands[0], operands[1]);
        if (failed(value))
          return failure();
        return one(std::move(*value));
      })
      .Default([](Operation *other) -> FailureOr<TensorValues> {
        return other->emitOpError() << "is not an operation that the interpreter runs";
      });
}

namespace {

/// The values at hand, each with how many operations still read it.
class LiveValues {
public:
  void define(Value value, TensorValue tensor) {
    if (!value.use_empty())
      live[value] = {std::move(tensor),
                     static_cast<size_t>(std::distance(value.use_begin(), value.use_end()))};
  }
  TensorValue use(Value value) {
    auto found = live.find(value);
    if (--found->second.uses > 0)
      return found->second.tensor;
    TensorValue last = std::move(found->second.tensor);
    live.erase(found);
    return last;
  }

private:
  struct Entry {
    TensorValue tensor;
    size_t uses = 0;
  };
  llvm::DenseMap<Value, Entry> live;
};

} // namespace

static LogicalResult checkInputs(func::FuncOp function, ArrayRef<TensorValue> inputs) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError() << "does not have one block";
  if (inputs.size() != function.getNumArguments())
    return function.emitOpError() << "takes " << function.getNumArguments() << " inputs, but has "
                                  << inputs.size();
  for (auto [index, input] : llvm::enumerate(inputs))
    if (input.type() != function.getArgumentTypes()[index])
      return function.emitOpError() << "input " << index << " is " << input.type() << ", need "
                                    << function.getArgumentTypes()[index];
  return success();
}

FailureOr<TensorValues> interpret(func::FuncOp function, ArrayRef<TensorValue> inputs) {
  if (failed(checkInputs(function, inputs)))
    return failure();
  LiveValues values;
  for (auto [argument, input] : llvm::zip_equal(function.getArguments(), inputs))
    values.define(argument, input);
  for (Operation &op : function.getBody().front()) {
    if (isCancelled())
      return failure();
    TensorValues operands;
    for (Value operand : op.getOperands())
      operands.push_back(values.use(operand));
    if (isa<func::ReturnOp>(op))
      return operands;
    FailureOr<TensorValues> results = evaluateOp(&op, operands);
    if (failed(results))
      return failure();
    for (auto [result, tensor] : llvm::zip_equal(op.getResults(), *results))
      values.define(result, std::move(tensor));
  }
  return function.emitOpError() << "does not end in a return";
}

/// Splats that stay splats however large the result is.
static ElementsAttr foldSplat(Operation *op, ArrayRef<ElementsAttr> operands) {
  if (!isa<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, WindowOp>(op))
    return {};
  auto splat = dyn_cast<DenseElementsAttr>(operands.front());
  if (!splat || !splat.isSplat())
    return {};
  return splat.resizeSplat(cast<ShapedType>(op->getResult(0).getType()));
}

static double elementsOf(Type type) { return static_cast<double>(cast<ShapedType>(type).getNumElements()); }

double evaluationSteps(Operation *op, ArrayRef<ElementsAttr> operands) {
  if (foldSplat(op, operands))
    return 0;
  double steps = elementsOf(op->getResult(0).getType());
  if (auto map = dyn_cast<MapOp>(op))
    steps *= static_cast<double>(map.getBlock().getOperations().size());
  if (auto contract = dyn_cast<ContractOp>(op)) {
    ArrayRef<int64_t> shape = contract.getLhs().getType().getShape();
    return steps * static_cast<double>(shape[2]) * static_cast<double>(shape[3]);
  }
  if (auto convolve = dyn_cast<ConvolveOp>(op)) {
    RankedTensorType filters = convolve.getFilters().getType();
    return steps * elementsOf(filters) / std::max(1.0, static_cast<double>(filters.getDimSize(0)));
  }
  for (ElementsAttr operand : operands)
    steps += elementsOf(operand.getType());
  return steps;
}

/// Whether that takes too long for what there is.
static bool isEndless(Operation *op, ArrayRef<ElementsAttr> operands) {
  double most = kFoldSteps;
  for (ElementsAttr operand : operands)
    if (!operand.isSplat())
      most += kFoldStepsForElement * elementsOf(operand.getType());
  return evaluationSteps(op, operands) > most;
}

static int64_t bytesOf(Type type) {
  auto tensor = cast<ShapedType>(type);
  return tensor.getNumElements() * elementBytes(tensor.getElementType());
}

/// What is made of an initializer keeps its name.
static StringRef nameOf(ArrayRef<ElementsAttr> operands) {
  for (ElementsAttr operand : operands)
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(operand))
      return resource.getRawHandle().getKey();
  return "folded";
}

FailureOr<SmallVector<ElementsAttr>> evaluateConstant(Operation *op, ArrayRef<ElementsAttr> operands) {
  if (auto constant = dyn_cast<ConstantOp>(op))
    return SmallVector<ElementsAttr>{constant.getValue()};
  if (!isa<StensorDialect>(op->getDialect()))
    return failure();
  if (ElementsAttr splat = foldSplat(op, operands))
    return SmallVector<ElementsAttr>{splat};
  int64_t before = 0, after = 0;
  for (ElementsAttr operand : operands)
    before += bytesOf(operand.getType());
  for (Type type : op->getResultTypes())
    after += bytesOf(type);
  if ((after > kFoldLimit && after > before) || isEndless(op, operands))
    return failure();
  TensorValues values;
  for (ElementsAttr operand : operands) {
    FailureOr<TensorValue> value = TensorValue::fromAttribute(operand);
    if (failed(value))
      return failure();
    values.push_back(std::move(*value));
  }
  // A fault stays for the run: it may be in a part that no input reaches.
  ScopedDiagnosticHandler silent(op->getContext(), [](Diagnostic &) { return success(); });
  FailureOr<TensorValues> results = evaluateOp(op, values);
  if (failed(results))
    return failure();
  SmallVector<ElementsAttr> attributes;
  for (const TensorValue &result : *results)
    attributes.push_back(result.toAttribute(nameOf(operands)));
  return attributes;
}

} // namespace sluice::golden
