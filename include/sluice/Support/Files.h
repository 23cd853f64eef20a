//===- Files.h - Reading and atomic writing of files ------------*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_SUPPORT_FILES_H
#define SLUICE_SUPPORT_FILES_H

#include "sluice/Support/ByteSink.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// The whole content of a regular file. NotFound or InvalidArgument with
/// "cannot open PATH: No such file or directory" and the like; what is no regular file (a pipe, a device,
/// a directory) is refused at once as what it is: it may have no end, or nobody who writes.
absl::StatusOr<std::string> readFile(const std::string &path);

/// Why there is no regular file at `path`, nor a link to one: "No such file or directory", "it is a pipe
/// (FIFO), not a regular file". Empty where there is.
std::string regularFileFault(const std::string &path);

/// Replaces the file at `path` by `content`, or leaves what was there: see FileSet.
absl::Status writeFile(const std::string &path, std::string_view content);

/// Files that are written together: all of them, or none. Each lies in a temporary file beside its place
/// until commit() puts all in theirs. Devices, pipes and open descriptors (/dev/null, /dev/stdout) are
/// written in place, by commit(), before anything is put anywhere.
class FileSet {
public:
  FileSet();
  /// Removes what was not committed.
  ~FileSet();
  FileSet(const FileSet &) = delete;
  FileSet &operator=(const FileSet &) = delete;

  /// Readies `content` to become the file at `path`, once per place. The error names the path.
  absl::Status add(const std::string &path, std::string_view content);
  /// The same for what `write` writes, which is never held whole unless it is for a device.
  absl::Status add(const std::string &path, const std::function<absl::Status(ByteSink &)> &write);
  /// Puts everything in its place. After an error every place holds what it held before.
  absl::Status commit();
  /// Forgets what was added.
  void clear();

private:
  struct Entry;
  void takeBack();

  std::vector<std::unique_ptr<Entry>> entries;
};

/// For tools: has SIGINT, SIGTERM and SIGHUP remove the temporary files before they end the process.
void removeTemporaryFilesOnSignals();

/// A file that a tool reads or writes, and what its user calls it: "-o", "the model".
struct FileRole {
  std::string role, path;
};

/// Whether two paths lead to one file, be it by links of either kind, or to one place where none is yet.
/// Character devices, such as /dev/null and terminals, are nobody's file.
bool isSameFile(const std::string &a, const std::string &b);

/// InvalidArgument that names, one a line, each of `outputs` that is one of `inputs` or a later output, too.
absl::Status checkOutputs(const std::vector<FileRole> &outputs, const std::vector<FileRole> &inputs);

} // namespace sluice

#endif // SLUICE_SUPPORT_FILES_H
