//===- sluice-compile.cpp - From an ONNX model to a binary ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Determinism.h"
#include "Progress.h"
#include "StatsTable.h"
#include "sluice/Binary/Program.h"
#include "sluice/Compiler/CompileModel.h"
#include "sluice/Conversion/OptionalOperators.h"
#include "sluice/Support/Files.h"
#include "tools/common/ModelOptions.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace sluice;

static OwnOptionsOnly ownOptionsOnly;
static cl::OptionCategory category("sluice-compile options");

static cl::opt<std::string> inputPath(cl::Positional, cl::desc("<model.onnx, or IR as .mlir>"), cl::Required,
                                      cl::cat(category));
static cl::opt<std::string>
    outputPath("o", cl::desc("Binary to write; for an earlier phase IR, by default to stdout"),
               cl::value_desc("file"), cl::cat(category));
static cl::opt<std::string> statsPath("stats", cl::desc("Write the statistics of the binary as JSON"),
                                      cl::value_desc("file"), cl::cat(category));
static cl::opt<std::string> targetName("target", cl::desc("Target description to compile for"),
                                       cl::init("tsp1"), cl::value_desc("name"), cl::cat(category));
static cl::opt<unsigned> cards("cards", cl::desc("Cards of one node that share the work"), cl::init(1),
                               cl::cat(category));
static ModelOptions modelOptions(category);
static cl::opt<unsigned> threads("threads", cl::desc("Threads that compile; 0: one a core"), cl::init(0),
                                 cl::cat(category));
static cl::opt<bool> checkDeterminism(
    "check-determinism",
    cl::desc("Compile twice, in processes with other addresses, hash seeds and numbers of threads, "
             "and fail if the binaries differ"),
    cl::cat(category));
static cl::opt<std::string> twinPath(kTwinOption,
                                     cl::desc("Be the second compilation of --check-determinism"),
                                     cl::value_desc("file"), cl::Hidden, cl::cat(category));
static cl::opt<uint64_t>
    scheduleSeed("schedule-seed",
                 cl::desc("Schedule in random order with random slack: legal, long, and of the same bits"),
                 cl::value_desc("number"), cl::Hidden, cl::cat(category));
static cl::opt<Phase>
    compileTo("compile-to", cl::desc("Stop after a phase and write its IR"),
              cl::values(clEnumValN(Phase::Onnx, "onnx", "the imported graph"),
                         clEnumValN(Phase::Stensor, "stensor", "whole-tensor operations"),
                         clEnumValN(Phase::Tile, "tile", "streamed passes"),
                         clEnumValN(Phase::Slice, "slice", "passes with a place"),
                         clEnumValN(Phase::Sched, "sched", "instructions with a cycle"),
                         clEnumValN(Phase::Binary, "binary", "the proven binary (default)")),
              cl::init(Phase::Binary), cl::cat(category));
static cl::opt<std::string>
    dumpPhasesTo("dump-phases-to", cl::desc("Write the IR of every phase to 1-onnx.mlir ... 5-sched.mlir"),
                 cl::value_desc("directory"), cl::cat(category));

static int fail(std::string_view message) { return reportError("sluice-compile", message); }
static int fail(const absl::Status &status) { return fail(std::string(status.message())); }

/// Writes the IR of an earlier phase.
static int writeIR(const CompileOptions &options) {
  absl::StatusOr<std::string> text = lowerModel(inputPath, options);
  if (!text.ok())
    return fail(text.status());
  if (outputPath.empty() || outputPath == "-") {
    absl::Status printed = printOutput(*text);
    return printed.ok() ? 0 : fail(printed);
  }
  absl::Status written = writeFile(outputPath, *text);
  return written.ok() ? 0 : fail(written);
}

/// Writes what --check-determinism compares with.
static int writeTwin(const CompileOptions &options) {
  absl::StatusOr<binary::Program> program = compileModel(inputPath, options);
  if (!program.ok())
    return fail(program.status());
  absl::Status written = binary::writeProgram(*program, twinPath);
  return written.ok() ? 0 : fail(written);
}

