//===- GraphImporter.cpp - Graphs to IR -----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "CallCounter.h"
#include "ConstantInputReader.h"
#include "Tensors.h"
#include "Types.h"

#include "dialects/onnx/OnnxDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace sluice::import {

GraphImporter::GraphImporter(const std::string &path, ModelFile &file, const ImportOptions &options,
                             MLIRContext &context)
    : path(path), file(file), context(context), builder(&context), constantInputs(options.constantInputs),
      dimensions(options.dims), functions(file.model(), [&](const std::string &name) {
        error() << "function '" << name << "' is defined twice";
      }) {}

OwningOpRef<ModuleOp> GraphImporter::run() {
  const pb::ModelProto &model = file.model();
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToEnd(module->getBody());
  main = func::FuncOp::create(builder, nameLoc("main"), "main", builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(main.addEntryBlock());

  Body body;
  readVersions(model.opset_import(), body);
  Scope scope(body);
  importInputs(scope);
  failed |= mlir::failed(dimensions.verify(builder.getUnknownLoc(), path));
  readTypes(model.graph().value_info(), scope);
  readTypes(model.graph().output(), scope);
  importInitializers(model.graph(), scope);
  for (const std::string &fault : CallCounter(functions).faults(model.graph())) {
    error() << fault;
    gaveUp = true;
  }
  importNodes(model.graph().node(), scope);
  if (!gaveUp)
    importOutputs(scope);
  if (failed || mlir::failed(verify(*module)))
    return {};
  return module;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

Value Scope::find(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->around)
    if (Value value = scope->values.lookup(name))
      return value;
  return {};
}

InFlightDiagnostic GraphImporter::error() {
  failed = true;
  return emitError(UnknownLoc::get(&context)) << path << ": ";
}

InFlightDiagnostic GraphImporter::error(const pb::NodeProto &node, const Scope &scope) {
  failed = true;
  return emitError(nodeLoc(node, scope)) << node.op_type() << ": ";
}

std::string GraphImporter::nodeName(const pb::NodeProto &node, const Scope &scope) const {
  if (!node.name().empty())
    return scope.prefix + node.name();
  return scope.prefix + node.op_type() + ":" + (node.output_size() ? node.output(0) : std::string());
}

Location GraphImporter::nameLoc(StringRef name) const {
  return NameLoc::get(StringAttr::get(&context, name));
}

Location GraphImporter::nodeLoc(const pb::NodeProto &node, const Scope &scope) const {
  return nameLoc(nodeName(node, scope));
}

Value GraphImporter::absent() {
  if (!absentValue) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&main.getBody().front());
    absentValue = onnx::AbsentOp::create(builder, builder.getUnknownLoc(), builder.getNoneType());
  }
  return absentValue;
}

Value GraphImporter::lookUp(const std::string &name, const pb::NodeProto &reader, Scope &scope) {
  if (name.empty())
    return absent();
  if (Value value = scope.find(name))
    return value;
  error(reader, scope) << "input '" << name << "' is not defined";
  return absent();
}

void GraphImporter::define(const std::string &name, Value value, Location loc, Scope &scope) {
  if (name.empty() || scope.values.try_emplace(name, value).second)
    return;
  failed = true;
  emitError(loc) << "value '" << name << "' is defined more than once";
}

BoundAttribute GraphImporter::resolve(const pb::AttributeProto &attribute, const pb::NodeProto &node,
                                      const Scope &scope) {
  if (attribute.ref_attr_name().empty())
    return {&attribute, &scope};
  auto found = scope.body.attributes.find(attribute.ref_attr_name());
  if (found != scope.body.attributes.end())
    return found->second;
  error(node, scope) << "attribute '" << attribute.name() << "' refers to '" << attribute.ref_attr_name()
                     << "', which is no attribute of the function around it";
  return {};
}

//===----------------------------------------------------------------------===//
// The edges of the graph
//===----------------------------------------------------------------------===//

void GraphImporter::readVersions(const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &imports,
                                 Body &body) {
  const bool report = checkedImports.insert(&imports).second;
  for (const pb::OperatorSetIdProto &import : imports) {
    StringRef domain = domainName(import.domain());
    body.versions[domain] = import.version();
    const bool isDefault = domain == onnx::kDefaultDomain;
    const bool valid = isDefault ? import.version() >= kOldestOpset && import.version() <= kNewestOpset
                                 : import.version() >= 1;
    if (valid || !report)
      continue;
    InFlightDiagnostic diagnostic = error();
    diagnostic << "version " << import.version() << " of operator set '" << domain << "' is not supported";
    if (isDefault)
      diagnostic << "; versions " << kOldestOpset << " to " << kNewestOpset << " are";
  }
}

