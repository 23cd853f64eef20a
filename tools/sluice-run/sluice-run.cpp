//===- sluice-run.cpp - Runs a binary -------------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"
#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Executor.h"
#include "sluice/Support/OutputFiles.h"
#include "sluice/Support/Strings.h"

#include <iostream>

#include <getopt.h>

using namespace sluice;

static constexpr const char *kHelp = R"(OVERVIEW: Runs a Sluice binary, bit for bit

USAGE: sluice-run [options] model.slu --output-dir=DIR

Sluice options:
  --input=NAME=FILE  Tensor of the input NAME, as .npy or ONNX .pb (repeatable)
  --output-dir=DIR   Where each output is written as DIR/<name>.npy; '/' and other
                     odd characters of a name become '_'
  --format=FORMAT    Of the outputs: npy (default) or pb
  --counters         Print what the run did
  --stepper          Run on the cycle stepper too, which moves every stream one stop a cycle and meets
                     hazards as they happen, and fail where an output or a word of memory differs: slow
  --help             Show this text

The binary is proven first and refused when it has a hazard.
)";

namespace {

struct Options {
  std::vector<std::pair<std::string, std::string>> inputs; ///< name, file
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
    case Input: {
      const std::string value = optarg;
      const size_t separator = value.find('=');
      if (separator == std::string::npos || separator == 0)
        return invalidArgument("--input=", value, " is not NAME=FILE");
      options.inputs.emplace_back(value.substr(0, separator), value.substr(separator + 1));
      break;
    }
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

/// Reads the inputs' files; names all that fail.
static absl::StatusOr<executor::TensorMap> readInputs(const Options &options) {
  executor::TensorMap inputs;
  std::string faults;
  auto add = [&](const std::string &fault) { faults = concat(faults, faults.empty() ? "" : "\n", fault); };
  for (const auto &[name, path] : options.inputs) {
    absl::StatusOr<HostTensor> tensor = readTensor(path);
    if (!tensor.ok())
      add(concat("input '", name, "': ", std::string(tensor.status().message())));
    else if (!inputs.emplace(name, *std::move(tensor)).second)
      add(concat("input '", name, "' is given twice"));
  }
  if (!faults.empty())
    return absl::InvalidArgumentError(faults);
  return inputs;
}

static void printCounters(const executor::Counters &counters) {
  std::cout << "cycles          " << counters.cycles << " (modelled)\n";
  for (const auto &[unit, count] : counters.instructionsByUnit) {
    std::string name = unit;
    name.resize(std::max<size_t>(name.size(), 16), ' ');
    std::cout << name << count << "\n";
  }
  std::cout << "memory bytes    " << counters.memoryBytes << "\n"
            << "stream bytes    " << counters.streamBytes << "\n"
            << "link bytes      " << counters.linkBytes << "\n"
            << "fp16 overflows  " << counters.halfOverflows << "\n";
}

static absl::Status run(const Options &options) {
  absl::StatusOr<binary::Program> program = binary::readProgram(options.path);
  if (!program.ok())
    return program.status();
  absl::StatusOr<executor::TensorMap> inputs = readInputs(options);
  if (!inputs.ok())
    return inputs.status();
  absl::StatusOr<std::unique_ptr<executor::Executor>> runner =
      executor::Executor::create(*std::move(program));
  if (!runner.ok())
    return withContext(runner.status(), options.path);
  absl::StatusOr<executor::TensorMap> outputs =
      options.stepper ? executor::runStepped(**runner, *inputs) : (*runner)->run(*inputs);
  if (!outputs.ok())
    return outputs.status();
  if (absl::Status status = writeOutputs(*outputs, options.outputDirectory, options.format); !status.ok())
    return status;
  if (const uint64_t overflows = (*runner)->counters().halfOverflows)
    std::cerr << "sluice-run: warning: " << overflows << " finite values overflowed to fp16 infinities\n";
  if (options.counters)
    printCounters((*runner)->counters());
  return absl::OkStatus();
}

static int fail(const absl::Status &status) {
  std::cerr << "sluice-run: error: " << std::string(status.message()) << "\n";
  return 1;
}

int main(int argc, char **argv) {
  absl::StatusOr<Options> options = parseOptions(argc, argv);
  if (!options.ok())
    return fail(options.status());
  if (options->help) {
    std::cout << kHelp;
    return 0;
  }
  if (absl::Status status = run(*options); !status.ok())
    return fail(status);
  return 0;
}