/// Writes the binary and its statistics and prints the table: all of it or nothing.
static absl::Status writeFiles(const binary::Program &program, const std::string &stats,
                               const std::string &table) {
  FileSet files;
  absl::Status added =
      files.add(outputPath, [&](ByteSink &sink) { return binary::encodeProgram(program, sink); });
  if (!added.ok())
    return added;
  if (!statsPath.empty())
    if (absl::Status added = files.add(statsPath, stats + "\n"); !added.ok())
      return added;
  if (absl::Status printed = printOutput(table); !printed.ok())
    return printed;
  return files.commit();
}

static int writeBinary(const CompileOptions &options, Progress &progress, ArrayRef<const char *> arguments) {
  if (outputPath.empty())
    return fail("no output: -o <file>");
  absl::StatusOr<binary::Program> program = compileModel(inputPath, options);
  if (!program.ok())
    return fail(program.status());
  json::Object seconds;
  for (const auto &[phase, taken] : progress.end())
    seconds[phase] = taken;
  if (checkDeterminism)
    if (std::optional<std::string> difference = compareWithTwin(*program, arguments))
      return fail(*difference);
  Expected<json::Value> stats = json::parse(program->metadata.stats_json());
  if (!stats || !stats->getAsObject())
    return fail("statistics are not a JSON object: " + toString(stats.takeError()));
  // Of this compilation, and so not of the binary.
  (*stats->getAsObject())["compile_seconds"] = std::move(seconds);
  std::string table;
  raw_string_ostream os(table);
  printStatsTable(*stats->getAsObject(), os);
  absl::Status written = writeFiles(*program, formatv("{0:2}", *stats).str(), table);
  return written.ok() ? 0 : fail(written);
}

/// Every file that the command line says to write.
static std::vector<FileRole> outputFiles() {
  std::vector<FileRole> files;
  auto add = [&](const std::string &role, const std::string &path) { files.push_back({role, path}); };
  if (!outputPath.empty() && (compileTo == Phase::Binary || outputPath != "-"))
    add("-o", outputPath);
  if (!statsPath.empty() && compileTo == Phase::Binary)
    add("--stats", statsPath);
  if (!dumpPhasesTo.empty())
    for (const std::string &file : phaseFiles(dumpPhasesTo))
      add("--dump-phases-to", file);
  return files;
}

int main(int argc, char **argv) {
  startLlvmTool("sluice-compile");
  registerOptionalOperators();
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Compiles an ONNX model to a statically scheduled binary.\n");

  CompileOptions options;
  options.targetName = targetName;
  options.cards = cards;
  options.f32Matmul = modelOptions.f32Matmul();
  options.demoteF64 = modelOptions.demoteF64();
  options.constantInputs = modelOptions.constantInputs();
  options.threads = threads;
  if (scheduleSeed.getNumOccurrences())
    options.scheduleSeed = scheduleSeed;
  options.compileTo = compileTo;
  options.dumpPhasesTo = dumpPhasesTo;
  if (std::optional<std::string> wrong = modelOptions.readDims(options.dims))
    return fail(*wrong);

  if (!twinPath.empty()) {
    // One thread where the first compilation has several, else two.
    options.threads = threads == 1 ? 2 : 1;
    options.leavesData = true;
    return writeTwin(options);
  }
  options.leavesData = !checkDeterminism;
  options.outputs = outputFiles();
  if (absl::Status status = checkOutputs(options.outputs, {{"the model", inputPath}}); !status.ok())
    return fail(status);
  Progress progress;
  options.onPhase = [&](Phase phase) { progress.begin(phaseName(phase)); };
  options.onProof = [&] { progress.begin("proof"); };
  options.onWarning = [](const std::string &text) { reportWarning("sluice-compile", text); };
  if (compileTo != Phase::Binary)
    return writeIR(options);
  return writeBinary(options, progress, ArrayRef<const char *>(argv, argc));
}
