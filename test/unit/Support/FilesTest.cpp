//===- FilesTest.cpp - Reading and atomic writing of files ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestDirectory.h"

#include "sluice/Support/Files.h"

#include "gtest/gtest.h"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sluice;

namespace {

class Files : public test::TestDirectory {};

std::string messageOf(const absl::Status &status) {
  return std::string(status.message().data(), status.message().size());
}

} // namespace

TEST_F(Files, ReadBackWhatWasWrittenAndLeaveNothingElse) {
  const std::string path = directory / "file", content("a\0b\n", 4);
  ASSERT_TRUE(writeFile(path, "longer than what follows").ok());
  ASSERT_TRUE(writeFile(path, content).ok());
  absl::StatusOr<std::string> back = readFile(path);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, content);
  EXPECT_EQ(entries(), 1u);
}

// A directory stands where the file should go: it stays, and no temporary file does.
TEST_F(Files, LeaveNothingBehindAFailure) {
  const std::filesystem::path path = directory / "taken";
  std::filesystem::create_directory(path);
  EXPECT_EQ(messageOf(writeFile(path, "x")), "cannot write " + path.string() + ": Is a directory");
  EXPECT_EQ(entries(), 1u);
  const std::string missing = directory / "no" / "file";
  EXPECT_EQ(messageOf(writeFile(missing, "x")), "cannot write " + missing + ": No such file or directory");
}

TEST_F(Files, SayWhatCannotBeOpened) {
  const std::string path = directory / "none";
  EXPECT_EQ(messageOf(readFile(path).status()), "cannot open " + path + ": No such file or directory");
  EXPECT_EQ(messageOf(readFile(directory).status()),
            "cannot open " + directory.string() + ": Is a directory");
}

TEST_F(Files, WriteDevicesInPlace) {
  EXPECT_TRUE(writeFile("/dev/null", "x").ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

// What has no end, or nobody who writes, is refused at once, as what it is.
TEST_F(Files, ReadRegularFilesOnly) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", path("link"));
  EXPECT_EQ(messageOf(readFile(path("pipe")).status()),
            "cannot open " + path("pipe") + ": it is a pipe (FIFO), not a regular file");
  EXPECT_EQ(messageOf(readFile(path("link")).status()),
            "cannot open " + path("link") + ": it is a pipe (FIFO), not a regular file");
  EXPECT_EQ(messageOf(readFile("/dev/zero").status()),
            "cannot open /dev/zero: it is a character device, not a regular file");
  const int number = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {AF_UNIX, {}};
  ASSERT_LT(path("s").size(), sizeof(address.sun_path));
  path("s").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(number, reinterpret_cast<sockaddr *>(&address), sizeof(address)), 0);
  EXPECT_EQ(messageOf(readFile(path("s")).status()),
            "cannot open " + path("s") + ": it is a socket, not a regular file");
  ::close(number);
  EXPECT_EQ(messageOf(readFile(path("a") + '\0' + "b").status()),
            "cannot open " + path("a") + "\\x00b: its name holds a zero byte");
}

// A file may claim any size: 2^60 bytes of nothing do not become memory.
TEST_F(Files, DoNotBelieveSizes) {
  std::ofstream(path("sparse")) << "x";
  if (::truncate(path("sparse").c_str(), off_t(1) << 43) != 0)
    GTEST_SKIP() << "the file system has no sparse files";
  EXPECT_EQ(messageOf(readFile(path("sparse")).status()),
            "cannot read " + path("sparse") + ": File too large");
}