void GraphImporter::readTypes(const google::protobuf::RepeatedPtrField<pb::ValueInfoProto> &values,
                              Scope &scope) {
  for (const pb::ValueInfoProto &value : values) {
    llvm::Expected<Type> type =
        valueType(value.type(), context, [&](const std::string &name) { return dimensions.sizeOf(name); });
    if (type)
      scope.types[value.name()] = *type;
    else
      error() << "value '" << value.name() << "': " << llvm::toString(type.takeError());
  }
}

void GraphImporter::importInput(const pb::ValueInfoProto &input, Scope &scope) {
  if (input.name().empty()) {
    error() << "an input has no name";
    return;
  }
  Location loc = nameLoc(input.name());
  llvm::Expected<Type> type = dimensions.inputType(input, context);
  if (!type) {
    error() << "input '" << input.name() << "': " << llvm::toString(type.takeError());
    scope.values.try_emplace(input.name(), absent());
    return;
  }
  const unsigned index = main.getNumArguments();
  auto name = builder.getNamedAttr(onnx::kNameAttr, builder.getStringAttr(input.name()));
  if (succeeded(main.insertArgument(index, *type, builder.getDictionaryAttr(name), loc)))
    define(input.name(), main.getArgument(index), loc, scope);
}

void GraphImporter::importConstantInputs(const llvm::StringMap<HostTensor> &tensors, Scope &scope) {
  for (const pb::ValueInfoProto &input : file.model().graph().input()) {
    if (!constantNames.contains(input.name()))
      continue;
    Location loc = nameLoc(input.name());
    auto tensor = tensors.find(input.name());
    if (tensor == tensors.end()) // reported
      scope.values.try_emplace(input.name(), absent());
    else
      define(input.name(),
             onnx::ConstantOp::create(builder, loc, tensorAttr(tensor->second, input.name(), context)), loc,
             scope);
  }
}

void GraphImporter::importInputs(Scope &scope) {
  const pb::GraphProto &graph = file.model().graph();
  llvm::StringSet<> initialised;
  for (const pb::TensorProto &tensor : graph.initializer())
    initialised.insert(tensor.name());
  auto report = [&](const llvm::Twine &fault) { error() << fault; };
  ConstantInputReader reader(file, context, report);
  constantNames = reader.resolve(constantInputs);
  for (const pb::ValueInfoProto &input : graph.input())
    if (constantNames.contains(input.name()) || !initialised.contains(input.name()))
      dimensions.declare(input);
  const llvm::StringMap<HostTensor> tensors = reader.read(dimensions);
  for (const pb::ValueInfoProto &input : graph.input())
    if (!constantNames.contains(input.name()) && !initialised.contains(input.name()))
      importInput(input, scope);
  importConstantInputs(tensors, scope);
}

void GraphImporter::importInitializers(const pb::GraphProto &graph, Scope &scope) {
  for (const pb::TensorProto &tensor : graph.initializer()) {
    if (tensor.name().empty()) {
      error() << "an initialiser has no name";
      continue;
    }
    // The value that an input has unless it is given one.
    if (&graph == &file.model().graph() && constantNames.contains(tensor.name()))
      continue;
    Location loc = nameLoc(scope.prefix + tensor.name());
    llvm::Expected<ElementsAttr> value = tensorAttr(tensor, scope.prefix + tensor.name(), file, context);
    if (value) {
      define(tensor.name(), onnx::ConstantOp::create(builder, loc, *value), loc, scope);
      continue;
    }
    error() << "initialiser '" << scope.prefix << tensor.name() << "': " << llvm::toString(value.takeError());
    scope.values.try_emplace(tensor.name(), absent());
  }
  for (const pb::SparseTensorProto &tensor : graph.sparse_initializer()) {
    error() << "initialiser '" << scope.prefix << tensor.values().name()
            << "': sparse tensors are not supported";
    scope.values.try_emplace(tensor.values().name(), absent());
  }
}

void GraphImporter::importOutputs(Scope &scope) {
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> names;
  llvm::StringSet<> seen;
  for (const pb::ValueInfoProto &output : file.model().graph().output()) {
    Value value = scope.values.lookup(output.name());
    if (!value) {
      error() << "output '" << output.name() << "' is not defined";
      continue;
    }
    if (!seen.insert(output.name()).second)
      error() << "output '" << output.name() << "' is listed twice";
    results.push_back(value);
    names.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr(onnx::kNameAttr, builder.getStringAttr(output.name()))));
  }
  func::ReturnOp::create(builder, main.getLoc(), results);
  main.setType(builder.getFunctionType(main.getArgumentTypes(), TypeRange(ValueRange(results))));
  main.setAllResultAttrs(names);
}

} // namespace sluice::import
