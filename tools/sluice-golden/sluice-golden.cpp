//===- sluice-golden.cpp - Interprets a model --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Compiler/Diagnostics.h"
#include "sluice/Conversion/OnnxToStensor.h"
#include "sluice/Golden/Edges.h"
#include "sluice/Import/Import.h"
#include "sluice/Support/Dialects.h"
#include "sluice/Support/OutputFiles.h"
#include "tools/common/ModelOptions.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

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
static std::optional<std::string> readInputs(golden::TensorMap &tensors) {
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

/// The program at the level that the interpreter runs; null after reporting errors. No
/// optimisation: what they do must not show in the results.
static mlir::OwningOpRef<mlir::ModuleOp> load(const ImportOptions &importing, mlir::MLIRContext &context) {
  if (StringRef(inputPath).ends_with(".mlir"))
    return mlir::parseSourceFile<mlir::ModuleOp>(inputPath, &context);
  mlir::OwningOpRef<mlir::ModuleOp> module = importOnnx(inputPath, importing, context);
  OnnxToStensorOptions conversion;
  conversion.f32Matmul = modelOptions.f32Matmul();
  conversion.demoteF64 = modelOptions.demoteF64();
  if (!module || failed(convertOnnxToStensor(*module, conversion)))
    return {};
  return module;
}

static int run(const ImportOptions &importing, const golden::TensorMap &tensors) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  mlir::ScopedDiagnosticHandler handler(&context, [](mlir::Diagnostic &diagnostic) {
    std::string text = formatDiagnostic(diagnostic);
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      fail(text);
    else
      errs() << "sluice-golden: warning: " << text << "\n";
    return mlir::success();
  });
  mlir::OwningOpRef<mlir::ModuleOp> module = load(importing, context);
  if (!module)
    return 1;
  auto main = module->lookupSymbol<mlir::func::FuncOp>("main");
  if (!main)
    return fail(inputPath + ": no function @main");
  absl::StatusOr<golden::TensorValues> arguments = golden::bindInputs(main, tensors);
  if (!arguments.ok())
    return fail(std::string(arguments.status().message()));
  mlir::FailureOr<golden::TensorValues> results = golden::interpret(main, *arguments);
  if (failed(results))
    return 1;
  absl::Status written = writeOutputs(golden::nameOutputs(main, *results), outputDirectory, format);
  return written.ok() ? 0 : fail(std::string(written.message()));
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Computes a model's outputs with the reference interpreter.\n");
  if (format != "npy" && format != "pb")
    return fail("--format=" + format + " is neither npy nor pb");
  ImportOptions importing;
  golden::TensorMap tensors;
  std::optional<std::string> wrongDims = modelOptions.readDims(importing.dims),
                             wrongInputs = readInputs(tensors);
  if (wrongDims)
    fail(*wrongDims);
  if (wrongInputs)
    fail(*wrongInputs);
  return wrongDims || wrongInputs ? 1 : run(importing, tensors);
}
