//===- Import.cpp - ONNX files to IR --------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Import/Import.h"

#include "GraphImporter.h"
#include "ModelFile.h"

#include "dialects/onnx/OnnxDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;

OwningOpRef<ModuleOp> sluice::importOnnx(const std::string &path, const ImportOptions &options,
                                         MLIRContext &context) {
  context.loadDialect<onnx::OnnxDialect, func::FuncDialect>();
  llvm::Expected<std::unique_ptr<import::ModelFile>> file = import::ModelFile::open(path, options);
  if (!file) {
    emitError(UnknownLoc::get(&context)) << path << ": " << llvm::toString(file.takeError());
    return {};
  }
  return import::GraphImporter(path, **file, options, context).run();
}
