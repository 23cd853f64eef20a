//===- Compiler.cpp - The driver from model to binary ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Compiler/Compiler.h"

#include "ParseText.h"

#include "sluice/Conversion/Lowering.h"
#include "sluice/Conversion/OnnxToStensor.h"
#include "sluice/Import/Import.h"
#include "sluice/Scheduling/Bounds.h"
#include "sluice/Target/Target.h"
#include "sluice/Transforms/Passes.h"
#include "sluice/Verifier/Verifier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <algorithm>
#include <array>

using namespace mlir;

namespace sluice {
namespace {

constexpr std::array<std::string_view, 6> phaseNames = {"onnx",  "stensor", "tile",
                                                        "slice", "sched",   "binary"};

/// Constants of more elements are left out of phase dumps.
constexpr int64_t dumpedElements = 16;

Phase next(Phase phase) { return static_cast<Phase>(static_cast<uint8_t>(phase) + 1); }

/// The level that IR read from text is at: the last one whose dialect it uses. IR of
/// no level (an empty program) counts as stensor.
Phase levelOf(ModuleOp module) {
  std::optional<Phase> level;
  module.walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    if (std::optional<Phase> phase = phaseByName({dialect.data(), dialect.size()}))
      level = std::max(level.value_or(*phase), *phase);
  });
  return level.value_or(Phase::Stensor);
}

/// One compilation: the steps in order, each leaving the module at the next level.
class Driver {
public:
  Driver(const std::string &path, const CompileOptions &options, MLIRContext &context)
      : path(path), options(options), context(context) {}

  LogicalResult lowerTo(Phase last);
  FailureOr<binary::Program> emit();

  OwningOpRef<ModuleOp> module;

private:
  LogicalResult prepare();
  LogicalResult load();
  LogicalResult step();
  LogicalResult importModel();
  LogicalResult convertToStensor();
  LogicalResult prove(const binary::Program &program);
  LogicalResult dump();

  InFlightDiagnostic error() { return emitError(UnknownLoc::get(&context)); }
  void begin(Phase phase) {
    reached = phase;
    if (options.onPhase)
      options.onPhase(phase);
  }

  const std::string &path;
  const CompileOptions &options;
  MLIRContext &context;
  target::Target target;
  LoweringOptions lowering;
  Phase reached = Phase::Onnx;
};

/// Checks the options that concern no single step.
LogicalResult Driver::prepare() {
  absl::StatusOr<target::Target> found = target::targetByName(options.targetName);
  if (!found.ok())
    return error() << std::string(found.status().message());
  target = *std::move(found);
  if (options.cards < 1 || options.cards > target.cardsPerNode)
    return error() << "cards=" << options.cards << ": a node of target '" << target.name << "' has "
                   << target.cardsPerNode << " cards";
  lowering.target = &target;
  lowering.cards = options.cards;
  lowering.scheduleSeed = options.scheduleSeed;
  lowering.hasDims = !options.dims.empty();
  lowering.splitsF32 = options.f32Matmul == F32Matmul::F32;
  if (!options.dumpPhasesTo.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(options.dumpPhasesTo))
      return error() << "cannot create directory " << options.dumpPhasesTo << ": " << code.message();
  return success();
}

LogicalResult Driver::importModel() {
  ImportOptions importing;
  importing.dims = options.dims;
  importing.constantInputs = options.constantInputs;
  importing.outputs = options.outputs;
  module = importOnnx(path, importing, context);
  return success(static_cast<bool>(module));
}

/// Reads the input; `reached` is then the level that it is at.
LogicalResult Driver::load() {
  if (!StringRef(path).ends_with(".mlir")) {
    begin(Phase::Onnx);
    return importModel();
  }
  if (failed(checkTextOptions(path, options, context)))
    return failure();
  module = parseTextFile(path, context);
  if (!module)
    return failure();
  begin(levelOf(*module));
  return success();
}

LogicalResult Driver::convertToStensor() {
  OnnxToStensorOptions conversion;
  conversion.f32Matmul = options.f32Matmul;
  conversion.demoteF64 = options.demoteF64;
  if (failed(convertOnnxToStensor(*module, conversion)))
    return failure();
  PassManager manager(&context);
  buildStensorPipeline(manager);
  return manager.run(*module);
}

