//===- ConstantInputReader.h - Inputs given when compiling ------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_CONSTANTINPUTREADER_H
#define SLUICE_LIB_IMPORT_CONSTANTINPUTREADER_H

#include "Dimensions.h"
#include "ModelFile.h"
#include "Proto.h"
#include "TensorText.h"

#include "sluice/Import/ConstantInputs.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace sluice::import {

/// Finds out which inputs of a graph are given and what their tensors are, and binds the dynamic axes that
/// these have.
class ConstantInputReader {
public:
  /// Calls `report` with each thing that is wrong with what is given.
  ConstantInputReader(const ModelFile &file, mlir::MLIRContext &context,
                      llvm::function_ref<void(const llvm::Twine &)> report);

  /// The names of the inputs that are given. To be called first.
  llvm::StringSet<> resolve(const ConstantInputs &given);

  /// The tensors of those about which nothing is wrong, by name. All inputs are declared in `dimensions`.
  llvm::StringMap<HostTensor> read(Dimensions &dimensions);

private:
  struct Given {
    const pb::ValueInfoProto *input = nullptr;
    /// What messages call it: "--constant-input=x=3" or "constant input 'x'".
    std::string label;
    const ConstantInputs::Value *value = nullptr;
    /// The text of an assignment.
    std::string text;
    /// A text's numbers, where it is no file.
    std::optional<TensorText> numbers;
    HostTensor tensor;
    bool failed = false;
  };

  void resolveAssignment(const std::string &assignment);
  void add(const pb::ValueInfoProto *input, std::string label, const ConstantInputs::Value *value,
           llvm::StringRef text);
  llvm::Error load(Given &given);
  llvm::Error place(Given &given, Dimensions &dimensions);
  llvm::Error shapeFlat(Given &given, const Dimensions &dimensions);
  llvm::Error checkType(const Given &given) const;
  mlir::Type declaredElement(const pb::ValueInfoProto &input) const;
  std::string inputList() const;

  const ModelFile &file;
  const pb::GraphProto &graph;
  mlir::MLIRContext &context;
  llvm::function_ref<void(const llvm::Twine &)> report;
  llvm::StringMap<const pb::ValueInfoProto *> inputs;
  std::vector<Given> all;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_CONSTANTINPUTREADER_H
