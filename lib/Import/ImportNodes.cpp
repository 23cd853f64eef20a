//===- ImportNodes.cpp - Nodes to IR --------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attributes.h"
#include "CallCounter.h"
#include "GraphImporter.h"
#include "TopologicalOrder.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace sluice::import {

void GraphImporter::importNodes(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes,
                                Scope &scope) {
  NodeOrder order = topologicalOrder(nodes);
  for (const pb::NodeProto *node : order.nodes)
    importNode(*node, scope);
  if (order.cycle.empty())
    return;
  InFlightDiagnostic diagnostic = error(*order.cycle.front(), scope);
  diagnostic << "its result depends on itself";
  for (const pb::NodeProto *node : llvm::drop_begin(order.cycle))
    diagnostic.attachNote(nodeLoc(*node, scope)) << "by way of " << node->op_type();
  for (const pb::NodeProto *node : order.unordered)
    for (const std::string &output : node->output())
      scope.values.try_emplace(output, absent());
}

void GraphImporter::importNode(const pb::NodeProto &node, Scope &scope) {
  if (gaveUp)
    return;
  if (++nodeCount > kMaxNodes) {
    error() << "the model has more than " << kMaxNodes << " nodes";
    gaveUp = true;
    return;
  }
  if (node.op_type().empty()) {
    error(node, scope) << "the node has no operator";
    return;
  }
  if (const Function *function = functions.find(node))
    return inlineFunction(*function, node, scope);
  if (node.op_type() == "Constant" && domainName(node.domain()) == onnx::kDefaultDomain)
    return importConstant(node, scope);
  importOperator(node, scope);
}

void GraphImporter::importConstant(const pb::NodeProto &node, Scope &scope) {
  Location loc = nodeLoc(node, scope);
  if (node.output_size() != 1) {
    error(node, scope) << "it has " << node.output_size() << " outputs instead of 1";
    return;
  }
  // The reference's own name tells the form, the attribute that it refers to holds the value.
  pb::AttributeProto form;
  if (node.attribute_size() == 1)
    if (BoundAttribute attribute = resolve(node.attribute(0), node, scope); attribute.proto) {
      form = *attribute.proto;
      form.set_name(node.attribute(0).name());
    }
  if (form.name().empty()) {
    error(node, scope) << "it needs exactly one attribute that holds its value";
    return define(node.output(0), absent(), loc, scope);
  }
  llvm::Expected<ElementsAttr> value = constantValue(form, nodeName(node, scope), file, context);
  if (!value) {
    error(node, scope) << "attribute '" << form.name() << "': " << llvm::toString(value.takeError());
    return define(node.output(0), absent(), loc, scope);
  }
  define(node.output(0), onnx::ConstantOp::create(builder, loc, *value), loc, scope);
}

DictionaryAttr GraphImporter::importAttributes(const pb::NodeProto &node, const Scope &scope,
                                               SmallVectorImpl<NodeGraph> &graphs) {
  NamedAttrList attributes;
  llvm::StringSet<> seen;
  for (const pb::AttributeProto &attribute : node.attribute()) {
    if (attribute.name().empty() || !seen.insert(attribute.name()).second) {
      error(node, scope) << "attribute '" << attribute.name() << "' is "
                         << (attribute.name().empty() ? "without a name" : "given twice");
      continue;
    }
    BoundAttribute resolved = resolve(attribute, node, scope);
    if (!resolved.proto)
      continue;
    if (holdsGraph(*resolved.proto)) {
      graphs.push_back({attribute.name(), &resolved.proto->g(), resolved.scope});
      continue;
    }
    llvm::Expected<Attribute> value = nodeAttr(*resolved.proto, nodeName(node, scope), file, context);
    if (value)
      attributes.set(attribute.name(), *value);
    else
      error(node, scope) << "attribute '" << attribute.name() << "': " << llvm::toString(value.takeError());
  }
  return attributes.getDictionary(&context);
}

/// The names up to the last one that is not left out.
static ArrayRef<const std::string *>
withoutAbsentTail(const google::protobuf::RepeatedPtrField<std::string> &names) {
  ArrayRef<const std::string *> all(names.data(), names.size());
  while (!all.empty() && all.back()->empty())
    all = all.drop_back();
  return all;
}

void GraphImporter::importOperator(const pb::NodeProto &node, Scope &scope) {
  Location loc = nodeLoc(node, scope);
  StringRef domain = domainName(node.domain());
  const int64_t version = scope.body.versions.lookup(domain);
  if (!scope.body.versions.contains(domain))
    error(node, scope) << "the model imports no operator set '" << domain << "'";
  SmallVector<Value> inputs;
  for (const std::string *name : withoutAbsentTail(node.input()))
    inputs.push_back(lookUp(*name, node, scope));
  SmallVector<Type> types;
  ArrayRef<const std::string *> outputs = withoutAbsentTail(node.output());
  for (const std::string *name : outputs) {
    Type declared = scope.types.lookup(*name);
    types.push_back(name->empty() ? builder.getNoneType()
                    : declared    ? declared
                                  : onnx::AnyType::get(&context));
  }
  SmallVector<NodeGraph> graphs;
  DictionaryAttr attributes = importAttributes(node, scope, graphs);
  auto names = llvm::map_to_vector(graphs, [](const NodeGraph &graph) { return StringRef(graph.name); });
  auto op = onnx::NodeOp::create(builder, loc, types, node.op_type(), domain, version, inputs, attributes,
                                 builder.getStrArrayAttr(names), graphs.size());
  for (auto [graph, region] : llvm::zip_equal(graphs, op.getGraphs()))
    importGraph(graph, node, scope, region);
  for (auto [name, value] : llvm::zip_equal(outputs, op.getOutputs()))
    define(*name, value, loc, scope);
}

} // namespace sluice::import
