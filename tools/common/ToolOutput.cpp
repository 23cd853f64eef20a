//===- ToolOutput.cpp - What tools print ----------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/common/ToolOutput.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"

#include <cerrno>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

using namespace sluice;

void sluice::startTool() {
  // The lowest free descriptor is taken first, so each lands on its own. Opened for the wrong direction, its
  // use fails with EBADF as that of a closed one does.
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  removeTemporaryFilesOnSignals();
}

static void report(std::string_view tool, std::string_view kind, std::string_view message) {
  const std::string escaped = escapeLines(message);
  std::string text;
  for (size_t begin = 0; begin <= escaped.size();) {
    const size_t end = std::min(escaped.find('\n', begin), escaped.size());
    const std::string_view line = std::string_view(escaped).substr(begin, end - begin);
    text += concat(tool, line.starts_with("  note:") ? ":" : kind, line, "\n");
    begin = end + 1;
  }
  std::cerr << text;
}

int sluice::reportError(std::string_view tool, std::string_view message) {
  report(tool, ": error: ", message);
  return 1;
}

int sluice::reportError(std::string_view tool, const absl::Status &status) {
  return reportError(tool, std::string(status.message()));
}

void sluice::reportWarning(std::string_view tool, std::string_view message) {
  report(tool, ": warning: ", message);
}

absl::Status sluice::flushOutput() {
  errno = 0;
  std::cout.flush();
  if (std::cout.good())
    return absl::OkStatus();
  // What failed may have failed earlier, and its reason with it.
  return absl::UnknownError(
      concat("cannot write to standard output", errno ? ": " + std::generic_category().message(errno) : ""));
}

int sluice::finishTool(std::string_view tool, int status, int failure) {
  if (absl::Status flushed = flushOutput(); !flushed.ok()) {
    reportError(tool, flushed);
    return failure;
  }
  return status;
}
