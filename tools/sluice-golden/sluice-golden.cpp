//===- sluice-golden.cpp - Interprets a model --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Compiler/CompileModel.h"
#include "sluice/Support/OutputFiles.h"
#include "tools/common/ModelOptions.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

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
                    cl::desc("Where each output is written as <name>.npy; '/' and other "
                             "odd characters of a name become '_'"),
                    cl::value_desc("directory"), cl::cat(category));
static cl::opt<std::string> format("format", cl::desc("Of the outputs: npy or pb"), cl::init("npy"),
                                   cl::value_desc("format"), cl::cat(category));
static ModelOptions modelOptions(category);

static int fail(StringRef message) { return reportError("sluice-golden", message); }

/// Reads the inputs' files; what is wrong with all of them, or nothing.
static std::optional<std::string> readInputs(std::map<std::string, HostTensor> &tensors) {
  SmallVector<std::string> faults;
  for (StringRef input : inputs) {
    auto [name, path] = input.split('=');
    if (name.empty() || path.empty()) {
      faults.push_back(("--input=" + input + ": expected name=file").str());
      continue;
    }
    absl::StatusOr<HostTensor> tensor = readTensor(path.str());
    if (!tensor.ok())
      faults.push_back(("input '" + name + "': " + std::string(tensor.status().message())).str());
    else if (!tensors.emplace(name.str(), *std::move(tensor)).second)
      faults.push_back(("input '" + name + "' is given twice").str());
  }
  if (faults.empty())
    return std::nullopt;
  return join(faults, "\n");
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Computes a model's outputs with the reference interpreter.\n");
  if (format != "npy" && format != "pb")
    return fail("--format=" + format + " is neither npy nor pb");
  CompileOptions options;
  options.f32Matmul = modelOptions.f32Matmul();
  options.demoteF64 = modelOptions.demoteF64();
  options.constantInputs = modelOptions.constantInputs();
  options.onWarning = [](const std::string &text) { errs() << "sluice-golden: warning: " << text << "\n"; };
  std::map<std::string, HostTensor> tensors;
  std::optional<std::string> wrongDims = modelOptions.readDims(options.dims),
                             wrongInputs = readInputs(tensors);
  if (wrongDims)
    fail(*wrongDims);
  if (wrongInputs)
    fail(*wrongInputs);
  if (wrongDims || wrongInputs)
    return 1;
  absl::StatusOr<std::map<std::string, HostTensor>> outputs = interpretModel(inputPath, tensors, options);
  if (!outputs.ok())
    return fail(std::string(outputs.status().message()));
  absl::Status written = writeOutputs(*outputs, outputDirectory, format);
  return written.ok() ? 0 : fail(std::string(written.message()));
}