/// One level down.
LogicalResult Driver::step() {
  begin(next(reached));
  switch (reached) {
  case Phase::Stensor:
    return convertToStensor();
  case Phase::Tile:
    if (failed(checkStensor(*module, lowering)))
      return failure();
    computeTensorBound(*module, target, options.cards);
    if (failed(convertStensorToTile(*module, lowering)))
      return failure();
    computeBounds(*module, target, options.cards);
    return success();
  case Phase::Slice:
    return convertTileToSlice(*module, lowering);
  case Phase::Sched:
    return convertSliceToSched(*module, lowering);
  case Phase::Onnx:
  case Phase::Binary:
    break;
  }
  return error() << "no IR above phase " << phaseName(reached);
}

LogicalResult Driver::lowerTo(Phase last) {
  if (failed(prepare()) || failed(load()) || failed(dump()))
    return failure();
  if (reached > last)
    return error() << path << " is at level " << phaseName(reached) << ", beyond phase " << phaseName(last);
  while (reached < last)
    if (failed(step()) || failed(mlir::verify(*module)) || failed(dump()))
      return failure();
  return success();
}

/// Writes the module as "<number>-<phase>.mlir".
LogicalResult Driver::dump() {
  if (options.dumpPhasesTo.empty())
    return success();
  const std::string file = phaseFiles(options.dumpPhasesTo)[static_cast<unsigned>(reached)];
  std::error_code code;
  llvm::ToolOutputFile output(file, code, llvm::sys::fs::OF_Text);
  if (code)
    return error() << "cannot write " << file << ": " << code.message();
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(dumpedElements);
  flags.elideLargeResourceString(dumpedElements * 2 * sizeof(uint64_t));
  module->print(output.os(), flags);
  output.os() << "\n";
  output.keep();
  return success();
}

FailureOr<binary::Program> Driver::emit() {
  begin(Phase::Binary);
  FailureOr<binary::Program> program = emitProgram(*module, lowering);
  if (failed(program) || failed(prove(*program)))
    return failure();
  return program;
}

/// No binary leaves the compiler unproven, whatever the build.
LogicalResult Driver::prove(const binary::Program &program) {
  if (options.onProof)
    options.onProof();
  std::vector<verifier::Finding> findings = verifier::verify(program, target);
  for (const verifier::Finding &finding : findings)
    error() << "the compiled program is not proven: card " << finding.card << ", cycle " << finding.cycle
            << ": " << StringRef(verifier::hazardName(finding.hazard)) << ": " << finding.message;
  return success(findings.empty());
}

} // namespace

std::vector<std::string> phaseFiles(const std::string &directory) {
  std::vector<std::string> files;
  for (Phase phase = Phase::Onnx; phase != Phase::Binary; phase = next(phase)) {
    SmallString<128> file(directory);
    llvm::sys::path::append(file, std::to_string(static_cast<unsigned>(phase) + 1) + "-" +
                                      std::string(phaseName(phase)) + ".mlir");
    files.push_back(file.str().str());
  }
  return files;
}

std::string_view phaseName(Phase phase) { return phaseNames[static_cast<uint8_t>(phase)]; }

std::optional<Phase> phaseByName(std::string_view name) {
  const auto *found = std::find(phaseNames.begin(), phaseNames.end(), name);
  if (found == phaseNames.end())
    return std::nullopt;
  return static_cast<Phase>(found - phaseNames.begin());
}

void buildStensorPipeline(OpPassManager &manager) {
  OpPassManager &function = manager.nest<func::FuncOp>();
  auto simplify = [&] {
    function.addPass(createStensorCanonicalize());
    function.addPass(createCSEPass());
  };
  simplify();
  function.addPass(createStensorFoldConstants());
  function.addPass(createStensorSinkBroadcast());
  simplify();
  function.addPass(createStensorFuseMaps());
  simplify();
  function.addPass(createStensorSinkTransposes());
  simplify();
  function.addPass(createStensorFuseMaps({.unaryOnly = true}));
  simplify();
  function.addPass(createStensorRequantise());
  simplify();
}

FailureOr<OwningOpRef<ModuleOp>> lower(const std::string &path, const CompileOptions &options,
                                       MLIRContext &context) {
  Driver driver(path, options, context);
  if (failed(driver.lowerTo(std::min(options.compileTo, Phase::Sched))))
    return failure();
  return std::move(driver.module);
}

FailureOr<binary::Program> compile(const std::string &path, const CompileOptions &options,
                                   MLIRContext &context) {
  Driver driver(path, options, context);
  if (failed(driver.lowerTo(Phase::Sched)))
    return failure();
  return driver.emit();
}

} // namespace sluice
