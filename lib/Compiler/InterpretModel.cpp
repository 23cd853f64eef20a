//===- InterpretModel.cpp - The reference results of a model --------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseText.h"
#include "Session.h"

#include "sluice/Conversion/OnnxToStensor.h"
#include "sluice/Golden/Edges.h"
#include "sluice/Import/Import.h"

#include "mlir/IR/OwningOpRef.h"

using namespace mlir;

namespace sluice {

/// The program at the level that the interpreter runs; null after reporting errors. No
/// optimisation: what they do must not show in the results.
static OwningOpRef<ModuleOp> load(const std::string &path, const CompileOptions &options,
                                  MLIRContext &context) {
  if (StringRef(path).ends_with(".mlir"))
    return failed(checkTextOptions(path, options, context)) ? OwningOpRef<ModuleOp>()
                                                            : parseTextFile(path, context);
  ImportOptions importing;
  importing.dims = options.dims;
  importing.constantInputs = options.constantInputs;
  OwningOpRef<ModuleOp> module = importOnnx(path, importing, context);
  OnnxToStensorOptions conversion;
  conversion.f32Matmul = options.f32Matmul;
  conversion.demoteF64 = options.demoteF64;
  if (!module || failed(convertOnnxToStensor(*module, conversion)))
    return {};
  return module;
}

absl::StatusOr<std::map<std::string, HostTensor>>
interpretModel(const std::string &path, const std::map<std::string, HostTensor> &inputs,
               const CompileOptions &options) {
  Session session(options);
  OwningOpRef<ModuleOp> module = load(path, options, session.context);
  if (!module)
    return session.failure();
  auto main = module->lookupSymbol<func::FuncOp>("main");
  if (!main)
    return absl::InvalidArgumentError(path + ": no function @main");
  absl::StatusOr<golden::TensorValues> arguments = golden::bindInputs(main, inputs);
  if (!arguments.ok())
    return arguments.status();
  FailureOr<golden::TensorValues> results = golden::interpret(main, *arguments);
  if (failed(results))
    return session.failure();
  return golden::nameOutputs(main, *results);
}

} // namespace sluice
