//===- ErrorsTest.cpp - Files and graphs that are wrong -------------------===//
//
// Part of the Sluice project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ImportFixture.h"

#include <random>

using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class ErrorsTest : public ImportFixture {
protected:
  void addChain() {
    addInput("x", {"2"});
    auto *tensor = addInitializer("w", onnx::TensorProto::FLOAT, {2});
    tensor->set_raw_data(std::string("\0\0\x80\x3f\0\0\0\x40", 8));
    addNode(graph(), "Add", {"x", "w"}, {"y"}, "sum");
    addOutput("y", {"2"});
  }
};

TEST_F(ErrorsTest, Files) {
  importFile(folder / "nothing.onnx");
  EXPECT_THAT(errors, ElementsAre("nothing.onnx: cannot open: No such file or directory"));
  std::filesystem::create_directory(folder / "sub");
  importFile(folder / "sub");
  EXPECT_THAT(errors, ElementsAre("sub: cannot open: Is a directory"));
  importFile(write("empty.onnx", ""));
  EXPECT_THAT(errors, ElementsAre("empty.onnx: not an ONNX model: it holds no graph"));
  importFile(write("text.onnx", "This is no model.\n"));
  EXPECT_THAT(errors,
              ElementsAre("text.onnx: not an ONNX model: the protobuf data is truncated or corrupted"));
}

/// However much of the file is missing, the result is an error and never a module: every byte of this
/// model belongs to the graph or, at its end, to the operator set that the nodes need.
TEST_F(ErrorsTest, EveryTruncation) {
  addChain();
  const std::string bytes = model.SerializeAsString();
  ASSERT_NE(import(), "");
  for (size_t size = 0; size < bytes.size(); ++size) {
    importFile(write("cut.onnx", bytes.substr(0, size)));
    EXPECT_FALSE(module) << size;
    EXPECT_FALSE(errors.empty()) << size;
  }
}

/// Random damage gives IR or an error, never a crash (most telling under the sanitizers).
TEST_F(ErrorsTest, RandomDamage) {
  addChain();
  const std::string bytes = model.SerializeAsString();
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string damaged = bytes;
    for (int i = 0; i < 1 + round % 3; ++i)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    importFile(write("damaged.onnx", damaged));
    EXPECT_EQ(!module, !errors.empty());
  }
}

/// Graphs are read as deep as they are said to be; beyond, the error says the limit and not that the file is
/// broken, and messages nested without end do not exhaust the stack.
TEST_F(ErrorsTest, DeepNesting) {
  auto nest = [&](int graphs) {
    graph().clear_node();
    onnx::NodeProto *node = addNode(graph(), "If", {}, {});
    for (int depth = 0; depth < graphs; ++depth)
      node =
          addNode(*addAttribute(node, "then_branch", onnx::AttributeProto::GRAPH)->mutable_g(), "If", {}, {});
    import();
  };
  nest(64);
  EXPECT_TRUE(module);
  for (int graphs : {65, 80}) {
    nest(graphs);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_THAT(errors.front(), HasSubstr("functions and graphs are nested deeper than 64 levels"));
  }
  for (int graphs : {100, 1000}) {
    nest(graphs);
    EXPECT_THAT(errors, ElementsAre("model.onnx: its messages are nested deeper than 256 levels; graphs "
                                    "within nodes can be nested 64 deep"));
  }
}

/// All that is wrong with a graph is reported at once, each fault once.
TEST_F(ErrorsTest, AllAtOnce) {
  addInput("x", {"1"});
  addInput("x", {"1"});
  addInitializer("w", 99, {1});
  addNode(graph(), "Add", {"x", "missing"}, {"a"}, "add");
  addNode(graph(), "Neg", {"a"}, {"a"}, "again");
  addNode(graph(), "Gelu", {"w"}, {"g"}, "far")->set_domain("com.unknown");
  addNode(graph(), "", {"x"}, {"e"}, "empty");
  auto *twice = addNode(graph(), "Some", {"g"}, {"s"}, "twice");
  addAttribute(twice, "axis", onnx::AttributeProto::INT);
  addAttribute(twice, "axis", onnx::AttributeProto::INT);
  addOutput("z", {"1"});
  addOutput("a", {"1"});
  addOutput("a", {"1"});
  import();
  EXPECT_FALSE(module);
  EXPECT_THAT(errors,
              ElementsAre("x: value 'x' is defined more than once",
                          "model.onnx: initialiser 'w': data type 99 is unknown",
                          "add: Add: input 'missing' is not defined",
                          "again: value 'a' is defined more than once",
                          "far: Gelu: the model imports no operator set 'com.unknown'",
                          "empty: : the node has no operator", "twice: Some: attribute 'axis' is given twice",
                          "model.onnx: output 'z' is not defined", "model.onnx: output 'a' is listed twice"));
}

/// A cycle is reported once, with its nodes; what depends on it is not.
TEST_F(ErrorsTest, Cycle) {
  addInput("x", {"1"});
  addNode(graph(), "Add", {"x", "c"}, {"a"}, "first");
  addNode(graph(), "Neg", {"a"}, {"b"}, "second");
  addNode(graph(), "Abs", {"b"}, {"c"}, "third");
  addNode(graph(), "Exp", {"c"}, {"y"}, "after");
  addOutput("y", {"1"});
  import();
  EXPECT_FALSE(module);
  EXPECT_THAT(errors, ElementsAre("first: Add: its result depends on itself\n"
                                  "  note: third: by way of Abs\n"
                                  "  note: second: by way of Neg"));
}

/// What is not supported is refused with the reason.
TEST_F(ErrorsTest, Refusals) {
  graph().add_input()->set_name("untyped");
  auto *sparse = graph().add_sparse_initializer();
  sparse->mutable_values()->set_name("sparse");
  auto *branches = addNode(graph(), "Switch", {""}, {"y"}, "branches");
  addAttribute(branches, "cases", onnx::AttributeProto::GRAPHS);
  auto *constant = addNode(graph(), "Constant", {}, {"c"}, "constant");
  addAttribute(constant, "sparse_value", onnx::AttributeProto::SPARSE_TENSOR);
  addOutput("y", {"1"});
  import();
  EXPECT_THAT(errors,
              ElementsAre("model.onnx: input 'untyped': the model does not declare its element type and rank",
                          "model.onnx: initialiser 'sparse': sparse tensors are not supported",
                          "branches: Switch: attribute 'cases': lists of graphs are not supported",
                          "constant: Constant: attribute 'sparse_value': sparse tensors are not supported"));
}

} // namespace
