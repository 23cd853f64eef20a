//===- GraphImporter.h - Graphs to IR ---------------------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks a model's graph and the bodies of the functions that it calls and builds
// @main. What is wrong is reported where it is met, and the walk goes on: a
// value that could not be had is an onnx.absent, so that one fault gives one error.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_GRAPHIMPORTER_H
#define SLUICE_LIB_IMPORT_GRAPHIMPORTER_H

#include "Dimensions.h"
#include "Functions.h"
#include "ModelFile.h"
#include "Proto.h"

#include "sluice/Import/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace sluice::import {

struct Scope;

/// An attribute and where the names in its graph, if it holds one, are looked up.
struct BoundAttribute {
  const pb::AttributeProto *proto = nullptr;
  const Scope *scope = nullptr;
};

/// What holds for a model's graph or for one call of a function, the graphs within included.
struct Body {
  /// The called function's attributes; none where the caller gives none.
  llvm::StringMap<BoundAttribute> attributes;
  /// Versions of the operator sets by domain.
  llvm::StringMap<int64_t> versions;
};

/// What names mean inside one graph or inside one inlined call of a function.
struct Scope {
  /// Of the model's graph or of a call.
  explicit Scope(const Body &body) : body(body) {}
  /// Of a graph that a node holds.
  Scope(const Body &body, const Scope *around) : body(body), around(around) {}

  /// The value of that name here or around; null if there is none.
  mlir::Value find(llvm::StringRef name) const;

  const Body &body;
  /// The scope whose values a graph may read, too; null for a call.
  const Scope *around = nullptr;
  llvm::StringMap<mlir::Value> values;
  /// Declared types of values.
  llvm::StringMap<mlir::Type> types;
  /// Names of the nodes that call or hold this, each followed by '/'.
  std::string prefix;
  /// Calls and graphs around this one.
  unsigned depth = 0;
};

/// A graph that an attribute of a node holds.
struct NodeGraph {
  std::string name;
  const pb::GraphProto *proto = nullptr;
  /// The scope whose values it may read; null for none.
  const Scope *scope = nullptr;
};

class GraphImporter {
public:
  GraphImporter(const std::string &path, ModelFile &file, const ImportOptions &options,
                mlir::MLIRContext &context);

  /// The module, or null when an error was reported.
  mlir::OwningOpRef<mlir::ModuleOp> run();

private:
  // The edges of the graph.
  void readVersions(const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &imports, Body &body);
  void readTypes(const google::protobuf::RepeatedPtrField<pb::ValueInfoProto> &values, Scope &scope);
  void importInputs(Scope &scope);
  void importInput(const pb::ValueInfoProto &input, Scope &scope);
  void importConstantInputs(const llvm::StringMap<HostTensor> &tensors, Scope &scope);
  void importInitializers(const pb::GraphProto &graph, Scope &scope);
  void importOutputs(Scope &scope);

  // Nodes.
  void importNodes(const google::protobuf::RepeatedPtrField<pb::NodeProto> &nodes, Scope &scope);
  void importNode(const pb::NodeProto &node, Scope &scope);
  void importConstant(const pb::NodeProto &node, Scope &scope);
  void importOperator(const pb::NodeProto &node, Scope &scope);
  mlir::DictionaryAttr importAttributes(const pb::NodeProto &node, const Scope &scope,
                                        llvm::SmallVectorImpl<NodeGraph> &graphs);

  // Graphs that nodes hold.
  void importGraph(const NodeGraph &graph, const pb::NodeProto &node, const Scope &scope,
                   mlir::Region &region);
  void importGraphInputs(const NodeGraph &graph, const pb::NodeProto &node, Scope &scope, mlir::Block &block);
  /// Whether calls and graphs are nested so deeply that nothing more is imported, which it reports.
  bool isTooDeep(const Scope &scope, llvm::StringRef what);

  // Calls.
  void inlineFunction(const Function &function, const pb::NodeProto &call, Scope &caller);
  void bindInputs(const Function &function, const pb::NodeProto &call, Scope &caller, Scope &callee);
  void bindAttributes(const Function &function, const pb::NodeProto &call, const Scope &caller, Body &body);

  // Names.
  BoundAttribute resolve(const pb::AttributeProto &attribute, const pb::NodeProto &node, const Scope &scope);
  mlir::Value lookUp(const std::string &name, const pb::NodeProto &reader, Scope &scope);
  void define(const std::string &name, mlir::Value value, mlir::Location loc, Scope &scope);
  mlir::Value absent();
  std::string nodeName(const pb::NodeProto &node, const Scope &scope) const;
  mlir::Location nodeLoc(const pb::NodeProto &node, const Scope &scope) const;
  mlir::Location nameLoc(llvm::StringRef name) const;

  /// An error at a node, beginning with its operator.
  mlir::InFlightDiagnostic error(const pb::NodeProto &node, const Scope &scope);
  /// An error of the model as a whole.
  mlir::InFlightDiagnostic error();

  const std::string &path;
  ModelFile &file;
  mlir::MLIRContext &context;
  mlir::OpBuilder builder;
  const ConstantInputs &constantInputs;
  /// The inputs that these are for.
  llvm::StringSet<> constantNames;
  Dimensions dimensions;
  mlir::func::FuncOp main;
  mlir::Value absentValue;
  /// Nodes imported, calls expanded.
  size_t nodeCount = 0;
  /// The calls expand to too much; nothing more is imported.
  bool gaveUp = false;
  bool failed = false;
  /// The lists of operator sets that were checked, so that each is reported once.
  llvm::SmallPtrSet<const void *, 8> checkedImports;
  Functions functions;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_GRAPHIMPORTER_H
