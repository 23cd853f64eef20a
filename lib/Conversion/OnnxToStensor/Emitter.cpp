//===- Emitter.cpp - Tensors and constants --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "dialects/ElementTypes.h"
#include "dialects/onnx/OnnxDialect.h"
#include "sluice/Conversion/BeyondMachine.h"
#include "sluice/Golden/Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;

namespace sluice::conversion {

bool isWideType(Type element) {
  return element.isInteger(64) || element.isUnsignedInteger(32) || isDouble(element);
}

std::string doubleRefusal() {
  return kBeyondMachine.str() + "element type float64; --demote=f64 computes it as float32";
}

bool isNarrow(Type element) {
  if (llvm::isa<FloatType>(element))
    return !element.isF32() && !element.isF16() && !element.isF64();
  return llvm::isa<IntegerType>(element) && !element.isInteger(1) && element.getIntOrFloatBitWidth() < 8;
}

Type storageType(Type element) {
  if (element.isF32() || element.isF16())
    return element;
  if (element.isF64() || !llvm::isa<FloatType, IntegerType>(element) || !toElementType(element))
    return nullptr;
  unsigned width = element.getIntOrFloatBitWidth();
  if (isNarrow(element))
    width = std::max(width, 8u);
  return IntegerType::get(element.getContext(), std::min(width, 32u));
}

std::string elementName(Type element) {
  if (std::optional<ElementType> type = toElementType(element))
    return std::string(elementName(*type));
  if (llvm::isa<onnx::StringType>(element))
    return "string";
  std::string text;
  llvm::raw_string_ostream(text) << element;
  return text;
}

LogicalResult Emitter::refuse(const llvm::Twine &reason) {
  if (refusal.empty())
    refusal = reason.str();
  return failure();
}

std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  return llvm::join(llvm::map_range(shape, [](int64_t size) { return llvm::itostr(size); }), "x");
}

/// Axes of a tensor.
static constexpr size_t kMaxAxes = 64;

bool Emitter::fits(llvm::ArrayRef<int64_t> shape, int64_t most) {
  if (llvm::any_of(shape, [](int64_t size) { return size < 0; })) {
    (void)refuse("a tensor would have shape " + shapeText(shape));
    return false;
  }
  if (shape.size() > kMaxAxes) {
    (void)refuse("a tensor would have " + llvm::Twine(shape.size()) + " axes");
    return false;
  }
  Shape extents;
  llvm::copy_if(shape, std::back_inserter(extents), [](int64_t size) { return size != 0; });
  if (countElements(extents) <= most)
    return true;
  (void)refuse(
      "a tensor of shape " + shapeText(shape) + " has more than the " + llvm::Twine(most) +
      (most < kMaxElements ? " elements that a constant may have" : " elements that a tensor may have"));
  return false;
}

bool Emitter::canList(llvm::ArrayRef<int64_t> shape) {
  constexpr int64_t most = 8 * kMaxListed;
  if (refused() || !fits(shape, kMaxListed))
    return false;
  state.listed += countElements(shape);
  if (state.listed <= most)
    return true;
  (void)refuse("the model's constants whose elements are listed one by one have more than " +
               llvm::Twine(most) + " elements in all");
  return false;
}

bool Emitter::canUse(llvm::ArrayRef<Tensor> inputs) {
  for (const Tensor &input : inputs)
    if (!input || (!input.value && !input.constant))
      (void)refuse("a tensor that it needs is missing");
  return !refused();
}

Tensor Emitter::placeholder(Type element, size_t rank) {
  if (!element || !storageType(element))
    element = builder.getF32Type();
  Shape shape(std::min(rank, kMaxAxes), 1);
  if (llvm::isa<FloatType>(element))
    return constant(element, makeFloats(shape, element, 0.0));
  return constant(
      element,
      makeIntegers(shape, isWideType(element) ? builder.getI64Type() : storageType(element), int64_t{0}));
}

Tensor Emitter::reject(Type element, size_t rank, const llvm::Twine &reason) {
  (void)refuse(reason);
  return placeholder(element, rank);
}

Tensor Emitter::misfit(Type element, size_t rank, const llvm::Twine &reason) {
  misfits |= !refused();
  return reject(element, rank, reason);
}

