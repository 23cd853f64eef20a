//===- Functions.h - Local functions of a model -----------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_LIB_IMPORT_FUNCTIONS_H
#define SLUICE_LIB_IMPORT_FUNCTIONS_H

#include "Proto.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::import {

/// The domain as the IR has it: ONNX writes the default one "" or "ai.onnx".
llvm::StringRef domainName(const std::string &domain);

/// A function that the model defines as a graph of nodes.
struct Function {
  const pb::FunctionProto *proto = nullptr;
  /// Attributes that have a default value.
  std::vector<pb::AttributeProto> defaults;

  /// "domain.name" for messages.
  std::string name() const;
};

/// A model's functions by domain, name and overload.
class Functions {
public:
  /// Calls `duplicate` with the name of each function that is defined twice.
  template <typename Duplicate>
  Functions(const pb::ModelProto &model, Duplicate duplicate) {
    for (const pb::FunctionProto &function : model.functions())
      if (!insert(function))
        duplicate(Function{&function, {}}.name());
  }

  /// The function that the node calls, or null if it stands for an operator.
  const Function *find(const pb::NodeProto &node) const;

private:
  bool insert(const pb::FunctionProto &function);

  std::map<std::tuple<std::string, std::string, std::string>, Function> functions;
};

} // namespace sluice::import

#endif // SLUICE_LIB_IMPORT_FUNCTIONS_H
