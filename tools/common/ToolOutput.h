//===- ToolOutput.h - What tools print ------------------------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_TOOLS_COMMON_TOOLOUTPUT_H
#define SLUICE_TOOLS_COMMON_TOOLOUTPUT_H

#include "absl/status/status.h"

#include <string_view>

namespace sluice {

/// First thing in every tool's main: a standard stream that is closed becomes one whose use fails, so that no
/// file that the tool opens takes its place; signals that end the tool remove its temporary files first.
void startTool();

/// Prints an error on stderr as "<tool>: error: ...", each line of it as one and notes ("  note: ...")
/// without the word, escaped (see Escape.h). Returns the exit status 1.
int reportError(std::string_view tool, std::string_view message);
int reportError(std::string_view tool, const absl::Status &status);

/// Prints a warning in the same way.
void reportWarning(std::string_view tool, std::string_view message);

/// Writes out what std::cout still holds. Where that fails: says so.
absl::Status flushOutput();

/// Last thing in a tool's main: `status`, or after an error `failure` if the output cannot be written out.
int finishTool(std::string_view tool, int status, int failure = 1);

} // namespace sluice

#endif // SLUICE_TOOLS_COMMON_TOOLOUTPUT_H
