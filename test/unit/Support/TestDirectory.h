//===- TestDirectory.h - A directory for each test ------------ -*- C++ -*-===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_UNITTEST_SUPPORT_TESTDIRECTORY_H
#define SLUICE_UNITTEST_SUPPORT_TESTDIRECTORY_H

#include "gtest/gtest.h"

#include <filesystem>
#include <iterator>
#include <string>

namespace sluice::test {

/// A directory of its own for each test, gone with it.
class TestDirectory : public testing::Test {
protected:
  void SetUp() override {
    const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
    directory = std::filesystem::path(testing::TempDir()) /
                (std::string("sluice-") + info->test_suite_name() + "-" + info->name());
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  size_t entries(const std::string &below = "") const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory / below), {}));
  }
  std::string path(const std::string &name) const { return (directory / name).string(); }

  std::filesystem::path directory;
};

} // namespace sluice::test

#endif // SLUICE_UNITTEST_SUPPORT_TESTDIRECTORY_H
