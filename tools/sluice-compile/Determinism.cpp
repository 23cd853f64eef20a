//===- Determinism.cpp - Compiling a second time --------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Determinism.h"

#include "sluice/Binary/Compare.h"
#include "sluice/Support/Files.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Program.h"

#include <unistd.h>

using namespace llvm;

namespace sluice {

/// Bytes that the environment of the second process is larger by: its stack starts elsewhere.
static constexpr size_t environmentPadding = 5000;

std::optional<std::string> compareWithTwin(const binary::Program &program, ArrayRef<const char *> arguments) {
  SmallString<128> path;
  if (std::error_code code = sys::fs::createTemporaryFile("sluice-twin", "slu", path))
    return "cannot make a temporary file: " + code.message();
  FileRemover remover(path);

  const std::string self =
      sys::fs::getMainExecutable(arguments.front(), reinterpret_cast<void *>(&compareWithTwin));
  const std::string twin = (Twine("--") + kTwinOption + "=" + path).str();
  SmallVector<StringRef> command(arguments.begin(), arguments.end());
  command.push_back(twin);
  SmallVector<StringRef> environment;
  for (char **variable = environ; *variable; ++variable)
    environment.push_back(*variable);
  const std::string padding = "SLUICE_PADDING=" + std::string(environmentPadding, 'x');
  environment.push_back(padding);
  std::string message;
  if (sys::ExecuteAndWait(self, command, environment, {}, 0, 0, &message) != 0)
    return "the second compilation failed" + (message.empty() ? "" : ": " + message);

  absl::StatusOr<std::string> ours = binary::encodeProgram(program), theirs = readFile(std::string(path));
  for (const absl::Status &status : {ours.status(), theirs.status()})
    if (!status.ok())
      return std::string(status.message());
  if (*ours == *theirs)
    return std::nullopt;
  absl::StatusOr<binary::Program> second = binary::decodeProgram(*theirs);
  if (!second.ok())
    return std::string(second.status().message());
  return "two compilations of the model differ\n" +
         join(binary::differences(program, *second, binary::Scope::Everything), "\n");
}

} // namespace sluice
