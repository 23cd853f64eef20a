//===- Files.cpp - Reading of files, and which are the same ---------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Files.h"

#include "Descriptor.h"

#include "sluice/Support/Escape.h"
#include "sluice/Support/Strings.h"

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace sluice;

absl::Status sluice::systemError(std::string_view action, const std::string &path, int error) {
  std::string message =
      concat("cannot ", action, " ", escapeLine(path), ": ", std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// What a file is that is not a regular one.
static std::string_view kindOfFile(mode_t mode) {
  if (S_ISFIFO(mode))
    return "a pipe (FIFO)";
  if (S_ISCHR(mode))
    return "a character device";
  if (S_ISBLK(mode))
    return "a block device";
  if (S_ISSOCK(mode))
    return "a socket";
  return "something else";
}

/// Why a file with that status cannot be read, if it cannot.
static std::string kindFault(const struct stat &status) {
  if (S_ISREG(status.st_mode))
    return "";
  if (S_ISDIR(status.st_mode))
    return std::generic_category().message(EISDIR);
  return concat("it is ", kindOfFile(status.st_mode), ", not a regular file");
}

std::string sluice::regularFileFault(const std::string &path) {
  struct stat status;
  if (path.find('\0') != std::string::npos)
    return "its name holds a zero byte";
  if (::stat(path.c_str(), &status) != 0)
    return std::generic_category().message(errno);
  return kindFault(status);
}

absl::StatusOr<std::string> sluice::readFile(const std::string &path) {
  // Opening a pipe would wait for a writer, opening a device may do anything: ask first, and again what was
  // opened.
  struct stat status;
  if (path.find('\0') == std::string::npos && ::stat(path.c_str(), &status) != 0)
    return systemError("open", path, errno);
  auto refused = [&](const std::string &fault) {
    return invalidArgument("cannot open ", escapeLine(path), ": ", fault);
  };
  if (std::string fault = regularFileFault(path); !fault.empty())
    return refused(fault);
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    return systemError("open", path, errno);
  if (std::string fault = kindFault(status); !fault.empty())
    return refused(fault);
  const auto memory =
      static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::getpagesize());
  if (static_cast<uint64_t>(status.st_size) >= memory)
    return systemError("read", path, EFBIG);

  // The size is a hint only: a file may change while it is read.
  std::string content(static_cast<size_t>(status.st_size) + 1, '\0');
  size_t size = 0;
  while (true) {
    if (size == content.size())
      content.resize(content.size() * 2);
    ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return systemError("read", path, errno);
    if (got == 0)
      break;
    size += static_cast<size_t>(got);
  }
  content.resize(size);
  return content;
}

//===----------------------------------------------------------------------===//
// Which files are the same
//===----------------------------------------------------------------------===//

/// Where a file at `path` would come to be: links followed, also one that leads nowhere yet.
static std::filesystem::path placeOf(std::filesystem::path path) {
  namespace fs = std::filesystem;
  constexpr unsigned kMostLinks = 40;
  std::error_code error;
  for (unsigned links = 0; links != kMostLinks && fs::is_symlink(fs::symlink_status(path, error)); ++links)
    path = path.parent_path() / fs::read_symlink(path, error);
  const fs::path place = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path.lexically_normal() : place;
}

/// Equal for two paths to one file. Nothing for a character device.
static std::optional<std::string> identityOf(const std::string &path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return "at " + placeOf(path).string();
  if (S_ISCHR(status.st_mode))
    return std::nullopt;
  return concat(status.st_dev, " ", status.st_ino);
}

bool sluice::isSameFile(const std::string &a, const std::string &b) {
  const std::optional<std::string> identity = identityOf(a);
  return identity && identity == identityOf(b);
}

absl::Status sluice::checkOutputs(const std::vector<FileRole> &outputs, const std::vector<FileRole> &inputs) {
  std::map<std::string, const FileRole *> known;
  std::string faults;
  for (const FileRole &input : inputs)
    if (std::optional<std::string> identity = identityOf(input.path))
      known.try_emplace(*identity, &input);
  for (const FileRole &output : outputs) {
    const std::optional<std::string> identity = identityOf(output.path);
    if (!identity)
      continue;
    auto [other, isNew] = known.try_emplace(*identity, &output);
    if (!isNew)
      faults += concat(faults.empty() ? "" : "\n", output.role, " ", escapeLine(output.path),
                       " is the same file as ", other->second->role, " ", escapeLine(other->second->path));
  }
  return faults.empty() ? absl::OkStatus() : absl::InvalidArgumentError(faults);
}
