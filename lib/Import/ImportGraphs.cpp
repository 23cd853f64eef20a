//===- ImportGraphs.cpp - Graphs that nodes hold --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallCounter.h"
#include "GraphImporter.h"
#include "Types.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace sluice::import {

bool GraphImporter::isTooDeep(const Scope &scope, StringRef what) {
  if (scope.depth <= kMaxDepth)
    return false;
  if (!gaveUp)
    error() << what << ": functions and graphs are nested deeper than " << kMaxDepth << " levels";
  gaveUp = true;
  return true;
}

void GraphImporter::importGraphInputs(const NodeGraph &graph, const pb::NodeProto &node, Scope &scope,
                                      Block &block) {
  llvm::StringSet<> initialised;
  for (const pb::TensorProto &tensor : graph.proto->initializer())
    initialised.insert(tensor.name());
  for (const pb::ValueInfoProto &input : graph.proto->input()) {
    if (initialised.contains(input.name()))
      continue;
    Location loc = nameLoc(scope.prefix + input.name());
    // The sizes that symbols stand for are the node's business.
    llvm::Expected<Type> type =
        valueType(input.type(), context, [](const std::string &) { return ShapedType::kDynamic; });
    if (!type)
      error(node, scope) << "graph '" << graph.name << "', input '" << input.name()
                         << "': " << llvm::toString(type.takeError());
    define(input.name(), block.addArgument(type ? *type : onnx::AnyType::get(&context), loc), loc, scope);
  }
}

void GraphImporter::importGraph(const NodeGraph &graph, const pb::NodeProto &node, const Scope &scope,
                                Region &region) {
  OpBuilder::InsertionGuard guard(builder);
  Block &block = region.emplaceBlock();
  builder.setInsertionPointToEnd(&block);
  // A graph that a function was given stands in its caller's scope, at the node that holds it.
  static const Body none;
  Scope inner(graph.scope ? graph.scope->body : none, graph.scope);
  inner.prefix = nodeName(node, scope) + "/";
  inner.depth = scope.depth + 1;
  if (isTooDeep(inner, "graph '" + graph.name + "' of node '" + nodeName(node, scope) + "'"))
    return;
  importGraphInputs(graph, node, inner, block);
  readTypes(graph.proto->value_info(), inner);
  readTypes(graph.proto->output(), inner);
  importInitializers(*graph.proto, inner);
  importNodes(graph.proto->node(), inner);
  if (gaveUp)
    return;
  SmallVector<Value> outputs;
  for (const pb::ValueInfoProto &output : graph.proto->output()) {
    Value value = output.name().empty() ? Value() : inner.find(output.name());
    if (!value)
      error(node, scope) << "graph '" << graph.name << "': output '" << output.name() << "' is not defined";
    outputs.push_back(value ? value : absent());
  }
  onnx::YieldOp::create(builder, nodeLoc(node, scope), outputs);
}

} // namespace sluice::import
