//===- sluice-objdump.cpp - Shows what a binary holds ---------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Compare.h"
#include "sluice/Binary/Printer.h"
#include "sluice/Binary/Program.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"
#include "tools/common/ToolOutput.h"

#include <charconv>
#include <iostream>

#include <getopt.h>

using namespace sluice;
using namespace sluice::binary;

static constexpr const char *kHelp = R"(OVERVIEW: Shows what a Sluice binary holds

USAGE: sluice-objdump [options] model.slu

Sluice options:
  --summary     Target, cycles, inputs, outputs and the size of each card (default)
  --text        Instructions by card and queue, with cycles and ONNX nodes
  --memory      Initial memory and bindings by slice, bytes by bank
  --bindings    Inputs and outputs with their types, layouts and placements
  --hash        The SHA-256 that the binary carries
  --schedule-hash
                The SHA-256 of the schedule alone: target, bindings, instructions and cycles, without
                weights and names (what sluice-diff --schedule-only compares)
  --card=N      Show card N only
  --queue=NAME  Show one queue only, as --text names it (implies --text)
  --help        Show this text
)";

namespace {

struct Options {
  bool summary = false, text = false, memory = false, bindings = false, hash = false, scheduleHash = false,
       help = false;
  Selection selection;
  std::string path;
};

} // namespace

/// Reads the command line; getopt itself reports unknown options.
static absl::StatusOr<Options> parseOptions(int argc, char **argv) {
  enum { Summary = 1, Text, Memory, Bindings, Hash, ScheduleHash, CardNumber, QueueName, Help };
  static const option known[] = {{"summary", no_argument, nullptr, Summary},
                                 {"text", no_argument, nullptr, Text},
                                 {"memory", no_argument, nullptr, Memory},
                                 {"bindings", no_argument, nullptr, Bindings},
                                 {"hash", no_argument, nullptr, Hash},
                                 {"schedule-hash", no_argument, nullptr, ScheduleHash},
                                 {"card", required_argument, nullptr, CardNumber},
                                 {"queue", required_argument, nullptr, QueueName},
                                 {"help", no_argument, nullptr, Help},
                                 {nullptr, 0, nullptr, 0}};
  Options options;
  opterr = 0;
  int choice;
  while ((choice = getopt_long(argc, argv, ":", known, nullptr)) != -1) {
    switch (choice) {
    case Summary:
      options.summary = true;
      break;
    case Text:
      options.text = true;
      break;
    case Memory:
      options.memory = true;
      break;
    case Bindings:
      options.bindings = true;
      break;
    case Hash:
      options.hash = true;
      break;
    case ScheduleHash:
      options.scheduleHash = true;
      break;
    case CardNumber: {
      const std::string_view value = optarg;
      uint32_t card;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), card);
      if (error != std::errc() || end != value.data() + value.size())
        return invalidArgument("--card=", value, " is not a number");
      options.selection.card = card;
      break;
    }
    case QueueName:
      options.selection.queue = optarg;
      options.text = true;
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
  options.path = argv[optind];
  if (!options.text && !options.memory && !options.bindings && !options.hash && !options.scheduleHash)
    options.summary = true;
  return options;
}

/// A selection that matches nothing is a mistake of the user's.
static absl::Status checkSelection(const Selection &selection, const Program &program) {
  if (selection.card && *selection.card >= program.cards.size())
    return invalidArgument("there is no card ", *selection.card, "; the binary is for ",
                           program.cards.size());
  if (!selection.queue)
    return absl::OkStatus();
  for (size_t index = 0; index != program.cards.size(); ++index)
    for (const QueueProgram &queue : program.cards[index].queues)
      if ((!selection.card || *selection.card == index) && queueName(queue.queue) == *selection.queue)
        return absl::OkStatus();
  return invalidArgument("no instructions are on a queue ", *selection.queue);
}

static absl::Status run(const Options &options) {
  absl::StatusOr<std::string> bytes = readFile(options.path);
  if (!bytes.ok())
    return bytes.status();
  absl::StatusOr<Program> program = decodeProgram(*bytes);
  if (!program.ok())
    return withContext(program.status(), escapeLine(options.path));
  absl::StatusOr<std::string> hash = programHash(*bytes);
  if (!hash.ok())
    return withContext(hash.status(), escapeLine(options.path));
  absl::StatusOr<target::Target> target = target::targetByName(program->metadata.target());
  if (!target.ok())
    return target.status();
  if (absl::Status status = checkSelection(options.selection, *program); !status.ok())
    return withContext(status, escapeLine(options.path));

  if (options.hash)
    std::cout << *hash << "\n";
  if (options.scheduleHash) {
    absl::StatusOr<std::string> schedule = scheduleHash(*program);
    if (!schedule.ok())
      return withContext(schedule.status(), escapeLine(options.path));
    std::cout << *schedule << "\n";
  }
  if (options.summary) {
    std::cout << "sha256   " << *hash << "\n";
    printSummary(*program, *target, options.selection, std::cout);
  }
  if (options.bindings)
    printBindings(*program, options.selection, std::cout);
  if (options.memory)
    printMemory(*program, *target, options.selection, std::cout);
  if (options.text)
    printText(*program, *target, options.selection, std::cout);
  return absl::OkStatus();
}

int main(int argc, char **argv) {
  startTool();
  absl::StatusOr<Options> options = parseOptions(argc, argv);
  absl::Status status = options.status();
  if (options.ok() && options->help)
    std::cout << kHelp;
  else if (options.ok())
    status = run(*options);
  return status.ok() ? finishTool("sluice-objdump", 0) : reportError("sluice-objdump", status);
}
