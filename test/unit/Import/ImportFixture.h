//===- ImportFixture.h - Models for the importer's tests --------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TEST_UNIT_IMPORT_IMPORTFIXTURE_H
#define SLUICE_TEST_UNIT_IMPORT_IMPORTFIXTURE_H

#include "dialects/onnx/OnnxDialect.h"
#include "sluice/Import/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "onnx/onnx_pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// A folder for the test's files, a model to fill, and what importing it says.
class ImportFixture : public testing::Test {
protected:
  void SetUp() override {
    const auto *info = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) /
             (std::string("sluice-import-") + info->test_suite_name() + "-" + info->name());
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    model.set_ir_version(8);
    importOpset("", 13);
    handler = std::make_unique<mlir::ScopedDiagnosticHandler>(&context, [this](mlir::Diagnostic &diagnostic) {
      record(diagnostic);
      return mlir::success();
    });
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  onnx::GraphProto &graph() { return *model.mutable_graph(); }

  void importOpset(const std::string &domain, int64_t version) {
    auto *import = model.add_opset_import();
    import->set_domain(domain);
    import->set_version(version);
  }

  /// A declared value; a dimension is a size, or a name, or "" for neither.
  static void declare(onnx::ValueInfoProto *value, const std::string &name,
                      const std::vector<std::string> &dims, int32_t elementType = onnx::TensorProto::FLOAT) {
    value->set_name(name);
    auto *tensor = value->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(elementType);
    tensor->mutable_shape();
    for (const std::string &dim : dims) {
      auto *dimension = tensor->mutable_shape()->add_dim();
      if (!dim.empty() && dim.find_first_not_of("-0123456789") == std::string::npos)
        dimension->set_dim_value(std::stoll(dim));
      else if (!dim.empty())
        dimension->set_dim_param(dim);
    }
  }
  void addInput(const std::string &name, const std::vector<std::string> &dims,
                int32_t elementType = onnx::TensorProto::FLOAT) {
    declare(graph().add_input(), name, dims, elementType);
  }
  void addOutput(const std::string &name, const std::vector<std::string> &dims) {
    declare(graph().add_output(), name, dims);
  }

  template <typename Owner>
  static onnx::NodeProto *addNode(Owner &owner, const std::string &op, const std::vector<std::string> &inputs,
                                  const std::vector<std::string> &outputs, const std::string &name = "") {
    onnx::NodeProto *node = owner.add_node();
    node->set_op_type(op);
    node->set_name(name);
    for (const std::string &input : inputs)
      node->add_input(input);
    for (const std::string &output : outputs)
      node->add_output(output);
    return node;
  }

  static onnx::AttributeProto *addAttribute(onnx::NodeProto *node, const std::string &name,
                                            onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto *attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }

  onnx::TensorProto *addInitializer(const std::string &name, int32_t dataType,
                                    const std::vector<int64_t> &dims) {
    onnx::TensorProto *tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(dataType);
    for (int64_t dim : dims)
      tensor->add_dims(dim);
    return tensor;
  }

  std::string write(const std::string &name, const std::string &content) const {
    std::ofstream(folder / name, std::ios::binary) << content;
    return folder / name;
  }

  /// Imports the model and returns its IR, or "" with `errors` set.
  std::string import(const std::map<std::string, int64_t> &dims = {},
                     const sluice::ConstantInputs &constantInputs = {}) {
    return importFile(write("model.onnx", model.SerializeAsString()), dims, constantInputs);
  }
  std::string importFile(const std::string &path, const std::map<std::string, int64_t> &dims = {},
                         const sluice::ConstantInputs &constantInputs = {}) {
    errors.clear();
    module = sluice::importOnnx(path, {dims, constantInputs}, context);
    std::string text;
    llvm::raw_string_ostream os(text);
    if (module)
      module->print(os);
    return text;
  }

  /// The attribute of the constant at the location `name`.
  mlir::ElementsAttr constant(const std::string &name) {
    mlir::ElementsAttr value;
    module->walk([&](sluice::onnx::ConstantOp op) {
      auto loc = llvm::dyn_cast<mlir::NameLoc>(op.getLoc());
      if (loc && loc.getName() == name)
        value = op.getValue();
    });
    return value;
  }

  std::filesystem::path folder;
  onnx::ModelProto model;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// "location: message" and "  note: ..." lines, without the path of the folder.
  std::vector<std::string> errors;

private:
  void record(const mlir::Diagnostic &diagnostic) {
    std::string text;
    if (auto name = llvm::dyn_cast<mlir::NameLoc>(diagnostic.getLocation()))
      text = name.getName().str() + ": ";
    text += diagnostic.str();
    for (const mlir::Diagnostic &note : diagnostic.getNotes()) {
      text += "\n  note: ";
      if (auto name = llvm::dyn_cast<mlir::NameLoc>(note.getLocation()))
        text += name.getName().str() + ": ";
      text += note.str();
    }
    const std::string prefix = folder.string() + "/";
    for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    errors.push_back(text);
  }

  std::unique_ptr<mlir::ScopedDiagnosticHandler> handler;
};

#endif // SLUICE_TEST_UNIT_IMPORT_IMPORTFIXTURE_H
