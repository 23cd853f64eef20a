//===- Node.cpp - What a conversion sees of a node ------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Node.h"

#include "dialects/ElementTypes.h"
#include "dialects/stensor/StensorDialect.h"
#include "sluice/Conversion/BeyondMachine.h"
#include "sluice/Support/Shell.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace sluice::conversion {

std::optional<Shape> Node::declaredShape(size_t index) {
  if (index >= op.getNumResults())
    return std::nullopt;
  auto type = llvm::dyn_cast<RankedTensorType>(op.getResult(index).getType());
  if (!type || !type.hasStaticShape())
    return std::nullopt;
  return Shape(type.getShape());
}

/// Whether something reads what a graph of `holder` yields as operand `index` of `yield`.
static bool isReadOutside(onnx::NodeOp holder, onnx::YieldOp yield, unsigned index) {
  auto isResultRead = [&](unsigned result) {
    return result < holder->getNumResults() && isRead(holder->getResult(result));
  };
  if (holder.getOpType() == "If")
    return isResultRead(index);
  if (holder.getOpType() != "Loop" || index == 0)
    return true;
  // A loop hands the first values on to its next iteration: arguments behind the trip and the condition.
  Block &body = *yield->getBlock();
  const bool isCarried = index + 1 < body.getNumArguments();
  return (isCarried && !body.getArgument(index + 1).use_empty()) || isResultRead(index - 1);
}

bool isRead(Value output) {
  return llvm::any_of(output.getUses(), [](OpOperand &use) {
    auto yield = llvm::dyn_cast<onnx::YieldOp>(use.getOwner());
    auto holder = yield ? llvm::dyn_cast<onnx::NodeOp>(yield->getParentOp()) : onnx::NodeOp();
    return !holder || isReadOutside(holder, yield, use.getOperandNumber());
  });
}

LogicalResult Node::refuseInput(size_t index, const llvm::Twine &need) {
  return refuse(list.place(index) + " has shape " + shapeText(input(index).shape) + ", need " + need);
}

std::string Node::shapeOf(size_t index) const {
  return list.place(index) + " of shape " + shapeText(input(index).shape);
}

LogicalResult Node::refuseShapes(llvm::StringRef beside) {
  return refuseAt("the shapes of its inputs do not fit one another" +
                  (beside.empty() ? std::string() : (" or " + beside).str()));
}

LogicalResult Node::refuseAt(const llvm::Twine &reason) {
  return refuse(reason + ": " + list.shapes(inputs));
}

/// "2x?x3".
static std::string needText(llvm::ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  auto text = [](int64_t size) { return size < 0 ? std::string("?") : std::to_string(size); };
  return llvm::join(llvm::map_range(shape, text), "x");
}

/// Whether the sizes are equal, but for those that may be any.
static bool isLike(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> need) {
  return shape.size() == need.size() && llvm::all_of(llvm::zip_equal(shape, need), [](auto sizes) {
           auto [size, wanted] = sizes;
           return wanted < 0 || size == wanted;
         });
}

LogicalResult Node::needShape(size_t index, llvm::ArrayRef<int64_t> shape) {
  if (!has(index) || isLike(input(index).shape, shape))
    return success();
  return refuseInput(index, needText(shape));
}

LogicalResult Node::needOne(size_t index) {
  return !has(index) || input(index).count() == 1 ? success() : refuseInput(index, "one element");
}

LogicalResult Node::needOneOrShape(size_t index, llvm::ArrayRef<int64_t> shape) {
  if (!has(index) || input(index).count() == 1 || isLike(input(index).shape, shape))
    return success();
  return refuseInput(index, needText(shape) + " or one element");
}

LogicalResult Node::needBroadcast(size_t index, llvm::ArrayRef<int64_t> shape) {
  if (!has(index))
    return success();
  Tensor whole;
  whole.shape.assign(shape.begin(), shape.end());
  std::optional<Shape> common = broadcastShape({whole, input(index)});
  if (common && llvm::ArrayRef<int64_t>(*common) == shape)
    return success();
  return refuseInput(index, "one that broadcasts to " + needText(shape));
}

bool Node::isUsed(size_t index) { return index < op.getNumResults() && isRead(op.getResult(index)); }

const Tensor &Node::input(size_t index) const {
  static const Tensor absent;
  return index < inputs.size() ? inputs[index] : absent;
}

