//===- Functions.cpp - Local functions of a model -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "WireFormat.h"

#include "dialects/onnx/OnnxDialect.h"

namespace sluice::import {
namespace {

/// Fields that are younger than the schema and so end among the unknown ones.
enum YoungField : int { NodeOverload = 8, FunctionAttributeProto = 11, FunctionOverload = 13 };

/// The values of an unknown field of strings, bytes or messages.
std::vector<std::string> unknownField(const google::protobuf::Message &message, int number) {
  std::vector<std::string> values;
  const auto &fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i)
    if (fields.field(i).number() == number &&
        fields.field(i).type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
      values.push_back(fields.field(i).length_delimited());
  return values;
}

std::string overload(const google::protobuf::Message &message, int number) {
  std::vector<std::string> values = unknownField(message, number);
  return values.empty() ? std::string() : values.back();
}

} // namespace

llvm::StringRef domainName(const std::string &domain) {
  return domain.empty() ? llvm::StringRef(onnx::kDefaultDomain) : llvm::StringRef(domain);
}

std::string Function::name() const { return (domainName(proto->domain()) + "." + proto->name()).str(); }

bool Functions::insert(const pb::FunctionProto &proto) {
  Function function = {&proto, {}};
  for (const std::string &bytes : unknownField(proto, FunctionAttributeProto)) {
    pb::AttributeProto attribute;
    if (parseStripped(bytes, attribute))
      function.defaults.push_back(std::move(attribute));
  }
  return functions
      .try_emplace({domainName(proto.domain()).str(), proto.name(), overload(proto, FunctionOverload)},
                   std::move(function))
      .second;
}

const Function *Functions::find(const pb::NodeProto &node) const {
  auto found =
      functions.find({domainName(node.domain()).str(), node.op_type(), overload(node, NodeOverload)});
  return found == functions.end() ? nullptr : &found->second;
}

} // namespace sluice::import
