//===- FilesTest.cpp - Reading and atomic writing of files ----------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "sluice/Support/Files.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <iterator>

using namespace sluice;

namespace {

/// A directory of its own for each test, gone with it.
class Files : public testing::Test {
protected:
  void SetUp() override {
    const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
    directory = std::filesystem::path(testing::TempDir()) / (std::string("sluice-files-") + info->name());
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  size_t entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
  }

  std::filesystem::path directory;
};

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