void Node::setInput(size_t index, const Tensor &tensor) {
  inputs.resize(std::max(inputs.size(), index + 1));
  inputs[index] = tensor;
}

Attribute Node::attribute(llvm::StringRef name) {
  asked.insert(name);
  return op.getOnnxAttributes().get(name);
}

bool Node::hasAttribute(llvm::StringRef name) { return bool(attribute(name)); }

/// Whether a number that others are multiplied with has 32 bits.
static bool isModest(int64_t value) { return value == static_cast<int32_t>(value); }

int64_t Node::integerAttr(llvm::StringRef name, int64_t otherwise) {
  int64_t value = numberAttr(name, otherwise);
  if (isModest(value) || value == otherwise)
    return value;
  (void)refuse("attribute '" + name + "' = " + llvm::Twine(value) + " is beyond 32 bits");
  return otherwise;
}

int64_t Node::numberAttr(llvm::StringRef name, int64_t otherwise) {
  auto value = llvm::dyn_cast_if_present<IntegerAttr>(attribute(name));
  return value ? value.getInt() : otherwise;
}

double Node::realAttr(llvm::StringRef name, double otherwise) {
  auto value = llvm::dyn_cast_if_present<FloatAttr>(attribute(name));
  return value ? value.getValueAsDouble() : otherwise;
}

llvm::StringRef Node::stringAttr(llvm::StringRef name, llvm::StringRef otherwise) {
  auto value = llvm::dyn_cast_if_present<StringAttr>(attribute(name));
  return value ? value.getValue() : otherwise;
}

std::optional<Shape> Node::integersAttr(llvm::StringRef name) {
  std::optional<Shape> values = numbersAttr(name);
  if (!values || llvm::all_of(*values, isModest))
    return values;
  (void)refuse("attribute '" + name + "' holds a number beyond 32 bits");
  return std::nullopt;
}

std::optional<Shape> Node::numbersAttr(llvm::StringRef name) {
  auto values = llvm::dyn_cast_if_present<DenseI64ArrayAttr>(attribute(name));
  if (!values)
    return std::nullopt;
  return Shape(values.asArrayRef());
}

std::optional<llvm::SmallVector<double>> Node::realsAttr(llvm::StringRef name) {
  auto values = llvm::dyn_cast_if_present<DenseF32ArrayAttr>(attribute(name));
  if (!values)
    return std::nullopt;
  return llvm::SmallVector<double>(values.asArrayRef().begin(), values.asArrayRef().end());
}

std::optional<llvm::SmallVector<llvm::StringRef>> Node::stringsAttr(llvm::StringRef name) {
  auto values = llvm::dyn_cast_if_present<ArrayAttr>(attribute(name));
  if (!values)
    return std::nullopt;
  llvm::SmallVector<llvm::StringRef> strings;
  for (Attribute value : values)
    if (auto string = llvm::dyn_cast<StringAttr>(value))
      strings.push_back(string.getValue());
  return strings;
}

ElementsAttr Node::tensorAttr(llvm::StringRef name) {
  return llvm::dyn_cast_if_present<ElementsAttr>(attribute(name));
}

std::optional<llvm::StringRef> Node::unknownAttribute() {
  for (NamedAttribute attribute : op.getOnnxAttributes())
    if (!asked.contains(attribute.getName().getValue()))
      return attribute.getName().getValue();
  for (llvm::StringRef graph : op.getGraphNames().getAsValueRange<StringAttr>())
    if (!asked.contains(graph))
      return graph;
  return std::nullopt;
}

std::string Node::unknownInput(size_t index, llvm::StringRef name) {
  return ("input " + llvm::Twine(index) + " (" + name + ") is not known at compile time").str() +
         wayToKnow(input(index));
}

/// The names of the program's inputs that a value is computed from, in their order.
static llvm::SmallVector<std::string> inputsBehind(Value value) {
  llvm::SetVector<Value> behind;
  llvm::SmallVector<BlockArgument> arguments;
  behind.insert(value);
  for (size_t next = 0; next < behind.size(); ++next) {
    if (Operation *producer = behind[next].getDefiningOp())
      behind.insert(producer->operand_begin(), producer->operand_end());
    else
      arguments.push_back(llvm::cast<BlockArgument>(behind[next]));
  }
  llvm::sort(arguments, [](BlockArgument a, BlockArgument b) { return a.getArgNumber() < b.getArgNumber(); });
  llvm::SmallVector<std::string> names;
  for (BlockArgument argument : arguments)
    if (auto function = llvm::dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
      if (auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), stensor::kNameAttr))
        names.push_back(name.str());
  return names;
}

