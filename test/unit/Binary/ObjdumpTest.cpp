//===- ObjdumpTest.cpp - The tool on files --------------------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleProgram.h"

#include "sluice/Support/Files.h"

#include "gtest/gtest.h"

#include <cstdio>
#include <filesystem>
#include <string>

#include <sys/wait.h>

using namespace sluice;
using namespace sluice::binary;

namespace {

struct Result {
  int status;
  std::string output; ///< standard output and error
};

Result runObjdump(const std::string &arguments) {
  Result result{-1, ""};
  FILE *pipe = popen((SLUICE_OBJDUMP " " + arguments + " 2>&1").c_str(), "r");
  if (!pipe)
    return result;
  char buffer[4096];
  while (size_t got = fread(buffer, 1, sizeof(buffer), pipe))
    result.output.append(buffer, got);
  result.status = WEXITSTATUS(pclose(pipe));
  return result;
}

/// A binary on disk, gone after the test.
class Objdump : public testing::Test {
protected:
  void SetUp() override {
    const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
    path = std::string(std::filesystem::path(testing::TempDir()) / "sluice-objdump-") + info->name() + ".slu";
    ASSERT_TRUE(writeProgram(makeProgram(), path).ok());
  }
  void TearDown() override { std::filesystem::remove(path); }

  std::string path;
};

} // namespace

TEST_F(Objdump, SummarisesByDefault) {
  Result result = runObjdump("'" + path + "'");
  EXPECT_EQ(result.status, 0) << result.output;
  const size_t hashEnd = result.output.find('\n');
  EXPECT_EQ(result.output.substr(0, hashEnd), "sha256   " + *programHash(*readFile(path)));
  EXPECT_EQ(result.output.substr(hashEnd + 1),
            "format   1, by test\n"
            "target   tsp1 version 1\n"
            "cycles   300, 0.33 us at 900 MHz (modelled)\n"
            "cards    2\n"
            "input    x: int8 [2, 320]\n"
            "\n"
            "card  queues  instructions  text bytes  initial words   words used  flow edges\n"
            "   0       4             4          64              2            4           1\n"
            "   1       4             4          64              2            4           1\n"
            "\n"
            "opcode       instructions     elements\n"
            "read                    2            4\n"
            "write                   2            4\n"
            "send                    2            4\n"
            "receive                 2            4\n");
}

TEST_F(Objdump, ShowsTextHashAndBindings) {
  Result text = runObjdump("--text '" + path + "'");
  EXPECT_EQ(text.status, 0);
  EXPECT_NE(text.output.find("card 0 mem.e0.r:\n       0  read         @0x0000 step 0 -> s0.e  x2/24\n"),
            std::string::npos)
      << text.output;
  EXPECT_NE(text.output.find("card 1 link6.recv:\n"), std::string::npos);
  EXPECT_EQ(runObjdump("--hash '" + path + "'").output, *programHash(*readFile(path)) + "\n");
  EXPECT_EQ(runObjdump("--bindings '" + path + "'").output,
            "input x: int8 [2, 320]\n"
            "  layout 0 1, last 1 on lanes\n"
            "  card 0 vectors 0 x2 at 0x0064 step -1 in mem.e3\n");
}

// Every mistake ends with status 1 and a line that names it.
TEST_F(Objdump, RefusesBadInput) {
  auto expectError = [](const std::string &arguments, const std::string &message) {
    Result result = runObjdump(arguments);
    EXPECT_EQ(result.status, 1) << arguments;
    EXPECT_EQ(result.output, "sluice-objdump: error: " + message + "\n");
  };
  expectError("", "0 files given, 1 expected; see --help");
  expectError("--frob x", "unknown option --frob; see --help");
  expectError("/no/such.slu", "cannot open /no/such.slu: No such file or directory");
  expectError("--card=2 '" + path + "'", path + ": there is no card 2; the binary is for 2");
  expectError("--card=x '" + path + "'", "--card=x is not a number");
  expectError("--queue=vxm.0 '" + path + "'", path + ": no instructions are on a queue vxm.0");
  std::string bytes = *readFile(path);
  ASSERT_TRUE(writeFile(path, bytes.substr(0, 1000)).ok());
  Result truncated = runObjdump("'" + path + "'");
  EXPECT_EQ(truncated.status, 1);
  EXPECT_NE(truncated.output.find(path + ": truncated"), std::string::npos) << truncated.output;
}

TEST_F(Objdump, HelpsWithOneCategory) {
  Result result = runObjdump("--help");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.output.find("Sluice options:"), std::string::npos);
}
