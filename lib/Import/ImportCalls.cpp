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

/// Bound of calls within calls: beyond it a function is taken to call itself.
static constexpr unsigned kMaxCallDepth = 64;

void GraphImporter::bindInputs(const Function &function, const pb::NodeProto &call, Scope &caller,
                               Scope &body) {
  const auto &formals = function.proto->input();
  if (call.input_size() > formals.size())
    error(call, caller) << "it has " << call.input_size() << " inputs, function '" << function.name()
                        << "' takes " << formals.size();
  for (auto [index, formal] : llvm::enumerate(formals)) {
    const bool given = static_cast<int>(index) < call.input_size();
    Value value = given ? lookUp(call.input(static_cast<int>(index)), call, caller) : absent();
    define(formal, value, nodeLoc(call, caller), body);
  }
}

void GraphImporter::bindAttributes(const Function &function, const pb::NodeProto &call, const Scope &caller,
                                   Scope &body) {
  for (const std::string &name : function.proto->attribute())
    body.attributes[name] = nullptr;
  for (const pb::AttributeProto &attribute : function.defaults)
    body.attributes[attribute.name()] = &attribute;
  for (const pb::AttributeProto &attribute : call.attribute()) {
    if (!body.attributes.contains(attribute.name())) {
      error(call, caller) << "function '" << function.name() << "' has no attribute '" << attribute.name()
                          << "'";
      continue;
    }
    // A reference to what the caller was not given leaves the function its default.
    if (const pb::AttributeProto *resolved = resolve(attribute, call, caller))
      body.attributes[attribute.name()] = resolved;
  }
}

void GraphImporter::inlineFunction(const Function &function, const pb::NodeProto &call, Scope &caller) {
  Location loc = nodeLoc(call, caller);
  Scope body;
  body.prefix = nodeName(call, caller) + "/";
  body.depth = caller.depth + 1;
  if (body.depth > kMaxCallDepth) {
    error() << "function '" << function.name() << "' calls itself, or functions are nested deeper than "
            << kMaxCallDepth << " calls";
    gaveUp = true;
    return;
  }
  readVersions(function.proto->opset_import(), body);
  bindInputs(function, call, caller, body);
  bindAttributes(function, call, caller, body);
  importNodes(function.proto->node(), body);
  if (gaveUp)
    return;
  for (auto [index, name] : llvm::enumerate(call.output())) {
    if (name.empty())
      continue;
    Value value;
    if (static_cast<int>(index) < function.proto->output_size())
      value = body.values.lookup(function.proto->output(static_cast<int>(index)));
    if (!value) {
      error(call, caller) << "function '" << function.name() << "' computes no output " << index << " ('"
                          << name << "')";
      value = absent();
    }
    define(name, value, loc, caller);
  }
}

} // namespace sluice::import
