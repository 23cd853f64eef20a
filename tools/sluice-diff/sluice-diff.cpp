//===- sluice-diff.cpp - How two binaries differ --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Binary/Compare.h"
#include "sluice/Support/Strings.h"
#include "tools/common/ToolOutput.h"

#include <iostream>

#include <getopt.h>

using namespace sluice;
using namespace sluice::binary;

static constexpr const char *kHelp =
    R"(OVERVIEW: Says whether two Sluice binaries are identical, or what differs

USAGE: sluice-diff [options] a.slu b.slu

Sluice options:
  --schedule-only  Compare target, bindings, instructions, cycles and the extent of the memory image;
                   ignore weights, ONNX nodes, the carried flow, producer and statistics
  --help           Show this text

Exit status 0: identical; 1: different; 2: trouble.
)";

/// As diff does it.
enum ExitStatus { Identical = 0, Different = 1, Trouble = 2 };

static int trouble(std::string_view message) {
  reportError("sluice-diff", message);
  return Trouble;
}

int main(int argc, char **argv) {
  startTool();
  static const option known[] = {{"schedule-only", no_argument, nullptr, 's'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  Scope scope = Scope::Everything;
  opterr = 0;
  for (int choice; (choice = getopt_long(argc, argv, ":", known, nullptr)) != -1;) {
    if (choice == 'h') {
      std::cout << kHelp;
      return finishTool("sluice-diff", Identical, Trouble);
    }
    if (choice != 's')
      return trouble(concat("unknown option ", argv[optind - 1], "; see --help"));
    scope = Scope::Schedule;
  }
  if (argc - optind != 2)
    return trouble(concat(argc - optind, " files given, 2 expected; see --help"));
  const absl::StatusOr<Program> a = readProgram(argv[optind]), b = readProgram(argv[optind + 1]);
  std::string faults;
  for (const absl::Status &status : {a.status(), b.status()})
    if (!status.ok())
      faults += concat(faults.empty() ? "" : "\n", std::string(status.message()));
  if (!faults.empty())
    return trouble(faults);

  const std::vector<std::string> found = differences(*a, *b, scope);
  for (const std::string &difference : found)
    std::cout << difference << "\n";
  if (found.empty())
    std::cout << (scope == Scope::Schedule ? "identical schedules\n" : "identical\n");
  return finishTool("sluice-diff", found.empty() ? Identical : Different, Trouble);
}
