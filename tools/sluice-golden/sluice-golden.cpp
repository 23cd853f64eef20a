//===- sluice-golden.cpp - Interprets a model --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Compiler/CompileModel.h"
#include "sluice/Conversion/OptionalOperators.h"
#include "sluice/Support/InputFiles.h"
#include "sluice/Support/OutputFiles.h"
#include "tools/common/ModelOptions.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;
using namespace sluice;

static OwnOptionsOnly ownOptionsOnly;
static cl::OptionCategory category("sluice-golden options");

static cl::opt<std::string> inputPath(cl::Positional, cl::desc("<model.onnx, or stensor IR as .mlir>"),
                                      cl::Required, cl::cat(category));
static cl::list<std::string> inputs("input", cl::desc("Tensor of an input, as .npy or ONNX .pb (repeatable)"),
                                    cl::value_desc("name=file"), cl::cat(category));
static cl::opt<std::string>
    outputDirectory("output-dir", cl::Required,
                    cl::desc("Where each output is written as <name>.npy, '_' for odd characters; "
                             "outputs.json there says which file holds which output"),
                    cl::value_desc("directory"), cl::cat(category));
static cl::opt<std::string> format("format", cl::desc("Of the outputs: npy or pb"), cl::init("npy"),
                                   cl::value_desc("format"), cl::cat(category));
static ModelOptions modelOptions(category);

static int fail(std::string_view message) { return reportError("sluice-golden", message); }

int main(int argc, char **argv) {
  startLlvmTool("sluice-golden");
  registerOptionalOperators();
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Computes a model's outputs with the reference interpreter.\n");
  if (format != "npy" && format != "pb")
    return fail("--format=" + format + " is neither npy nor pb");
  CompileOptions options;
  options.f32Matmul = modelOptions.f32Matmul();
  options.demoteF64 = modelOptions.demoteF64();
  options.constantInputs = modelOptions.constantInputs();
  options.onWarning = [](const std::string &text) { reportWarning("sluice-golden", text); };
  if (std::optional<std::string> wrongDims = modelOptions.readDims(options.dims))
    return fail(*wrongDims);
  absl::StatusOr<ReferenceModel> model = ReferenceModel::load(inputPath, options);
  if (!model.ok())
    return fail(std::string(model.status().message()));
  absl::StatusOr<InputFiles> given = readInputs(inputs, model->inputs());
  if (!given.ok())
    return fail(std::string(given.status().message()));
  absl::StatusOr<NamedTensors> outputs = model->run(given->tensors);
  if (!outputs.ok())
    return fail(std::string(outputs.status().message()));
  given->files.insert(given->files.end(), model->files().begin(), model->files().end());
  absl::Status written = writeOutputs(*outputs, outputDirectory, format, given->files);
  return written.ok() ? 0 : fail(std::string(written.message()));
}
