//===- sluice-mutate.cpp - Whether faults are found -----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"

#include "sluice/Executor/CrossCheck.h"
#include "sluice/Executor/Executor.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"
#include "sluice/Verifier/Verifier.h"
#include "tools/common/ToolOutput.h"

#include "absl/strings/str_format.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <tuple>

#include <getopt.h>

using namespace sluice;
using namespace sluice::mutate;
using namespace sluice::binary;

static constexpr const char *kHelp =
    R"(OVERVIEW: Plants single faults in proven binaries and says what becomes of them

USAGE: sluice-mutate [options] model.slu...

Sluice options:
  --mutants=N  Mutants in all, spread over binaries and kinds of faults (default 1000)
  --seed=N     Of the random numbers (default 1)
  --save=DIR   Write each mutant that is a defect to DIR
  --help       Show this text

A mutant is refused by the reader or the verifier; or it is harmless: it gives the original's bits in all
outputs and in what the last read of every word of memory finds, on random inputs; or it is another valid
program, with another constant or operation; or it is a defect. Prints a table by kind of fault. Exit status 1 if there is a defect.
)";

namespace {

struct Options {
  uint64_t mutants = 1000, seed = 1;
  std::string save;
  std::vector<std::string> paths;
  bool help = false;
};

struct Tally {
  uint64_t mutants = 0, refused = 0, harmless = 0, others = 0, defects = 0;
};

/// A proven binary, inputs, and what it makes of them.
struct Subject {
  std::string path;
  Program program;
  executor::TensorMap inputs;
  std::unique_ptr<executor::Executor> runner;
  std::unique_ptr<executor::Run> run;
};

} // namespace