TEST_F(Files, AreWrittenTogetherOrNotAtAll) {
  ASSERT_TRUE(writeFile(path("a"), "old").ok());
  {
    FileSet files;
    ASSERT_TRUE(files.add(path("a"), "new").ok());
    ASSERT_TRUE(files.add(path("b"), "new").ok());
    EXPECT_EQ(*readFile(path("a")), "old");
    EXPECT_FALSE(std::filesystem::exists(path("b")));
  }
  EXPECT_EQ(entries(), 1u) << "what is not committed leaves nothing";
  FileSet files;
  ASSERT_TRUE(files.add(path("a"), "new").ok() && files.add(path("b"), "new").ok());
  ASSERT_TRUE(files.commit().ok());
  EXPECT_EQ(*readFile(path("a")) + *readFile(path("b")), "newnew");
  EXPECT_EQ(entries(), 2u);
}

// The last of the files cannot be placed: those before it hold again what they held.
TEST_F(Files, AreTakenBack) {
  ASSERT_TRUE(writeFile(path("a"), "old").ok());
  FileSet files;
  ASSERT_TRUE(files.add(path("a"), "new").ok() && files.add(path("b"), "new").ok());
  std::filesystem::create_directory(path("sub"));
  ASSERT_TRUE(files.add(path("sub/c"), "new").ok());
  std::filesystem::remove_all(path("sub"));
  EXPECT_FALSE(files.commit().ok());
  EXPECT_EQ(*readFile(path("a")), "old");
  EXPECT_EQ(entries(), 1u);
}

// A full device fails before any file is placed; a pipe that nobody reads fails at once.
TEST_F(Files, AreNotPlacedWhereADeviceFails) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const std::string &device : {std::string("/dev/full"), path("pipe")}) {
    FileSet files;
    ASSERT_TRUE(files.add(path("a"), "new").ok() && files.add(device, "new").ok());
    EXPECT_FALSE(files.commit().ok()) << device;
    EXPECT_FALSE(std::filesystem::exists(path("a"))) << device;
  }
}

// What a process holds open is written where it is: no file takes the place of /dev/stdout.
TEST_F(Files, WriteOpenDescriptorsInPlace) {
  std::ofstream(path("a")) << "";
  const int number = ::open(path("a").c_str(), O_WRONLY);
  ASSERT_TRUE(writeFile("/proc/self/fd/" + std::to_string(number), "x").ok());
  ::close(number);
  EXPECT_EQ(*readFile(path("a")), "x");
  EXPECT_EQ(entries(), 1u);
}

// Signals that end a process end its temporary files, too.
TEST_F(Files, AreRemovedOnSignals) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGTERM, SIG_DFL);
    removeTemporaryFilesOnSignals();
    FileSet files;
    if (files.add(path("a"), "new").ok() && entries() == 1)
      ::raise(SIGTERM);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, AreTheSameByAnyWay) {
  ASSERT_TRUE(writeFile(path("a"), "x").ok());
  std::filesystem::create_hard_link(path("a"), path("hard"));
  std::filesystem::create_symlink("a", path("soft"));
  std::filesystem::create_symlink("none", path("dangling"));
  std::filesystem::create_directory_symlink(".", path("here"));
  for (const char *name : {"a", "./a", "hard", "soft", "here/a"})
    EXPECT_TRUE(isSameFile(path("a"), path(name))) << name;
  EXPECT_TRUE(isSameFile(path("none"), path("here/none"))) << "where nothing is yet";
  EXPECT_TRUE(isSameFile(path("none"), path("dangling")));
  EXPECT_FALSE(isSameFile(path("a"), path("none")));
  EXPECT_FALSE(isSameFile("/dev/null", "/dev/null"));
}

TEST_F(Files, NameAllOutputsThatClash) {
  ASSERT_TRUE(writeFile(path("in"), "x").ok());
  const absl::Status status = checkOutputs(
      {{"-o", path("in")}, {"--stats", path("s")}, {"--dump", path("./s")}}, {{"the model", path("in")}});
  EXPECT_EQ(messageOf(status), "-o " + path("in") + " is the same file as the model " + path("in") +
                                   "\n--dump " + path("./s") + " is the same file as --stats " + path("s"));
  EXPECT_TRUE(checkOutputs({{"-o", path("a")}, {"--stats", path("b")}}, {{"the model", path("in")}}).ok());
}
