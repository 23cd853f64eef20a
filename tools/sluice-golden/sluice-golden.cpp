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

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace sluice;

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
static cl::list<std::string> dims("dim", cl::desc("Bind a dynamic axis of the model"),
                                  cl::value_desc("name=size"), cl::cat(category));
static cl::opt<F32Matmul>
    f32Matmul("f32-matmul", cl::desc("How contractions of float32 operands run"),
              cl::values(clEnumValN(F32Matmul::F16, "f16", "operands rounded to fp16"),
                         clEnumValN(F32Matmul::F32, "f32", "fp16 pieces, fp32 accuracy")),
              cl::init(F32Matmul::F16), cl::cat(category));
static cl::opt<bool> demoteF64("demote", cl::desc("Compute a type that the machine lacks in a narrower one"),
                               cl::values(clEnumValN(true, "f64", "float64 as float32")), cl::init(false),
                               cl::cat(category));

/// Prints an error, each line of it as one.
static int fail(StringRef message) {
  SmallVector<StringRef> lines;
  message.split(lines, '\n');
  for (StringRef line : lines)
    errs() << (line.starts_with("  note:") ? "sluice-golden:" : "sluice-golden: error: ") << line << "\n";
  return 1;
}

/// Splits the options of the form name=value; the error names all that are not.
static std::optional<std::string> splitPairs(StringRef option, const cl::list<std::string> &values,
                                             SmallVectorImpl<std::pair<StringRef, StringRef>> &pairs) {
  std::string faults;
  for (StringRef value : values) {
    size_t separator = option == "dim" ? value.rfind('=') : value.find('=');
    if (separator == StringRef::npos || separator == 0)
      faults +=
          ((faults.empty() ? "" : "\n") + Twine("--") + option + "=" + value + " is not name=value").str();
    else
      pairs.push_back({value.take_front(separator), value.drop_front(separator + 1)});
  }
  return faults.empty() ? std::nullopt : std::optional(faults);
}

/// Reads the `--dim` options; what is wrong with them, or nothing.
static std::optional<std::string> readDims(ImportOptions &options) {
  SmallVector<std::pair<StringRef, StringRef>> pairs;
  if (std::optional<std::string> fault = splitPairs("dim", dims, pairs))
    return fault;
  for (auto [name, size] : pairs) {
    int64_t value = 0;
    if (size.getAsInteger(10, value) || value < 0)
      return ("--dim=" + name + "=" + size + ": not a size").str();
    auto [entry, inserted] = options.dims.try_emplace(name.str(), value);
    if (!inserted && entry->second != value)
      return ("--dim=" + name + ": bound to " + Twine(entry->second) + " and to " + Twine(value)).str();
  }
  return std::nullopt;
}

/// Reads the inputs' files; what is wrong with all of them, or nothing.
static std::optional<std::string> readInputs(golden::TensorMap &tensors) {
  SmallVector<std::pair<StringRef, StringRef>> pairs;
  if (std::optional<std::string> fault = splitPairs("input", inputs, pairs))
    return fault;
  std::string faults;
  auto add = [&](const Twine &fault) { faults += ((faults.empty() ? "" : "\n") + fault).str(); };
  for (auto [name, path] : pairs) {
    absl::StatusOr<HostTensor> tensor = readTensor(path.str());
    if (!tensor.ok())
      add("input '" + name + "': " + std::string(tensor.status().message()));
    else if (!tensors.emplace(name.str(), *std::move(tensor)).second)
      add("input '" + name + "' is given twice");
  }
  return faults.empty() ? std::nullopt : std::optional(faults);
}

/// The program at the level that the interpreter runs; null after reporting errors. No
/// optimisation: what they do must not show in the results.
static mlir::OwningOpRef<mlir::ModuleOp> load(const ImportOptions &importing, mlir::MLIRContext &context) {
  if (StringRef(inputPath).ends_with(".mlir"))
    return mlir::parseSourceFile<mlir::ModuleOp>(inputPath, &context);
  mlir::OwningOpRef<mlir::ModuleOp> module = importOnnx(inputPath, importing, context);
  OnnxToStensorOptions conversion;
  conversion.f32Matmul = f32Matmul;
  conversion.demoteF64 = demoteF64;
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
  std::optional<std::string> wrongDims = readDims(importing), wrongInputs = readInputs(tensors);
  if (wrongDims)
    fail(*wrongDims);
  if (wrongInputs)
    fail(*wrongInputs);
  return wrongDims || wrongInputs ? 1 : run(importing, tensors);
}
