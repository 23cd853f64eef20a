//===- Attributes.cpp - ONNX attributes as MLIR attributes ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attributes.h"
#include "Tensors.h"
#include "Types.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace sluice::import {
namespace {

/// The attribute's type; files of the first IR version leave it to the field that is filled.
pb::AttributeProto::AttributeType typeOf(const pb::AttributeProto &attribute) {
  if (attribute.type() != pb::AttributeProto::UNDEFINED)
    return attribute.type();
  if (attribute.has_f())
    return pb::AttributeProto::FLOAT;
  if (attribute.has_i())
    return pb::AttributeProto::INT;
  if (attribute.has_s())
    return pb::AttributeProto::STRING;
  if (attribute.has_t())
    return pb::AttributeProto::TENSOR;
  if (attribute.has_g())
    return pb::AttributeProto::GRAPH;
  if (attribute.floats_size())
    return pb::AttributeProto::FLOATS;
  if (attribute.ints_size())
    return pb::AttributeProto::INTS;
  if (attribute.strings_size())
    return pb::AttributeProto::STRINGS;
  if (attribute.tensors_size())
    return pb::AttributeProto::TENSORS;
  if (attribute.graphs_size())
    return pb::AttributeProto::GRAPHS;
  return pb::AttributeProto::UNDEFINED;
}

llvm::Expected<Attribute> typeAttr(const pb::TypeProto &type, MLIRContext &context) {
  llvm::Expected<Type> converted =
      valueType(type, context, [](const std::string &) { return ShapedType::kDynamic; });
  if (!converted)
    return converted.takeError();
  return TypeAttr::get(*converted);
}

/// An array attribute of what `convert` makes of each element of a repeated field.
template <typename Field, typename Convert>
llvm::Expected<Attribute> arrayAttr(const Field &field, MLIRContext &context, Convert convert) {
  SmallVector<Attribute> elements;
  for (const auto &element : field) {
    llvm::Expected<Attribute> converted = convert(element);
    if (!converted)
      return converted.takeError();
    elements.push_back(*converted);
  }
  return ArrayAttr::get(&context, elements);
}

llvm::Expected<ElementsAttr> stringsValue(ArrayRef<int64_t> shape, ArrayRef<StringRef> strings,
                                          MLIRContext &context) {
  auto type = RankedTensorType::get(shape, onnx::StringType::get(&context));
  return cast<ElementsAttr>(DenseStringElementsAttr::get(type, strings));
}

template <typename T>
ElementsAttr denseValue(ArrayRef<int64_t> shape, Type element, ArrayRef<T> values) {
  return DenseElementsAttr::get(RankedTensorType::get(shape, element), values);
}

} // namespace

bool holdsGraph(const pb::AttributeProto &attribute) {
  return typeOf(attribute) == pb::AttributeProto::GRAPH;
}

llvm::Expected<Attribute> nodeAttr(const pb::AttributeProto &attribute, StringRef nodeName, ModelFile &file,
                                   MLIRContext &context) {
  Builder builder(&context);
  const std::string resource = (nodeName + "." + attribute.name()).str();
  auto convertTensor = [&](const pb::TensorProto &tensor) -> llvm::Expected<Attribute> {
    return tensorAttr(tensor, resource, file, context);
  };
  switch (typeOf(attribute)) {
  case pb::AttributeProto::FLOAT:
    return builder.getF32FloatAttr(attribute.f());
  case pb::AttributeProto::INT:
    return builder.getI64IntegerAttr(attribute.i());
  case pb::AttributeProto::STRING:
    return builder.getStringAttr(attribute.s());
  case pb::AttributeProto::TENSOR:
    return convertTensor(attribute.t());
  case pb::AttributeProto::TYPE_PROTO:
    return typeAttr(attribute.tp(), context);
  case pb::AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(ArrayRef<float>(attribute.floats().data(), attribute.floats_size()));
  case pb::AttributeProto::INTS:
    return builder.getDenseI64ArrayAttr(ArrayRef<int64_t>(attribute.ints().data(), attribute.ints_size()));
  case pb::AttributeProto::STRINGS:
    return arrayAttr(attribute.strings(), context, [&](const std::string &text) -> llvm::Expected<Attribute> {
      return builder.getStringAttr(text);
    });
  case pb::AttributeProto::TENSORS:
    return arrayAttr(attribute.tensors(), context, convertTensor);
  case pb::AttributeProto::TYPE_PROTOS:
    return arrayAttr(attribute.type_protos(), context,
                     [&](const pb::TypeProto &type) { return typeAttr(type, context); });
  case pb::AttributeProto::GRAPH:
  case pb::AttributeProto::GRAPHS:
    return llvm::createStringError(llvm::Twine("lists of graphs are not supported"));
  case pb::AttributeProto::SPARSE_TENSOR:
  case pb::AttributeProto::SPARSE_TENSORS:
    return llvm::createStringError(llvm::Twine("sparse tensors are not supported"));
  case pb::AttributeProto::UNDEFINED:
    break;
  }
  return llvm::createStringError(llvm::Twine("it has no type and no value"));
}

llvm::Expected<ElementsAttr> constantValue(const pb::AttributeProto &attribute, StringRef nodeName,
                                           ModelFile &file, MLIRContext &context) {
  Builder builder(&context);
  const std::string &form = attribute.name();
  if (form == "value")
    return tensorAttr(attribute.t(), nodeName, file, context);
  if (form == "value_float")
    return denseValue<float>({}, builder.getF32Type(), attribute.f());
  if (form == "value_int")
    return denseValue<int64_t>({}, builder.getI64Type(), attribute.i());
  if (form == "value_string")
    return stringsValue({}, StringRef(attribute.s()), context);
  if (form == "value_floats")
    return denseValue<float>(attribute.floats_size(), builder.getF32Type(),
                             ArrayRef<float>(attribute.floats().data(), attribute.floats_size()));
  if (form == "value_ints")
    return denseValue<int64_t>(attribute.ints_size(), builder.getI64Type(),
                               ArrayRef<int64_t>(attribute.ints().data(), attribute.ints_size()));
  if (form == "value_strings") {
    SmallVector<StringRef> strings(attribute.strings().begin(), attribute.strings().end());
    return stringsValue(attribute.strings_size(), strings, context);
  }
  if (form == "sparse_value")
    return llvm::createStringError(llvm::Twine("sparse tensors are not supported"));
  return llvm::createStringError(llvm::Twine("a Constant node has no such attribute"));
}

} // namespace sluice::import
