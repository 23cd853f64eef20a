//===- ImportCalls.cpp - Calls of local functions -------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace sluice::import {

void GraphImporter::bindInputs(const Function &function, const pb::NodeProto &call, Scope &caller,
                               Scope &callee) {
  const auto &formals = function.proto->input();
  if (call.input_size() > formals.size())
    error(call, caller) << "it has " << call.input_size() << " inputs, function '" << function.name()
                        << "' takes " << formals.size();
  for (auto [index, formal] : llvm::enumerate(formals)) {
    const bool given = static_cast<int>(index) < call.input_size();
    Value value = given ? lookUp(call.input(static_cast<int>(index)), call, caller) : absent();
    define(formal, value, nodeLoc(call, caller), callee);
  }
}

void GraphImporter::bindAttributes(const Function &function, const pb::NodeProto &call, const Scope &caller,
                                   Body &body) {
  for (const std::string &name : function.proto->attribute())
    body.attributes[name] = {};
  for (const pb::AttributeProto &attribute : function.defaults)
    body.attributes[attribute.name()] = {&attribute, nullptr};
  for (const pb::AttributeProto &attribute : call.attribute()) {
    if (!body.attributes.contains(attribute.name())) {
      error(call, caller) << "function '" << function.name() << "' has no attribute '" << attribute.name()
                          << "'";
      continue;
    }
    // A reference to what the caller was not given leaves the function its default.
    if (BoundAttribute resolved = resolve(attribute, call, caller); resolved.proto)
      body.attributes[attribute.name()] = resolved;
  }
}

void GraphImporter::inlineFunction(const Function &function, const pb::NodeProto &call, Scope &caller) {
  Location loc = nodeLoc(call, caller);
  Body body;
  Scope callee(body);
  callee.prefix = nodeName(call, caller) + "/";
  callee.depth = caller.depth + 1;
  if (isTooDeep(callee, "function '" + function.name() + "'"))
    return;
  readVersions(function.proto->opset_import(), body);
  bindInputs(function, call, caller, callee);
  bindAttributes(function, call, caller, body);
  importNodes(function.proto->node(), callee);
  if (gaveUp)
    return;
  for (auto [index, name] : llvm::enumerate(call.output())) {
    if (name.empty())
      continue;
    Value value;
    if (static_cast<int>(index) < function.proto->output_size())
      value = callee.values.lookup(function.proto->output(static_cast<int>(index)));
    if (!value) {
      error(call, caller) << "function '" << function.name() << "' computes no output " << index << " ('"
                          << name << "')";
      value = absent();
    }
    define(name, value, loc, caller);
  }
}

} // namespace sluice::import
