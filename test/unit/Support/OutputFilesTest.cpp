//===- OutputFilesTest.cpp - Where a run's results are written ------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestDirectory.h"

#include "sluice/Support/InputFiles.h"
#include "sluice/Support/OutputFiles.h"

#include "gmock/gmock.h"

#include <set>

#include <sys/stat.h>

using namespace sluice;
using namespace sluice::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {
class OutputFiles : public TestDirectory {};
class InputOptions : public TestDirectory {};
} // namespace

static HostTensor byte(const std::string &value) { return {ElementType::UInt8, {1}, value}; }

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

TEST(OutputFileNames, ArePlain) {
  EXPECT_THAT(
      outputFileNames({"logits", "layers.0/attn/Softmax_out-1", "a:0 b", "../x", "", "-rf", "gr\xc3\xbcn"}),
      ElementsAre("logits", "layers.0_attn_Softmax_out-1", "a_0_b", "_._x", "_", "_rf", "gr__n"));
}

// A name that is a file name has it, in whatever order it comes.
TEST(OutputFileNames, StayApart) {
  EXPECT_THAT(outputFileNames({"a/b", "a_b", "a:b", "a b"}), ElementsAre("a_b_2", "a_b", "a_b_3", "a_b_4"));
  EXPECT_THAT(outputFileNames({"a/b", "a_b_2", "a_b"}), ElementsAre("a_b_3", "a_b_2", "a_b"));
  EXPECT_THAT(outputFileNames({".", "..", ".hidden", "_", ""}),
              ElementsAre("__2", "_.", "_hidden", "_", "__3"));
}

// File systems that take both cases for one keep them apart, too.
TEST(OutputFileNames, DifferInMoreThanCase) {
  EXPECT_THAT(outputFileNames({"Y", "y", "Y_2"}), ElementsAre("Y", "y_3", "Y_2"));
  EXPECT_THAT(outputFileNames({"A/b", "a:B"}), ElementsAre("A_b", "a_B_2"));
}

TEST(OutputFileNames, AreNoDevices) {
  EXPECT_THAT(outputFileNames({"con", "NUL", "com1", "aux.0", "console", "outputs"}),
              ElementsAre("_con", "_NUL", "_com1", "_aux.0", "console", "outputs"));
}

TEST(OutputFileNames, AreShortEnough) {
  const std::string longName(4000, 'x');
  std::vector<std::string> names = outputFileNames({longName, longName + "y", longName + "z"});
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 3u);
  for (const std::string &name : names)
    EXPECT_LT(name.size(), 200u);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

TEST_F(OutputFiles, AreListedInOrder) {
  ASSERT_TRUE(
      writeOutputs({{"z", byte("1")}, {"a\"\n", {ElementType::Float, {2, 0}, ""}}}, path("out/deep"), "npy")
          .ok());
  EXPECT_EQ(
      *readFile(path("out/deep/outputs.json")),
      "{\"outputs\": [\n"
      "    {\"name\": \"z\", \"file\": \"z.npy\", \"type\": \"uint8\", \"shape\": [1]},\n"
      "    {\"name\": \"a\\\"\\u000a\", \"file\": \"a__.npy\", \"type\": \"float32\", \"shape\": [2, 0]}\n"
      "]}\n");
  EXPECT_EQ(readTensor(path("out/deep/z.npy"))->data, "1");
  EXPECT_EQ(entries("out/deep"), 3u);
}

// A directory stands where the second file should go: the first keeps what it held, and no other appears.
TEST_F(OutputFiles, AreAllWrittenOrNone) {
  ASSERT_TRUE(writeOutputs({{"a", byte("1")}}, path("out"), "npy").ok());
  const std::string index = *readFile(path("out/outputs.json"));
  std::filesystem::create_directory(path("out/b.npy"));
  EXPECT_FALSE(writeOutputs({{"a", byte("2")}, {"b", byte("2")}, {"c", byte("2")}}, path("out"), "npy").ok());
  EXPECT_EQ(readTensor(path("out/a.npy"))->data, "1");
  EXPECT_EQ(*readFile(path("out/outputs.json")), index);
  EXPECT_EQ(entries("out"), 3u);
}

// Also through links of either kind, and another way of writing the path.
TEST_F(OutputFiles, AreNoInputs) {
  ASSERT_TRUE(writeTensor(byte("1"), "a", path("a.npy")).ok());
  std::filesystem::create_hard_link(path("a.npy"), path("hard"));
  std::filesystem::create_symlink("a.npy", path("soft"));
  for (const char *input : {"a.npy", "./a.npy", "hard", "soft"}) {
    const absl::Status status =
        writeOutputs({{"a", byte("2")}}, path(""), "npy", {{"input 'x'", path(input)}});
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("output 'a' " + path("a.npy") + " is the same file as input 'x'"))
        << input;
  }
  EXPECT_EQ(readTensor(path("a.npy"))->data, "1");
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

TEST_F(InputOptions, HaveTheLongestNameThatFits) {
  std::filesystem::current_path(path(""));
  ASSERT_TRUE(writeTensor({ElementType::UInt8, {1}, "a"}, "", "f.npy").ok());
  ASSERT_TRUE(writeTensor({ElementType::UInt8, {1}, "b"}, "", "1=f.npy").ok());
  EXPECT_EQ(readInputs({"x=1=f.npy"}, {"x", "x=1"})->tensors.at("x=1").data, "a");
  EXPECT_EQ(readInputs({"x=1=f.npy"}, {"x"})->tensors.at("x").data, "b");
  EXPECT_EQ(readInputs({"=1=f.npy"}, {"=1"})->tensors.at("=1").data, "a");
  EXPECT_TRUE(readInputs({"y=f.npy"}, {"x"})->tensors.contains("y")) << "left to who checks names";
  std::filesystem::current_path("/");
}

TEST_F(InputOptions, SayEverythingThatIsWrong) {
  ASSERT_TRUE(writeTensor(byte("1"), "", path("f.npy")).ok());
  ASSERT_EQ(::mkfifo(path("pipe.npy").c_str(), 0600), 0);
  const absl::Status status = readInputs({"x", "=f", "x=", "x=" + path("none.npy"), "y=" + path("f.npy"),
                                          "y=" + path("f.npy"), "z\n=" + path("pipe.npy")},
                                         {"x", "y", "z\n"})
                                  .status();
  EXPECT_EQ(std::string(status.message()),
            "--input=x is not NAME=FILE\n--input==f is not NAME=FILE\n--input=x= is not NAME=FILE\n"
            "input 'x': cannot open " +
                path("none.npy") +
                ": No such file or directory\n"
                "input 'y' is given twice\n"
                "input 'z\\n': cannot open " +
                path("pipe.npy") + ": it is a pipe (FIFO), not a regular file");
  EXPECT_EQ(unknownInput({"a", "b\n"}), "the program has no such input; it has these: 'a', 'b\\n'");
}
