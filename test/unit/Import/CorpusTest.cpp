//===- CorpusTest.cpp - The importer on other people's models -------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include <algorithm>
#include <iostream>

namespace fs = std::filesystem;

namespace {

class CorpusTest : public ImportFixture {
protected:
  /// The folder with models beside the project, or a skipped test.
  fs::path shared(const std::string &path) {
    fs::path found = fs::path(SLUICE_SHARED_DIR) / path;
    return fs::exists(found) ? found : fs::path();
  }

  size_t count(const std::string &op) {
    size_t found = 0;
    module->walk([&](sluice::onnx::NodeOp node) { found += node.getOpType() == op; });
    return found;
  }

  /// Imports every model of a folder of onnx/onnx backend tests: each gives IR or says why not.
  void importAll(const std::string &path) {
    const fs::path root = shared(path);
    if (root.empty())
      GTEST_SKIP() << path << " is not beside the project";
    std::vector<fs::path> models;
    for (const fs::directory_entry &entry : fs::directory_iterator(root))
      if (fs::exists(entry.path() / "model.onnx"))
        models.push_back(entry.path() / "model.onnx");
    std::sort(models.begin(), models.end());
    size_t imported = 0;
    std::map<std::string, size_t> reasons;
    for (const fs::path &model : models) {
      importFile(model);
      imported += module ? 1 : 0;
      EXPECT_EQ(!module, !errors.empty()) << model;
      if (!module && !errors.empty())
        ++reasons[errors.front().substr(errors.front().find(": ") + 2)];
    }
    RecordProperty("models", static_cast<int>(models.size()));
    RecordProperty("imported", static_cast<int>(imported));
    std::cout << imported << " of " << models.size() << " imported\n";
    for (const auto &[reason, times] : reasons)
      std::cout << "  " << times << " x " << reason << "\n";
  }
};

TEST_F(CorpusTest, NodeTests) { importAll("onnx-tests/node"); }
TEST_F(CorpusTest, SimpleTests) { importAll("onnx-tests/simple"); }
TEST_F(CorpusTest, OperatorTests) { importAll("onnx-tests/pytorch-operator"); }

/// The counts are those of `onnx.load(...).graph.node`.
TEST_F(CorpusTest, Mnist8) {
  const fs::path path = shared("models/mnist-8/model.onnx");
  if (path.empty())
    GTEST_SKIP() << "the model is not beside the project";
  importFile(path);
  ASSERT_TRUE(module) << errors.front();
  EXPECT_EQ(count("Conv"), 2u);
  EXPECT_EQ(count("MaxPool"), 2u);
  EXPECT_EQ(count("Reshape"), 2u);
  EXPECT_EQ(count("MatMul"), 1u);
}

/// An exported decoder: without sizes one error that names its four symbolic axes, with them IR.
TEST_F(CorpusTest, Stories260K) {
  const fs::path path = shared("models/stories260K/stories260K.onnx");
  if (path.empty())
    GTEST_SKIP() << "the model is not beside the project";
  importFile(path);
  ASSERT_EQ(errors.size(), 1u);
  for (const char *axis : {"--dim=batch=1", "--dim=seq=1", "--dim=total=1", "--dim=past=1"})
    EXPECT_THAT(errors.front(), testing::HasSubstr(axis));
  importFile(path, {{"batch", 1}, {"seq", 1}, {"total", 256}, {"past", 255}});
  ASSERT_TRUE(module) << errors.front();
  EXPECT_EQ(count("MatMul"), 46u);
  EXPECT_EQ(count("Softmax"), 5u);
}

} // namespace