RankedTensorType Emitter::storedType(llvm::ArrayRef<int64_t> shape, Type element) {
  if (isDouble(element)) {
    (void)refuse(doubleRefusal());
    element = builder.getF32Type();
  }
  return RankedTensorType::get(shape, storageType(element));
}

ElementsAttr Emitter::normalise(ElementsAttr elements, Type element) {
  if (llvm::isa<FloatType>(element))
    return reinterpret(elements, elements.getShapedType().getShape(), element);
  if (!isWideType(element) || elements.getElementType().isInteger(64))
    return elements;
  llvm::SmallVector<int64_t> values = readDistinctIntegers(elements);
  if (element.isUnsignedInteger())
    for (int64_t &value : values)
      value &= 0xffffffff;
  return makeIntegers(elements.getShapedType().getShape(), builder.getI64Type(), values);
}

Tensor Emitter::constant(Type element, ElementsAttr elements) {
  Tensor result;
  result.element = element;
  result.shape.assign(elements.getShapedType().getShape().begin(), elements.getShapedType().getShape().end());
  result.constant = normalise(elements, element);
  return result;
}

/// Why so many numbers are no tensor of that shape; empty if they are.
static std::string whyNoTensor(llvm::ArrayRef<int64_t> shape, size_t numbers) {
  int64_t count = countElements(shape);
  if (static_cast<int64_t>(numbers) == count || (numbers == 1 && count != 0))
    return {};
  return std::to_string(numbers) + " numbers do not make a tensor of shape " + shapeText(shape);
}

Tensor Emitter::integers(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values, Type element) {
  if (refused() || !fits(shape))
    return placeholder(element, shape.size());
  if (std::string reason = whyNoTensor(shape, values.size()); !reason.empty())
    return misfit(element, shape.size(), reason);
  Type type = isWideType(element) ? builder.getI64Type() : storageType(element);
  if (!isNarrow(element))
    return constant(element, makeIntegers(shape, type, values));
  llvm::SmallVector<int64_t> wrapped;
  unsigned width = element.getIntOrFloatBitWidth();
  for (int64_t value : values)
    wrapped.push_back(element.isUnsignedInteger() ? value & ((1 << width) - 1)
                                                  : llvm::SignExtend64(value, width));
  return constant(element, makeIntegers(shape, type, wrapped));
}

Tensor Emitter::integers(llvm::ArrayRef<int64_t> values) {
  return integers({static_cast<int64_t>(values.size())}, values, builder.getI64Type());
}

Tensor Emitter::countUp(llvm::ArrayRef<int64_t> shape) {
  if (!canList(shape))
    return placeholder(builder.getI32Type(), shape.size());
  llvm::SmallVector<int64_t> numbers(countElements(shape));
  std::iota(numbers.begin(), numbers.end(), 0);
  return integers(shape, numbers, builder.getI32Type());
}

Tensor Emitter::reals(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<double> values, Type element) {
  if (refused() || !fits(shape))
    return placeholder(element, shape.size());
  if (std::string reason = whyNoTensor(shape, values.size()); !reason.empty())
    return misfit(element, shape.size(), reason);
  return constant(element, makeFloats(shape, element, values));
}

Tensor Emitter::splat(Type element, llvm::ArrayRef<int64_t> shape, double value) {
  if (refused() || !fits(shape) || !element || (!storageType(element) && !isDouble(element)))
    return placeholder(element, shape.size());
  if (llvm::isa<FloatType>(element))
    return reals(shape, countElements(shape) ? llvm::ArrayRef(value) : llvm::ArrayRef<double>(), element);
  int64_t number = saturatingInteger(value);
  return integers(shape, countElements(shape) ? llvm::ArrayRef(number) : llvm::ArrayRef<int64_t>(), element);
}

Value Emitter::value(const Tensor &tensor) {
  if (tensor.value)
    return tensor.value;
  if (!tensor.constant) {
    (void)refuse("a tensor that it needs is missing");
    return value(placeholder(tensor.element, tensor.rank()));
  }
  if (isDouble(tensor.element)) {
    (void)refuse(doubleRefusal());
    return value(placeholder(builder.getF32Type(), tensor.rank()));
  }
  Value &known = state.constants[tensor.constant];
  if (known)
    return known;
  ElementsAttr elements = tensor.constant;
  if (isWideType(tensor.element)) {
    llvm::SmallVector<int64_t> values = readDistinctIntegers(elements);
    if (!tensor.element.isUnsignedInteger() || tensor.element.isInteger(64))
      for (int64_t value : values)
        if (value != static_cast<int32_t>(value)) {
          (void)refuse("the " + elementName(tensor.element) + " constant " + llvm::Twine(value) +
                       " is outside the range of int32, as which it is computed");
          break;
        }
    elements = makeIntegers(tensor.shape, builder.getI32Type(), values);
  }
  elements = reinterpret(elements, tensor.shape, storageType(tensor.element));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(state.entry);
  if (state.lastConstant)
    builder.setInsertionPointAfter(state.lastConstant);
  auto op = stensor::ConstantOp::create(builder, loc, elements);
  state.lastConstant = op;
  return known = op.getResult();
}