static absl::StatusOr<Options> parseOptions(int argc, char **argv) {
  static const option known[] = {{"mutants", required_argument, nullptr, 'm'},
                                 {"seed", required_argument, nullptr, 's'},
                                 {"save", required_argument, nullptr, 'd'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  Options options;
  opterr = 0;
  for (int choice; (choice = getopt_long(argc, argv, ":", known, nullptr)) != -1;) {
    uint64_t number = 0;
    if (choice == 'm' || choice == 's') {
      const std::string_view value = optarg;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size())
        return invalidArgument("'", value, "' is not a number");
    }
    switch (choice) {
    case 'm':
      options.mutants = number;
      break;
    case 's':
      options.seed = number;
      break;
    case 'd':
      options.save = optarg;
      break;
    case 'h':
      options.help = true;
      return options;
    default:
      return invalidArgument(choice == ':' ? "missing value of option " : "unknown option ", argv[optind - 1],
                             "; see --help");
    }
  }
  options.paths.assign(argv + optind, argv + argc);
  if (options.paths.empty())
    return invalidArgument("no file given; see --help");
  return options;
}

/// Small numbers, which are indices and masks too: whole ones of 0 and 1, others between -1 and 1.
static HostTensor randomTensor(const proto::Binding &binding, Random &random) {
  const auto type = ElementType(binding.type().element_type());
  HostTensor tensor{type, {binding.type().shape().begin(), binding.type().shape().end()}, {}};
  const size_t bytes = elementBytes(type);
  tensor.data.resize(tensor.elements() * bytes);
  for (size_t element = 0; element != tensor.elements(); ++element) {
    char *out = tensor.data.data() + element * bytes;
    const double real = double(random() % 2001) / 1000 - 1;
    if (type == ElementType::Float) {
      const float value = float(real);
      std::memcpy(out, &value, sizeof(value));
    } else if (type == ElementType::Double) {
      std::memcpy(out, &real, sizeof(real));
    } else if (type == ElementType::Half) {
      const uint16_t value = uint16_t(0x3800 | (random() & 0x83ff)); // 0.5 to 1, of either sign
      std::memcpy(out, &value, sizeof(value));
    } else {
      *out = char(random() & 1);
    }
  }
  return tensor;
}

static absl::StatusOr<Subject> load(const std::string &path, Random &random) {
  absl::StatusOr<Program> program = readProgram(path);
  if (!program.ok())
    return program.status();
  Subject subject{path, *program, {}, nullptr, nullptr};
  for (const proto::Binding &input : subject.program.metadata.inputs())
    subject.inputs[input.name()] = randomTensor(input, random);
  absl::StatusOr<std::unique_ptr<executor::Executor>> runner =
      executor::Executor::create(*std::move(program));
  if (!runner.ok())
    return withContext(runner.status(), escapeLine(path));
  subject.runner = *std::move(runner);
  absl::StatusOr<std::unique_ptr<executor::Run>> done = subject.runner->execute(subject.inputs);
  if (!done.ok())
    return withContext(done.status(), escapeLine(path));
  subject.run = *std::move(done);
  return subject;
}

/// By card, hemisphere, slice and word.
using Place = std::tuple<uint32_t, uint32_t, uint32_t, int64_t>;
/// When a word is accessed last, and whether it is read then: it then holds in the end what was read. What it
/// holds otherwise nobody reads, such as a card's copy of a result that the host takes from another card:
/// there is no flow to it.
struct LastAccess {
  uint64_t cycle = 0;
  bool isRead = true;
};

static void collectAccesses(const Program &program, const target::Target &target,
                            std::map<Place, LastAccess> &last) {
  for (uint32_t card = 0; card != program.cards.size(); ++card)
    for (const QueueProgram &queue : program.cards[card].queues) {
      if (queue.queue.unit != Unit::MemRead && queue.queue.unit != Unit::MemWrite)
        continue;
      const auto hemisphere = uint32_t(queue.queue.hemisphere), slice = uint32_t(queue.queue.index);
      const bool isRead = queue.queue.unit == Unit::MemRead;
      auto access = [&](int64_t word, uint64_t cycle) {
        LastAccess &known = last[{card, hemisphere, slice, word}];
        if (cycle >= known.cycle)
          known = {cycle, isRead};
      };
      for (const Instruction &what : queue.instructions) {
        const bool isDirect = what.opcode == Opcode::Read || what.opcode == Opcode::Write;
        const int64_t bank = int64_t(target.bankOf(unsigned(what.address))) * target.wordsPerBank;
        for (int64_t i = 0; isDirect && i != int64_t(what.count); ++i)
          access(what.address + i * what.step, what.cycle + uint64_t(i) * what.interval);
        // A Gather may read any word of its bank; which ones a Scatter changes is data.
        for (int64_t word = 0; !isDirect && isRead && word != int64_t(target.wordsPerBank); ++word)
          access(bank + word, what.cycle + uint64_t(what.count - 1) * what.interval);
      }
    }
}

/// Whether a proven mutant gives the original's bits in the outputs and in what the last read of every word
/// finds.
static bool isHarmless(const Subject &subject, const executor::Executor &mutant,
                       const target::Target &target) {
  absl::StatusOr<std::unique_ptr<executor::Run>> done = mutant.execute(subject.inputs);
  const executor::TensorMap &expected = subject.run->outputs;
  if (!done.ok() || (*done)->outputs.size() != expected.size())
    return false;
  for (const auto &[name, tensor] : (*done)->outputs) {
    auto found = expected.find(name);
    if (found == expected.end() || found->second.data != tensor.data)
      return false;
  }
  if (executor::compareMemory(*subject.run, **done, subject.program.cards.size(), target).ok())
    return true;
  std::map<Place, LastAccess> originally, now;
  collectAccesses(subject.program, target, originally);
  collectAccesses(mutant.program(), target, now);
  auto isReadLast = [](const std::map<Place, LastAccess> &last, const Place &place) {
    const auto found = last.find(place);
    return found == last.end() || found->second.isRead;
  };
  const std::vector<uint8_t> zeros(target.lanes());
  auto holdsTheSame = [&](const auto &entry) {
    if (!isReadLast(originally, entry.first) || !isReadLast(now, entry.first))
      return true;
    const auto &[card, hemisphere, slice, address] = entry.first;
    const uint8_t *a = subject.run->word(card, hemisphere, slice, uint32_t(address));
    const uint8_t *b = (*done)->word(card, hemisphere, slice, uint32_t(address));
    return std::memcmp(a ? a : zeros.data(), b ? b : zeros.data(), zeros.size()) == 0;
  };
  return std::all_of(originally.begin(), originally.end(), holdsTheSame) &&
         std::all_of(now.begin(), now.end(), holdsTheSame);
}

/// Says of `program` what is so.
static void stateFigures(Program &program, const target::Target &target) {
  program.metadata.set_cycles(lastEffect(program, target));
  program.metadata.clear_stats_json();
  for (size_t card = 0; card != program.cards.size(); ++card)
    program.cards[card].memoryWordsUsed = countWordsUsed(program, card, target);
}

/// Of the binary of a defect, in the directory of --save: see isSavedName.
static std::string savedName(const Kind &kind, uint64_t number) {
  return concat(&kind - kinds().data(), "-", number, ".slu");
}

/// Whether savedName gives such names.
static bool isSavedName(std::string_view name) {
  const size_t dash = name.find('-');
  if (dash == name.npos || !name.ends_with(".slu"))
    return false;
  auto isNumber = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  };
  return isNumber(name.substr(0, dash)) && isNumber(name.substr(dash + 1, name.size() - dash - 5));
}

