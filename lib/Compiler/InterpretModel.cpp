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
#include "sluice/Golden/Footprint.h"
#include "sluice/Import/Import.h"
#include "sluice/Support/Cancellation.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"
#include "sluice/Target/Target.h"

#include "mlir/IR/OwningOpRef.h"

using namespace mlir;

namespace sluice {

/// The program at the level that the interpreter runs; null after reporting errors. No
/// optimisation: what they do must not show in the results.
static OwningOpRef<ModuleOp> load(const std::string &path, const CompileOptions &options,
                                  std::vector<FileRole> &files, MLIRContext &context) {
  if (StringRef(path).ends_with(".mlir")) {
    files.push_back({"the model", path});
    return failed(checkTextOptions(path, options, context)) ? OwningOpRef<ModuleOp>()
                                                            : parseTextFile(path, context);
  }
  ImportOptions importing;
  importing.dims = options.dims;
  importing.constantInputs = options.constantInputs;
  importing.outputs = options.outputs;
  importing.onFile = [&](const FileRole &file) { files.push_back(file); };
  OwningOpRef<ModuleOp> module = importOnnx(path, importing, context);
  OnnxToStensorOptions conversion;
  conversion.f32Matmul = options.f32Matmul;
  conversion.demoteF64 = options.demoteF64;
  if (!module || failed(convertOnnxToStensor(*module, conversion)))
    return {};
  return module;
}

struct ReferenceModel::State {
  explicit State(const CompileOptions &given) : options(given), session(options) {}

  CompileOptions options;
  Session session;
  std::vector<FileRole> files;
  OwningOpRef<ModuleOp> module;
  func::FuncOp main;
};

ReferenceModel::ReferenceModel(std::unique_ptr<State> state) : state(std::move(state)) {}
ReferenceModel::ReferenceModel(ReferenceModel &&) = default;
ReferenceModel::~ReferenceModel() = default;

absl::StatusOr<ReferenceModel> ReferenceModel::load(const std::string &path, const CompileOptions &options) {
  auto state = std::make_unique<State>(options);
  state->module = sluice::load(path, state->options, state->files, state->session.context);
  if (!state->module || isCancelled())
    return state->session.failure();
  state->main = state->module->lookupSymbol<func::FuncOp>("main");
  if (!state->main)
    return invalidArgument(escapeLine(path), ": no function @main");
  absl::StatusOr<target::Target> target = target::targetByName(options.targetName);
  if (!target.ok())
    return target.status();
  if (failed(golden::checkFootprint(state->main,
                                    {target->cardsPerNode, target->cardsPerNode * target->memoryBytes()})))
    return state->session.failure();
  return ReferenceModel(std::move(state));
}

const std::vector<FileRole> &ReferenceModel::files() const { return state->files; }

std::vector<std::string> ReferenceModel::inputs() const { return golden::inputNames(state->main); }

absl::StatusOr<NamedTensors> ReferenceModel::run(const std::map<std::string, HostTensor> &inputs) const {
  absl::StatusOr<golden::TensorValues> arguments = golden::bindInputs(state->main, inputs);
  if (!arguments.ok())
    return arguments.status();
  FailureOr<golden::TensorValues> results = golden::interpret(state->main, *arguments);
  if (failed(results) || isCancelled())
    return state->session.failure();
  return golden::nameOutputs(state->main, *results);
}

absl::StatusOr<NamedTensors> interpretModel(const std::string &path,
                                            const std::map<std::string, HostTensor> &inputs,
                                            const CompileOptions &options) {
  absl::StatusOr<ReferenceModel> model = ReferenceModel::load(path, options);
  return model.ok() ? model->run(inputs) : model.status();
}

} // namespace sluice