/// What an operation's verifier says against it; empty if it is right.
static std::string whyIllFormed(Operation *op) {
  std::string text;
  ScopedDiagnosticHandler handler(op->getContext(), [&](Diagnostic &diagnostic) {
    if (text.empty())
      text = diagnostic.str();
    return success();
  });
  return succeeded(verify(op)) ? std::string() : "its operands do not fit: " + text;
}

/// How many operations may take the place of one node, and of all of a model: recurrences are unrolled.
static constexpr size_t kMostOfNode = size_t{1} << 16, kMostOfModel = size_t{1} << 19;

Tensor Emitter::finish(Operation *op, Type element) { return finish(op, llvm::ArrayRef(element)).front(); }

llvm::SmallVector<Tensor> Emitter::finish(Operation *op, llvm::ArrayRef<Type> elements) {
  std::string reason = whyIllFormed(op);
  const bool isTooMuch = ++built > kMostOfNode || ++state.built > kMostOfModel;
  llvm::SmallVector<Tensor> results;
  if (isTooMuch || !reason.empty()) {
    size_t rank = llvm::cast<RankedTensorType>(op->getResult(0).getType()).getRank();
    op->erase();
    if (isTooMuch)
      reason = "it takes more than the " + std::to_string(kMostOfNode) + " operations of a node or the " +
               std::to_string(kMostOfModel) + " of a model";
    for (Type element : elements)
      results.push_back(isTooMuch ? reject(element, rank, reason) : misfit(element, rank, reason));
    return results;
  }
  for (auto [element, value] : llvm::zip_equal(elements, op->getResults())) {
    Tensor &result = results.emplace_back();
    result.element = element;
    llvm::append_range(result.shape, llvm::cast<RankedTensorType>(value.getType()).getShape());
    result.value = value;
  }
  evaluate(op, results);
  return results;
}

/// Whether `op` only moves halves of a large constant, of which nothing asks for the values: they stay where
/// they are.
static bool staysInPlace(Operation *op) {
  constexpr int64_t large = int64_t{1} << 16; // bytes
  auto type = llvm::cast<RankedTensorType>(op->getResult(0).getType());
  return llvm::isa<stensor::TransposeOp, stensor::SliceOp, stensor::PadOp, stensor::ConcatOp>(op) &&
         type.getElementType().isF16() &&
         type.getNumElements() * stensor::elementBytes(type.getElementType()) > large;
}

void Emitter::evaluate(Operation *op, llvm::MutableArrayRef<Tensor> results) {
  llvm::SmallVector<ElementsAttr> operands;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<stensor::ConstantOp>();
    if (!constant)
      return;
    operands.push_back(llvm::cast<ElementsAttr>(constant.getValue()));
  }
  double steps = golden::evaluationSteps(op, operands);
  if (steps != 0 && staysInPlace(op))
    return;
  int64_t bytes = 0;
  for (const Tensor &result : results)
    bytes += steps == 0 ? 0
                        : result.count() *
                              stensor::elementBytes(
                                  llvm::cast<RankedTensorType>(result.value.getType()).getElementType());
  if (state.foldingSteps + steps > state.mostFoldingSteps ||
      bytes > state.mostFoldedBytes - state.foldedBytes)
    return;
  FailureOr<llvm::SmallVector<ElementsAttr>> constants = golden::evaluateConstant(op, operands);
  if (failed(constants))
    return;
  state.foldingSteps += steps;
  state.foldedBytes += bytes;
  op->erase();
  for (auto [result, elements] : llvm::zip_equal(results, *constants)) {
    result.value = nullptr;
    result.constant = normalise(elements, result.element);
  }
}

} // namespace sluice::conversion
