//===- Edges.cpp - The user's tensors of a stensor program ------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Golden/Edges.h"

#include "dialects/ElementTypes.h"
#include "dialects/stensor/StensorDialect.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/InputFiles.h"
#include "sluice/Support/Strings.h"

#include <cstring>

using namespace mlir;

namespace sluice::golden {

namespace {

/// One argument or result as the user knows it.
struct Edge {
  std::string name;
  Type userType; ///< of an element
  RankedTensorType type;
};

} // namespace

static Edge edgeOf(Type type, DictionaryAttr attributes, unsigned index) {
  Edge edge{std::to_string(index), {}, cast<RankedTensorType>(type)};
  edge.userType = edge.type.getElementType();
  if (!attributes)
    return edge;
  if (auto name = attributes.getAs<StringAttr>(stensor::kNameAttr))
    edge.name = name.str();
  if (auto userType = attributes.getAs<TypeAttr>(stensor::kTypeAttr))
    edge.userType = userType.getValue();
  return edge;
}

static SmallVector<Edge> inputEdges(func::FuncOp main) {
  SmallVector<Edge> edges;
  for (auto [index, type] : llvm::enumerate(main.getArgumentTypes()))
    edges.push_back(edgeOf(type, main.getArgAttrDict(index), index));
  return edges;
}

/// Types that no user's tensor has are none of stensor's either.
static ElementType hostType(Type type) { return toElementType(type).value_or(ElementType()); }

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Each `From` of `from` as a `To` in `to`.
template <class From, class To>
static void convertAll(ArrayRef<char> from, MutableArrayRef<char> to) {
  for (size_t i = 0; i < from.size() / sizeof(From); ++i) {
    From value;
    std::memcpy(&value, from.data() + i * sizeof(From), sizeof(From));
    To converted = static_cast<To>(value);
    std::memcpy(to.data() + i * sizeof(To), &converted, sizeof(To));
  }
}

static void fromHost(ElementType type, ArrayRef<char> from, MutableArrayRef<char> to) {
  switch (type) {
  case ElementType::Int64:
    return convertAll<int64_t, int32_t>(from, to);
  case ElementType::UInt64:
    return convertAll<uint64_t, uint32_t>(from, to);
  case ElementType::Double:
    return convertAll<double, float>(from, to);
  case ElementType::Bool:
    return convertAll<uint8_t, bool>(from, to);
  default:
    llvm::copy(from, to.begin());
  }
}

static void toHost(ElementType type, ArrayRef<char> from, MutableArrayRef<char> to) {
  switch (type) {
  case ElementType::Int64:
    return convertAll<int32_t, int64_t>(from, to);
  case ElementType::UInt64:
    return convertAll<uint32_t, uint64_t>(from, to);
  case ElementType::Double:
    return convertAll<float, double>(from, to);
  default:
    llvm::copy(from, to.begin());
  }
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text = concat(text, text.empty() ? "" : ", ", size);
  return concat("[", text, "]");
}

/// What is wrong with a tensor that is given for an input; empty if nothing is.
static std::string inputFault(const Edge &edge, const HostTensor &tensor) {
  ElementType need = hostType(edge.userType);
  if (tensor.type != need && tensor.type != arrayType(need))
    return concat("needs type ", typeText(need), ", has ", elementName(tensor.type));
  if (ArrayRef<int64_t>(tensor.shape) != edge.type.getShape())
    return concat("needs shape ", shapeText(edge.type.getShape()), ", has ", shapeText(tensor.shape));
  size_t bytes = edge.type.getNumElements() * elementBytes(need);
  if (tensor.data.size() != bytes)
    return concat("needs ", bytes, " bytes, has ", tensor.data.size());
  return rangeFault(need, tensor.data);
}

std::vector<std::string> inputNames(func::FuncOp main) {
  std::vector<std::string> names;
  for (const Edge &edge : inputEdges(main))
    names.push_back(edge.name);
  return names;
}

absl::StatusOr<TensorValues> bindInputs(func::FuncOp main, const TensorMap &inputs) {
  std::string faults;
  auto add = [&](const std::string &name, const std::string &fault) {
    faults = concat(faults, faults.empty() ? "" : "\n", "input '", escapeLine(name), "': ", fault);
  };
  SmallVector<Edge> edges = inputEdges(main);
  for (const Edge &edge : edges) {
    auto found = inputs.find(edge.name);
    if (found == inputs.end())
      add(edge.name,
          concat("missing; needs ", typeText(hostType(edge.userType)), " ", shapeText(edge.type.getShape())));
    else if (std::string fault = inputFault(edge, found->second); !fault.empty())
      add(edge.name, fault);
  }
  const std::vector<std::string> declared = inputNames(main);
  for (const auto &[name, tensor] : inputs)
    if (!llvm::is_contained(declared, name))
      add(name, unknownInput(declared));
  if (!faults.empty())
    return absl::InvalidArgumentError(faults);
  TensorValues values;
  for (const Edge &edge : edges) {
    const HostTensor &tensor = inputs.at(edge.name);
    TensorValue value(edge.type);
    fromHost(hostType(edge.userType), tensor.data, value.mutableBytes());
    values.push_back(std::move(value));
  }
  return values;
}

NamedTensors nameOutputs(func::FuncOp main, ArrayRef<TensorValue> results) {
  NamedTensors outputs;
  for (auto [index, value] : llvm::enumerate(results)) {
    Edge edge = edgeOf(value.type(), main.getResultAttrDict(index), index);
    HostTensor tensor;
    tensor.type = hostType(edge.userType);
    tensor.shape = value.shape().vec();
    tensor.data.resize(value.elements() * elementBytes(tensor.type));
    toHost(tensor.type, value.bytes(), {tensor.data.data(), tensor.data.size()});
    outputs.emplace_back(edge.name, std::move(tensor));
  }
  return outputs;
}

} // namespace sluice::golden
