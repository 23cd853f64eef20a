//===- sluice-verify.cpp - Proves binaries --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Program.h"
#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"
#include "sluice/Verifier/Verifier.h"
#include "tools/common/ToolOutput.h"

#include <iostream>

#include <getopt.h>

using namespace sluice;

static constexpr const char *kHelp =
    R"(OVERVIEW: Proves that binaries are free of hazards and flow as they say

USAGE: sluice-verify [options] model.slu...

Sluice options:
  --help  Show this text

Prints "FILE: proven: N instructions, C cycles" for each file, or what it found.
Exit status 1 when a file is not proven or cannot be read.
)";

/// Prints the proof of one file, or the findings. Returns whether it is proven.
static absl::StatusOr<bool> verifyFile(const std::string &path) {
  absl::StatusOr<binary::Program> program = binary::readProgram(path);
  if (!program.ok())
    return program.status();
  absl::StatusOr<target::Target> target = target::targetByName(program->metadata.target());
  if (!target.ok())
    return withContext(target.status(), escapeLine(path));

  const std::vector<verifier::Finding> findings = verifier::verify(*program, *target);
  for (const verifier::Finding &finding : findings)
    std::cout << escapeLine(path) << ": card " << finding.card << ", cycle " << finding.cycle << ": "
              << verifier::hazardName(finding.hazard) << ": " << escapeLine(finding.message) << "\n";
  if (!findings.empty())
    return false;

  size_t instructions = 0;
  for (const binary::Card &card : program->cards)
    for (const binary::QueueProgram &queue : card.queues)
      instructions += queue.instructions.size();
  std::cout << escapeLine(path) << ": proven: " << instructions << " instructions, "
            << program->metadata.cycles() << " cycles\n";
  return true;
}

static int fail(std::string_view message) { return reportError("sluice-verify", message); }

int main(int argc, char **argv) {
  startTool();
  static const option known[] = {{"help", no_argument, nullptr, 'h'}, {nullptr, 0, nullptr, 0}};
  opterr = 0;
  for (int choice; (choice = getopt_long(argc, argv, ":", known, nullptr)) != -1;) {
    if (choice != 'h')
      return fail(concat("unknown option ", argv[optind - 1], "; see --help"));
    std::cout << kHelp;
    return finishTool("sluice-verify", 0);
  }
  if (optind == argc)
    return fail("no file given; see --help");

  int status = 0;
  for (int index = optind; index != argc; ++index) {
    absl::StatusOr<bool> proven = verifyFile(argv[index]);
    if (!proven.ok())
      status = fail(std::string(proven.status().message()));
    else if (!*proven)
      status = 1;
  }
  return finishTool("sluice-verify", status);
}