std::string Node::wayToKnow(const Tensor &tensor) {
  constexpr size_t mostNames = 8;
  if (!tensor.value)
    return {};
  llvm::SmallVector<std::string> names = inputsBehind(tensor.value);
  std::string text = names.empty() ? "" : "; to know it, compile with";
  for (const std::string &name : llvm::ArrayRef(names).take_front(mostNames))
    text += " " + shellOption("constant-input", name + "=...");
  if (names.size() > mostNames)
    text += " and " + std::to_string(names.size() - mostNames) + " more inputs";
  return text;
}

LogicalResult Node::refuseShapeOf(size_t index, llvm::StringRef name) {
  return refuse(kBeyondMachine + "output shape depends on run-time data: " + unknownInput(index, name));
}

std::optional<Shape> Node::knownIntegers(size_t index, llvm::StringRef name) {
  constexpr int64_t most = int64_t{1} << 42;
  std::optional<Shape> values = knownNumbers(index, name);
  if (!values)
    return std::nullopt;
  for (int64_t value : *values)
    if (value < -most || value > most) {
      (void)refuse("input " + llvm::Twine(index) + " (" + name + ") holds " + llvm::Twine(value) +
                   ", which is no size of a tensor");
      return std::nullopt;
    }
  return values;
}

std::optional<Shape> Node::knownNumbers(size_t index, llvm::StringRef name) {
  const Tensor &tensor = input(index);
  if (!tensor) {
    (void)refuse("input " + llvm::Twine(index) + " (" + name + ") is missing");
    return std::nullopt;
  }
  if (!tensor.constant) {
    (void)refuseShapeOf(index, name);
    return std::nullopt;
  }
  if (tensor.isReal()) {
    (void)refuse("input " + llvm::Twine(index) + " (" + name + ") is of type " + elementName(tensor.element) +
                 ", not integer");
    return std::nullopt;
  }
  if (!canList(tensor.shape))
    return std::nullopt;
  return Shape(readIntegers(tensor.constant));
}

std::optional<Shape> Node::integersInputOrAttr(size_t index, llvm::StringRef name) {
  std::optional<Shape> values = integersAttr(name);
  if (has(index))
    return knownIntegers(index, name);
  return values ? *values : Shape();
}

std::optional<Shape> Node::numbersInputOrAttr(size_t index, llvm::StringRef name) {
  std::optional<Shape> values = numbersAttr(name);
  if (has(index))
    return knownNumbers(index, name);
  return values ? *values : Shape();
}

int64_t Node::normaliseAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    (void)refuseAt("axis " + llvm::Twine(axis) + " is outside a tensor of rank " + llvm::Twine(rank));
    return 0;
  }
  return axis < 0 ? axis + rank : axis;
}

Shape Node::normaliseAxes(llvm::ArrayRef<int64_t> axes, int64_t rank) {
  Shape result;
  if (static_cast<int64_t>(axes.size()) > rank) {
    (void)refuseAt(llvm::Twine(axes.size()) + " axes of a tensor of rank " + llvm::Twine(rank));
    return result;
  }
  for (int64_t axis : axes) {
    result.push_back(normaliseAxis(axis, rank));
    if (!refused() && llvm::is_contained(llvm::ArrayRef(result).drop_back(), result.back()))
      (void)refuseAt("axis " + llvm::Twine(result.back()) + " is named twice");
  }
  return result;
}

Type Node::elementType(int64_t dataType, bool isConstant) {
  constexpr int64_t string = 8, complex64 = 14, complex128 = 15;
  if (dataType == string || dataType == complex64 || dataType == complex128) {
    (void)refuse(kBeyondMachine + "element type " + (dataType == string ? "string" : "complex"));
    return nullptr;
  }
  Type element =
      isModest(dataType) ? toMlirType(static_cast<ElementType>(dataType), *builder.getContext()) : Type();
  if (!element)
    (void)refuse("element type number " + llvm::Twine(dataType) + " is not supported");
  if (!isDouble(element))
    return element;
  if (options().demoteF64)
    return builder.getF32Type();
  if (isConstant)
    return element;
  (void)refuse(doubleRefusal());
  return nullptr;
}

} // namespace sluice::conversion
