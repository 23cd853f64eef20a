//===- ToolsTest.cpp - sluice-verify and sluice-run from outside ----------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Verifier/Samples.h"

#include "sluice/Support/Files.h"
#include "sluice/Support/HostTensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include <sys/wait.h>

using namespace sluice;
using namespace sluice::test;
using namespace sluice::binary;

namespace {

struct Outcome {
  int status;
  std::string text; ///< both streams
};

class Tools : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-tools-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name) const { return (folder / name).string(); }
  Outcome call(const std::string &command) const {
    Outcome outcome{-1, ""};
    FILE *pipe = popen((command + " 2>&1").c_str(), "r");
    if (!pipe)
      return outcome;
    std::array<char, 4096> buffer;
    while (size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
      outcome.text.append(buffer.data(), count);
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
  }

  std::filesystem::path folder;
  const std::string verify = SLUICE_VERIFY, run = SLUICE_RUN;
};

} // namespace

TEST_F(Tools, VerifyPrintsTheProof) {
  ASSERT_TRUE(writeProgram(copySample("tiny").builder.build(), path("copy.slu")).ok());
  Outcome outcome = call(verify + " " + path("copy.slu"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.text, path("copy.slu") + ": proven: 2 instructions, 8 cycles\n");
}

TEST_F(Tools, VerifyPrintsFindingsAndFails) {
  CopySample s = copySample("tiny");
  s.builder.at(s.read).address = 11;
  ASSERT_TRUE(writeProgram(s.builder.build(), path("bad.slu")).ok());
  ASSERT_TRUE(writeFile(path("garbage.slu"), "no binary").ok());
  Outcome outcome = call(verify + " " + path("bad.slu") + " " + path("garbage.slu"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.text.find("bad.slu: card 0, cycle 5: unwritten read: mem.e0.r read"), std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find("sluice-verify: error: "), std::string::npos) << outcome.text;
  EXPECT_NE(outcome.text.find("garbage.slu"), std::string::npos) << outcome.text;
}

// Input and output share their words, so the output file holds the input's values.
TEST_F(Tools, RunWritesOutputs) {
  ProgramBuilder builder("tiny");
  builder.input("x", 7, 6, {3}, east, {0, 1, 2, 3}, 0);
  builder.output("block/out:0", 7, 6, {3}, east, {0, 1, 2, 3}, 0);
  ASSERT_TRUE(writeProgram(builder.build(), path("model.slu")).ok());
  HostTensor x{ElementType::Int64, {3}, std::string(24, '\0')};
  x.data[0] = 5;
  x.data[8] = 7;
  ASSERT_TRUE(writeTensor(x, "x", path("x.npy")).ok());

  Outcome outcome = call(run + " " + path("model.slu") + " --input x=" + path("x.npy") + " --output-dir " +
                         path("out/deep") + " --counters");
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  for (const char *counter : {"(modelled)", "load seconds", "prove seconds", "plan seconds", "run seconds"})
    EXPECT_NE(outcome.text.find(counter), std::string::npos) << outcome.text;
  auto y = readTensor(path("out/deep/block_out_0.npy"));
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_EQ(y->type, ElementType::Int64);
  EXPECT_EQ(y->shape, x.shape);
  EXPECT_EQ(y->data, x.data);

  EXPECT_EQ(readFile(path("out/deep/outputs.json")).value_or(""),
            "{\"outputs\": [\n    {\"name\": \"block/out:0\", \"file\": \"block_out_0.npy\", "
            "\"type\": \"int64\", \"shape\": [3]}\n]}\n");

  outcome = call(run + " " + path("model.slu") + " --input=x=" + path("x.npy") +
                 " --format=pb --output-dir=" + path("pb"));
  EXPECT_EQ(outcome.status, 0) << outcome.text;
  y = readTensor(path("pb/block_out_0.pb"));
  ASSERT_TRUE(y.ok()) << y.status();
  EXPECT_EQ(y->data, x.data);
}

TEST_F(Tools, RunRefusesAndWritesNothing) {
  ProgramBuilder builder("tiny");
  builder.input("x", 1, 1, {3}, east, {0, 1, 2, 3}, 0);
  builder.output("y", 1, 1, {3}, east, {0, 1, 2, 3}, 0);
  ASSERT_TRUE(writeProgram(builder.build(), path("model.slu")).ok());
  const std::string start = run + " " + path("model.slu") + " --output-dir " + path("out");
  for (const auto &[arguments, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "input 'x': missing; needs float32 [3]"},
           {" --input x=" + path("none.npy"), "none.npy: No such file or directory"},
           {" --input x", "--input=x is not NAME=FILE"},
           {" --format=csv", "--format=csv is neither npy nor pb"},
           {" --fast", "unknown option --fast"}}) {
    Outcome outcome = call(start + arguments);
    EXPECT_EQ(outcome.status, 1) << arguments;
    EXPECT_EQ(outcome.text.rfind("sluice-run: error: ", 0), 0u) << outcome.text;
    EXPECT_NE(outcome.text.find(message), std::string::npos) << outcome.text;
  }
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

// Output that cannot be written is an error: to a full device, and where there is no standard output.
TEST_F(Tools, FailWhereOutputIsLost) {
  ASSERT_TRUE(writeProgram(copySample("tiny").builder.build(), path("copy.slu")).ok());
  for (const std::string &command :
       {verify + " " + path("copy.slu"), verify + " --help",
        run + " " + path("copy.slu") + " --counters --output-dir " + path("out"), run + " --help"})
    for (const std::string redirection : {" >/dev/full", " >&-"}) {
      // The shell's own output is where the tool's errors go.
      const Outcome outcome = call("(" + command + redirection + ")");
      EXPECT_EQ(outcome.status, 1) << command << redirection;
      EXPECT_NE(outcome.text.find(": error: cannot write to standard output"), std::string::npos)
          << command << redirection << ": " << outcome.text;
    }
  EXPECT_FALSE(std::filesystem::exists(path("out"))) << "a run that failed left outputs";
}

// A reader that goes away ends a tool quietly.
TEST_F(Tools, StopQuietlyWhenNobodyReads) {
  ASSERT_TRUE(writeProgram(copySample("tiny").builder.build(), path("copy.slu")).ok());
  EXPECT_EQ(call("(" + verify + " " + path("copy.slu") + " | true)").text, "");
}

// Nor can what a binary holds as text.
TEST_F(Tools, EscapeNamesInBinaries) {
  Program program = copySample("tiny").builder.build();
  program.metadata.set_stats_json("{\"busy_cycles\": {\"x\\ny.slu: proven: \\u001b[2K\": 1}}");
  ASSERT_TRUE(writeProgram(program, path("text.slu")).ok());
  for (const std::string &command : {verify, run + " --output-dir " + path("out")}) {
    const Outcome outcome = call(command + " " + path("text.slu"));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.text.find("busy_cycles.x\\ny.slu: proven: \\x1b[2K: the program does not use that"),
              std::string::npos)
        << outcome.text;
  }
}

// Names of files cannot forge a line of output either.
TEST_F(Tools, EscapeNamesOfFiles) {
  const std::string name = "x\ny.slu: proven: 2 instructions\x1b[2K";
  ASSERT_TRUE(writeFile(path(name), "no binary").ok());
  for (const std::string &command : {verify, run + " --output-dir " + path("out")}) {
    const Outcome outcome = call(command + " '" + path(name) + "'");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.text.find("x\\ny.slu: proven: 2 instructions\\x1b[2K: not a Sluice binary"),
              std::string::npos)
        << outcome.text;
    EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1) << outcome.text;
  }
}
