//===- ProgramForm.cpp - What a program at a level is made of -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramForm.h"

using namespace mlir;

/// Reports what of the body is no operation of the level.
static LogicalResult checkBody(func::FuncOp function, StringRef level) {
  LogicalResult result = success();
  Block &body = function.getBody().front();
  for (Operation &op : body) {
    const bool isLast = &op == &body.back();
    if (isLast ? isa<func::ReturnOp>(op) : op.getName().getDialectNamespace() == level)
      continue;
    if (isLast)
      result = op.emitOpError("ends the program, need func.return");
    else
      result = op.emitOpError("is not an operation of the ") << level << " level";
  }
  return result;
}

FailureOr<func::FuncOp> sluice::checkForm(ModuleOp module, StringRef level, function_ref<bool(Type)> isEdge) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || !function.getBody().hasOneBlock())
    return module.emitError("a program is one func.func @main of one block");
  LogicalResult result = success();
  for (Operation &op : *module.getBody())
    if (&op != function)
      result = op.emitOpError("is beside @main; a program is one func.func @main");
  for (auto [kind, types] : {std::pair<StringRef, ArrayRef<Type>>("argument", function.getArgumentTypes()),
                             {"result", function.getResultTypes()}})
    for (auto [i, type] : llvm::enumerate(types))
      if (!isEdge(type))
        result = function.emitOpError() << kind << " " << i << " is of type " << type
                                        << ", which enters or leaves no program at the " << level << " level";
  if (failed(checkBody(function, level)) || failed(result))
    return failure();
  return function;
}
