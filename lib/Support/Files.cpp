//===- Files.cpp - Reading and atomic writing of files --------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Files.h"
#include "sluice/Support/Strings.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace sluice;

namespace {

/// A file descriptor that closes itself.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
  int get() const { return number; }
  /// Closes early, to learn of errors that were put off.
  bool close() {
    int closing = number;
    number = -1;
    return ::close(closing) == 0;
  }

private:
  int number;
};

absl::Status systemError(std::string_view action, const std::string &path, int error) {
  std::string message = concat("cannot ", action, " ", path, ": ", std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
}

/// Writes all of `content`; false with errno set on failure.
bool writeAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR)
        continue;
      return false;
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::Status writeDirectly(const std::string &path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0)
    return systemError("open", path, errno);
  if (!writeAll(file.get(), content) || !file.close())
    return systemError("write", path, errno);
  return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::string> sluice::readFile(const std::string &path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    return systemError("open", path, errno);
  if (S_ISDIR(status.st_mode))
    return systemError("open", path, EISDIR);

  // The size is a hint only: pipes have none, and a file may change while read.
  std::string content;
  content.resize(S_ISREG(status.st_mode) ? static_cast<size_t>(status.st_size) + 1 : size_t(1) << 16);
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

absl::Status sluice::writeFile(const std::string &path, std::string_view content) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return S_ISDIR(status.st_mode) ? systemError("write", path, EISDIR) : writeDirectly(path, content);

  // O_EXCL and the process number keep concurrent writers of one path apart.
  std::string temporary;
  int number = -1;
  for (unsigned attempt = 0; number < 0; ++attempt) {
    temporary = concat(path, ".", ::getpid(), ".", attempt, ".tmp");
    number = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number < 0 && errno != EEXIST)
      return systemError("write", path, errno);
  }
  Descriptor file(number);
  if (writeAll(file.get(), content) && file.close() && std::rename(temporary.c_str(), path.c_str()) == 0)
    return absl::OkStatus();
  int error = errno;
  ::unlink(temporary.c_str());
  return systemError("write", path, error);
}
