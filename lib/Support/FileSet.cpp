//===- FileSet.cpp - Files that are written together ----------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Files.h"

#include "Descriptor.h"

#include "sluice/Support/Strings.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>

using namespace sluice;

//===----------------------------------------------------------------------===//
// Temporary files
//===----------------------------------------------------------------------===//

namespace {

/// The name of a temporary file, where the handler of a signal finds it. Slots are used again and never
/// freed, as a signal may come at any time.
struct Slot {
  std::atomic<bool> taken = true;
  std::atomic<const char *> path = nullptr;
  Slot *next = nullptr;
};

} // namespace

static std::atomic<Slot *> slots = nullptr;

static Slot *takeSlot() {
  for (Slot *slot = slots; slot; slot = slot->next)
    if (bool free = false; slot->taken.compare_exchange_strong(free, true))
      return slot;
  Slot *slot = new Slot;
  slot->next = slots;
  while (!slots.compare_exchange_weak(slot->next, slot))
    ;
  return slot;
}

extern "C" {
static void removeTemporaryFiles(int signal) {
  for (Slot *slot = slots; slot; slot = slot->next)
    if (const char *path = slot->path)
      ::unlink(path);
  // The handler is gone (SA_RESETHAND): this is the signal's own way to end the process.
  ::raise(signal);
}
}

void sluice::removeTemporaryFilesOnSignals() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before, action = {};
    action.sa_handler = removeTemporaryFiles;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    // A signal that is ignored, as under nohup, stays so.
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_DFL)
      ::sigaction(signal, &action, nullptr);
  }
}

/// Writes all of `content`; false with errno set on failure.
static bool writeAll(int descriptor, std::string_view content) {
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

namespace {

/// A file that is open for writing.
class FileSink : public ByteSink {
public:
  explicit FileSink(int descriptor) : descriptor(descriptor) {}

  void append(std::string_view bytes) override {
    if (fault == 0 && !writeAll(descriptor, bytes))
      fault = errno;
  }
  void patch(uint64_t offset, std::string_view bytes) override {
    while (fault == 0 && !bytes.empty()) {
      const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno != EINTR)
        fault = errno;
      const size_t size = static_cast<size_t>(std::max<ssize_t>(written, 0));
      bytes.remove_prefix(size);
      offset += size;
    }
  }

  int fault = 0; ///< errno of the first failure

private:
  int descriptor;
};

} // namespace

static absl::Status writeInPlace(const std::string &path, std::string_view content) {
  // Without O_NONBLOCK, opening a pipe would wait for a reader; writing may wait.
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0)
    return systemError("open", path, errno);
  ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
  if (!writeAll(file.get(), content) || !file.close())
    return systemError("write", path, errno);
  return absl::OkStatus();
}

/// Whether `path` leads to what a process holds open (/dev/stdout, /proc/self/fd/1, ...), where no other file
/// can be put.
static bool isOpenDescriptor(std::filesystem::path path) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (unsigned links = 0; links != 8; ++links) {
    const std::string folder = fs::weakly_canonical(fs::absolute(path, error).parent_path(), error).string();
    if (folder.starts_with("/proc/") && folder.ends_with("/fd"))
      return true;
    if (!fs::is_symlink(fs::symlink_status(path, error)))
      return false;
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  return false;
}

//===----------------------------------------------------------------------===//
// FileSet
//===----------------------------------------------------------------------===//

/// One file of a set: in a temporary file, or kept for a device.
struct FileSet::Entry {
  std::string path, temporary;
  std::string content; ///< for a device
  Slot *slot = nullptr;
  bool placed = false;   ///< at `path`
  bool replaced = false; ///< what was at `path` is at `temporary`

  ~Entry() {
    if (!slot)
      return;
    ::unlink(temporary.c_str());
    // The name is never freed: the handler of a signal may be reading it.
    slot->path = nullptr;
    slot->taken = false;
  }

  /// Makes the temporary file. O_EXCL and the process number keep concurrent writers of one path apart.
  int create() {
    slot = takeSlot();
    for (unsigned attempt = 0;; ++attempt) {
      temporary = concat(path, ".", ::getpid(), ".", attempt, ".tmp");
      slot->path = ::strdup(temporary.c_str());
      const int number = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (number >= 0 || errno != EEXIST)
        return number;
      slot->path = nullptr;
    }
  }
};

FileSet::FileSet() = default;
FileSet::~FileSet() = default;
void FileSet::clear() { entries.clear(); }

absl::Status FileSet::add(const std::string &path, std::string_view content) {
  return add(path, [&](ByteSink &sink) {
    sink.append(content);
    return absl::OkStatus();
  });
}

absl::Status FileSet::add(const std::string &path, const std::function<absl::Status(ByteSink &)> &write) {
  auto entry = std::make_unique<Entry>();
  entry->path = path;
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return systemError("write", path, EISDIR);
  if (exists && (!S_ISREG(status.st_mode) || isOpenDescriptor(path))) {
    StringSink sink(entry->content);
    absl::Status status = write(sink);
    entries.push_back(std::move(entry));
    return status;
  }
  Descriptor file(entry->create());
  if (file.get() < 0)
    return systemError("write", path, errno);
  FileSink sink(file.get());
  if (absl::Status status = write(sink); !status.ok())
    return status;
  if (sink.fault != 0)
    return systemError("write", path, sink.fault);
  if (!file.close())
    return systemError("write", path, errno);
  entries.push_back(std::move(entry));
  return absl::OkStatus();
}

void FileSet::takeBack() {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if ((*entry)->replaced)
      std::rename((*entry)->temporary.c_str(), (*entry)->path.c_str());
    else if ((*entry)->placed)
      ::unlink((*entry)->path.c_str());
  }
}

absl::Status FileSet::commit() {
  for (auto &entry : entries)
    if (!entry->slot)
      if (absl::Status status = writeInPlace(entry->path, entry->content); !status.ok())
        return status;
  for (auto &entry : entries) {
    if (!entry->slot)
      continue;
    const char *from = entry->temporary.c_str(), *to = entry->path.c_str();
    // An exchange keeps what was there, in case that a later file cannot be placed.
    entry->replaced = ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0;
    entry->placed = entry->replaced || std::rename(from, to) == 0;
    if (!entry->placed) {
      const absl::Status status = systemError("write", entry->path, errno);
      takeBack();
      clear();
      return status;
    }
  }
  clear();
  return absl::OkStatus();
}

absl::Status sluice::writeFile(const std::string &path, std::string_view content) {
  FileSet files;
  if (absl::Status status = files.add(path, content); !status.ok())
    return status;
  return files.commit();
}