static void judge(const Subject &subject, const Kind &kind, Random &random, const Options &options,
                  Tally &tally) {
  Program mutant = subject.program;
  const target::Target target = *target::targetByName(mutant.metadata.target());
  const std::string words = kind.plant(mutant, target, random);
  if (words.empty())
    return;
  ++tally.mutants;
  if (!kind.isFigure)
    stateFigures(mutant, target);
  // Encoding repairs the hash; what it or the reader refuses is refused.
  if (!checkProgram(mutant).ok()) {
    ++tally.refused;
    return;
  }
  auto runner = executor::Executor::create(mutant);
  if (!runner.ok()) {
    ++tally.refused;
    return;
  }
  if (isHarmless(subject, **runner, target)) {
    ++tally.harmless;
    return;
  }
  if (differInMeaningOnly(subject.program, mutant)) {
    ++tally.others;
    return;
  }
  ++tally.defects;
  std::cout << "defect: " << escapeLine(subject.path) << ": " << kind.name << ": " << words << "\n";
  if (options.save.empty())
    return;
  const std::string path = concat(options.save, "/", savedName(kind, tally.defects));
  if (absl::Status status = writeProgram(mutant, path); !status.ok())
    reportWarning("sluice-mutate", std::string(status.message()));
}

static void printTable(const std::map<std::string_view, Tally> &tallies) {
  std::cout << absl::StrFormat("%-48s %8s %8s %9s %8s %8s\n", "fault", "mutants", "refused", "harmless",
                               "others", "defects");
  Tally sum;
  auto row = [](std::string_view name, const Tally &tally) {
    std::cout << absl::StrFormat("%-48s %8d %8d %9d %8d %8d\n", std::string(name), tally.mutants,
                                 tally.refused, tally.harmless, tally.others, tally.defects);
  };
  for (const Kind &kind : kinds()) {
    const Tally &tally = tallies.at(kind.name);
    row(kind.name, tally);
    sum.mutants += tally.mutants, sum.refused += tally.refused, sum.harmless += tally.harmless;
    sum.others += tally.others, sum.defects += tally.defects;
  }
  row("all", sum);
}

/// Refuses to write a mutant over a binary that is read.
static absl::Status checkSaved(const Options &options) {
  std::string faults;
  for (const std::string &path : options.paths) {
    const std::filesystem::path file = path;
    const std::string folder = file.parent_path().empty() ? "." : file.parent_path().string();
    if (isSavedName(file.filename().string()) && isSameFile(folder, options.save))
      faults +=
          concat(faults.empty() ? "" : "\n", "--save=", options.save, " may write over ", escapeLine(path));
  }
  return faults.empty() ? absl::OkStatus() : absl::InvalidArgumentError(faults);
}

static absl::StatusOr<bool> run(const Options &options) {
  if (absl::Status status = checkSaved(options); !options.save.empty() && !status.ok())
    return status;
  Random random(options.seed);
  std::map<std::string_view, Tally> tallies;
  for (const Kind &kind : kinds())
    tallies[kind.name];
  uint64_t planted = 0, defects = 0;
  for (size_t index = 0; index != options.paths.size(); ++index) {
    absl::StatusOr<Subject> subject = load(options.paths[index], random);
    if (!subject.ok())
      return subject.status();
    // Every binary gets its share, its kinds in turn.
    const uint64_t until = options.mutants * (index + 1) / options.paths.size();
    for (size_t kind = 0, without = 0; planted != until && without != kinds().size(); ++kind) {
      Tally &tally = tallies[kinds()[kind % kinds().size()].name];
      const uint64_t before = tally.mutants;
      judge(*subject, kinds()[kind % kinds().size()], random, options, tally);
      without = tally.mutants == before ? without + 1 : 0;
      planted += tally.mutants - before;
    }
  }
  printTable(tallies);
  for (const auto &[name, tally] : tallies)
    defects += tally.defects;
  return defects == 0;
}

int main(int argc, char **argv) {
  startTool();
  absl::StatusOr<Options> options = parseOptions(argc, argv);
  absl::StatusOr<bool> clean = true;
  if (!options.ok())
    clean = options.status();
  else if (options->help)
    std::cout << kHelp;
  else
    clean = run(*options);
  if (!clean.ok())
    return reportError("sluice-mutate", clean.status());
  return finishTool("sluice-mutate", *clean ? 0 : 1);
}
