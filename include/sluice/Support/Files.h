//===- Files.h - Reading and atomic writing of files ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_FILES_H
#define SLUICE_SUPPORT_FILES_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <string>
#include <string_view>

namespace sluice {

/// The whole content of a file. NotFound or InvalidArgument with
/// "cannot open PATH: No such file or directory" and the like.
absl::StatusOr<std::string> readFile(const std::string &path);

/// Replaces the file at `path` by `content`, or leaves what was there: writes a
/// temporary file beside it, then renames it. A path that is a device or a pipe is
/// written directly.
absl::Status writeFile(const std::string &path, std::string_view content);

} // namespace sluice

#endif // SLUICE_SUPPORT_FILES_H
