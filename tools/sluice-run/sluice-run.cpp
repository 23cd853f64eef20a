//===- sluice-run.cpp - Runs a binary -------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"
#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Executor.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/InputFiles.h"
#include "sluice/Support/OutputFiles.h"
#include "sluice/Support/Stopwatch.h"
#include "sluice/Support/Strings.h"
#include "tools/common/ToolOutput.h"

#include <algorithm>
#include <iostream>

#include <getopt.h>

using namespace sluice;

static constexpr const char *kHelp = R"(OVERVIEW: Runs a Sluice binary, bit for bit

USAGE: sluice-run [options] model.slu --output-dir=DIR

Sluice options:
  --input=NAME=FILE  Tensor of the input NAME, as .npy or ONNX .pb (repeatable)
  --output-dir=DIR   Where each output is written as DIR/<name>.npy, '_' for odd characters;
                     DIR/outputs.json says which file holds which output
  --format=FORMAT    Of the outputs: npy (default) or pb
  --counters         Print what the run did and how long loading, proving, planning and running took
  --stepper          Run on the cycle stepper too, which moves every stream one stop a cycle and meets
                     hazards as they happen, and fail where an output or a word of memory differs: slow
  --help             Show this text

The binary is proven first and refused when it has a hazard.
)";

namespace {

struct Options {
  std::vector<std::string> inputs; ///< NAME=FILE
  std::string outputDirectory, format = "npy", path;
  bool counters = false, stepper = false, help = false;
};

} // namespace

static absl::StatusOr<Options> parseOptions(int argc, char **argv) {
  enum { Input = 1, OutputDirectory, Format, PrintCounters, Step, Help };
  static const option known[] = {{"input", required_argument, nullptr, Input},
                                 {"output-dir", required_argument, nullptr, OutputDirectory},
                                 {"format", required_argument, nullptr, Format},
                                 {"counters", no_argument, nullptr, PrintCounters},
                                 {"stepper", no_argument, nullptr, Step},
                                 {"help", no_argument, nullptr, Help},
                                 {nullptr, 0, nullptr, 0}};
  Options options;
  opterr = 0;
  for (int choice; (choice = getopt_long(argc, argv, ":", known, nullptr)) != -1;) {
    switch (choice) {
    case Input:
      options.inputs.push_back(optarg);
      break;
    case OutputDirectory:
      options.outputDirectory = optarg;
      break;
    case Format:
      options.format = optarg;
      if (options.format != "npy" && options.format != "pb")
        return invalidArgument("--format=", options.format, " is neither npy nor pb");
      break;
    case PrintCounters:
      options.counters = true;
      break;
    case Step:
      options.stepper = true;
      break;
    case Help:
      options.help = true;
      return options;
    default:
      return invalidArgument(choice == ':' ? "missing value of option " : "unknown option ", argv[optind - 1],
                             "; see --help");
    }
  }
  if (argc - optind != 1)
    return invalidArgument(argc - optind, " files given, 1 expected; see --help");
  if (options.outputDirectory.empty())
    return invalidArgument("no --output-dir given; see --help");
  options.path = argv[optind];
  return options;
}

static void printCounters(const executor::Counters &counters, double loadSeconds,
                          const executor::Seconds &seconds) {
  std::cout << "cycles          " << counters.cycles << " (modelled)\n";
  for (const auto &[unit, count] : counters.instructionsByUnit) {
    std::string name = unit;
    name.resize(std::max<size_t>(name.size(), 16), ' ');
    std::cout << name << count << "\n";
  }
  std::cout << "memory bytes    " << counters.memoryBytes << "\n"
            << "stream bytes    " << counters.streamBytes << "\n"
            << "link bytes      " << counters.linkBytes << "\n"
            << "fp16 overflows  " << counters.halfOverflows << "\n"
            << "load seconds    " << loadSeconds << "\n"
            << "prove seconds   " << seconds.prove << "\n"
            << "plan seconds    " << seconds.plan << "\n"
            << "run seconds     " << seconds.run << "\n";
}

static std::vector<std::string> inputNames(const binary::Program &program) {
  std::vector<std::string> names;
  for (const binary::proto::Binding &input : program.metadata.inputs())
    if (std::find(names.begin(), names.end(), input.name()) == names.end())
      names.push_back(input.name());
  return names;
}

/// The outputs in the graph's order.
static NamedTensors inOrder(executor::TensorMap outputs, const binary::Program &program) {
  NamedTensors ordered;
  for (const binary::proto::Binding &output : program.metadata.outputs())
    ordered.emplace_back(output.name(), std::move(outputs.at(output.name())));
  return ordered;
}

static absl::Status run(const Options &options) {
  const Stopwatch watch;
  absl::StatusOr<binary::Program> program = binary::readProgram(options.path);
  if (!program.ok())
    return program.status();
  const double loadSeconds = watch.seconds();
  absl::StatusOr<InputFiles> inputs = readInputs(options.inputs, inputNames(*program));
  if (!inputs.ok())
    return inputs.status();
  inputs->files.push_back({"the binary", options.path});
  absl::StatusOr<std::unique_ptr<executor::Executor>> runner =
      executor::Executor::create(*std::move(program));
  if (!runner.ok())
    return withContext(runner.status(), escapeLine(options.path));
  absl::StatusOr<std::unique_ptr<executor::Run>> done =
      options.stepper ? executor::runStepped(**runner, inputs->tensors) : (*runner)->execute(inputs->tensors);
  if (!done.ok())
    return done.status();
  const executor::Counters &counters = (*done)->counters;
  // Printed before anything is written: a table that nobody gets is an error, which leaves no outputs.
  if (options.counters)
    printCounters(counters, loadSeconds, (*runner)->seconds());
  if (absl::Status status = flushOutput(); !status.ok())
    return status;
  if (counters.halfOverflows)
    reportWarning("sluice-run",
                  concat(counters.halfOverflows, " finite values overflowed to fp16 infinities"));
  return writeOutputs(inOrder(std::move((*done)->outputs), (*runner)->program()), options.outputDirectory,
                      options.format, inputs->files);
}

int main(int argc, char **argv) {
  startTool();
  absl::StatusOr<Options> options = parseOptions(argc, argv);
  absl::Status status = options.status();
  if (options.ok() && options->help)
    std::cout << kHelp;
  else if (options.ok())
    status = run(*options);
  return status.ok() ? finishTool("sluice-run", 0) : reportError("sluice-run", status);
}
